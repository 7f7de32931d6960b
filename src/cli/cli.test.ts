import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { miniature } from '../../test/miniature.js';
import { resolveConfig } from '../run/config/config.js';
import { runFingerprint } from '../run/fingerprint.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'soar-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function soar(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('help', () => {
  it('names every command and shows examples', () => {
    const { status, stdout } = soar('--help');
    expect(status).toBe(0);
    for (const command of [
      'run',
      'resume',
      'evaluate',
      'report',
      'config',
      'sample',
      'pretrain',
      'prepare',
      'study',
      'judge',
      'export',
      'verify',
      'serve-skyrl',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
      expect(soar(command, '--help').status).toBe(0);
    }
    expect(stdout).toContain('Examples:');
  });
  it('gives the version of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(soar('--version').stdout.trim()).toBe(version);
  });
});

describe('config', () => {
  it('prints YAML that resolves to the same config, with and without comments', () => {
    for (const extra of [[], ['--describe']]) {
      const { status, stdout } = soar('config', '--preset', 'smoke', '--seed', '4', '--workers', '2', ...extra);
      expect(status).toBe(0);
      writeFileSync(join(folder, 'printed.yaml'), stdout);
      const config = resolveConfig({ file: join(folder, 'printed.yaml') });
      expect(config.seed).toBe(4);
      expect(config.engine).toMatchObject({ workers: 2 });
      expect(config).toEqual(parse(stdout));
      expect(stdout.includes('# tau: promote when')).toBe(extra.length > 0);
    }
  });
  it('prints a JSON Schema', () => {
    const schema = JSON.parse(soar('config', '--schema').stdout);
    expect(schema.properties.soar.properties.datasets).toMatchObject({ type: 'integer', default: 4, minimum: 2 });
    expect(schema.additionalProperties).toBe(false);
  });
});

describe('the mistakes of a user end with code 2 and a remedy, and leave nothing behind', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['rum'], /unknown command 'rum'\n\(Did you mean run\?\)/],
    ['an unknown option', ['run', '--prest', 'smoke'], /Did you mean --preset\?/],
    ['a missing argument', ['resume'], /missing required argument 'run'/],
    [
      'a server that is to be started',
      ['serve-skyrl', '--model', 'org/model', '--gpus', '8'],
      /SKYRL_PRINTS_ONLY[\s\S]*add --print/,
    ],
    ['an unknown preset', ['run', '--preset', 'smok'], /CONFIG_UNKNOWN_PRESET.*did you mean 'smoke'\?/],
    [
      'a mistyped key',
      ['run', '--set', 'soar.datasts=3'],
      /CONFIG_UNKNOWN_KEY.*did you mean 'soar.datasets'\?[\s\S]*--set soar.datasts=3/,
    ],
    [
      'a mistyped key in a file',
      ['run', 'bad.yaml'],
      /CONFIG_UNKNOWN_KEY.*'soar.repeats'\?\n {2}where: bad.yaml:2:3\n {2}do: /,
    ],
    ['one group', ['run', '--set', 'soar.datasets=1'], /set datasets to 2 or more/],
    ['a group of one', ['run', '--set', 'soar.student.groupSize=1'], /set groupSize to 2 or more/],
    ['datasets that do not fit', ['run', '--set', 'soar.datasetSize=2'], /promptsPerStep to datasetSize or less/],
    ['more reward questions than hard problems', ['run', '--set', 'soar.reward.questions=999'], /raise world.train/],
    ['no model', ['run', '--set', 'model=nowhere'], /MODEL_MISSING/],
    ['no such problem set', ['prepare', 'nothing.jsonl'], /PROBLEMS_MISSING/],
    ['a mapping that is none', ['prepare', 'x.csv', '--map', 'question'], /write question=<column>,answer=<column>/],
    ['a share that is none', ['prepare', 'world', '--train-fraction', '2'], /a number between 0 and 1/],
    ['mathematics without a hard set', ['run', '--preset', 'paper'], /HARD_SET_NEEDED[\s\S]*soar prepare/],
    ['an unknown row', ['study', '--preset', 'smoke', '--arms', 'pqq'], /STUDY_UNKNOWN_ROW.*did you mean 'pq'/],
    ['more k than samples', ['study', '--set', 'evaluate.ks=[64]'], /samplesPerProblem is 32/],
    ['nothing to judge', ['judge', 'nothing.jsonl'], /JUDGE_QUESTIONS/],
    ['no such run', ['resume', 'nothing'], /RUN_MISSING/],
    ['no such run to export', ['export', 'nothing', '--what', 'student'], /RUN_MISSING/],
    ['an export of nothing named', ['export', 'nothing'], /required option '--what <thing>'/],
    ['no run folder', ['report', '.'], /RUN_NOT_A_RUN/],
    ['a model that is no name on the hub', ['run', '--set', 'model=hf:name'], /HUB_NAME/],
    ['neither run nor problems', ['evaluate'], /--problems/],
    ['both run and problems', ['evaluate', 'x', '--problems', 'world'], /give a run, or --problems/],
    ['what a run does not take', ['evaluate', 'x', '--top-p', '0.5'], /'--top-p' is of use with --problems alone/],
    [
      'a k above the samples',
      ['evaluate', '--problems', 'world', '--k', '1,8', '--samples', '4'],
      /EVALUATE_K_TOO_LARGE: pass@8 .* 4 samples[\s\S]*--samples/,
    ],
    ['a k that is none', ['evaluate', '--problems', 'world', '--k', '1,x'], /whole numbers from 1: 1,8,32/],
    [
      'what making a base model does not take',
      ['pretrain', '--set', 'soar.datasets=8'],
      /'--set' is of use with --check alone/,
    ],
    ['what checking one does not take', ['pretrain', '--check', '--out', 'x'], /'--out' is of no use with --check/],
    ['a chat without a prompt', ['sample', '--chat'], /'--chat' is of use with --prompt alone/],
    ['a system prompt without a chat', ['sample', '--prompt', 'a', '--system', 'b'], /'--system' needs --chat/],
    ['a temperature below 0', ['sample', '--prompt', 'a', '--temperature', '-1'], /a number from 0/],
    ['a model without a chat template', ['sample', '--prompt', 'a', '--chat'], /CHAT_TEMPLATE_MISSING/],
    [
      'a prompt that leaves no room',
      ['sample', '--prompt', '1'.repeat(100), '--max-new-tokens', '60'],
      /SAMPLE_PROMPT_TOO_LONG[\s\S]*max_position_embeddings of .*config\.json[\s\S]*--prompt/,
    ],
    ['a bad number of workers', ['resume', 'x', '--workers', 'many'], /a whole number from 1, or auto/],
  ])('%s', (_, args, message) => {
    writeFileSync(join(folder, 'bad.yaml'), 'soar:\n  repeat: 2\n');
    const { status, stdout, stderr } = soar(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(existsSync(join(folder, 'runs'))).toBe(false);
  });
});

describe('an estimate', () => {
  const prices = 'prices={tokens: {prefill: 0.1, sample: 0.3, train: 0.4}}';

  it('is a table with its assumptions, and opens nothing: neither model nor hard set need be there', () => {
    const { status, stdout } = soar('run', '--preset', 'paper', '--estimate', '--set', prices, '--set', 'model=./none');
    expect(status).toBe(0);
    expect(stdout).toMatch(/inner runs +│ student +│ +200 │ +40,960 │/);
    expect(stdout).toMatch(/│ +USD │\n/);
    expect(stdout).toContain("counted as the paper's MATH, 359 problems");
    expect(existsSync(join(folder, 'runs'))).toBe(false);
  });
  it('is JSON for programs', () => {
    const { rows, total, bill } = JSON.parse(soar('run', '--estimate', '--json', '--set', prices).stdout);
    expect(rows[0]).toMatchObject({ part: 'hard set', role: 'base', times: 1 });
    expect(total.least.sampledTokens).toBeLessThan(total.most.sampledTokens);
    expect(bill.expected.money).toBeGreaterThan(0);
  });
  it('of a study counts its loops', () => {
    expect(soar('study', '--preset', 'smoke', '--estimate').stdout).toContain('soar: inner runs');
  });
});

describe('serve-skyrl', () => {
  it('prints a script, and starts nothing', () => {
    const { status, stdout } = soar('serve-skyrl', '--print', '--model', 'org/model', '--gpus', '8');
    expect(status).toBe(0);
    expect(stdout.startsWith('#!/usr/bin/env bash\n')).toBe(true);
    expect(stdout).toContain('--base-model org/model');
  });
  it('is JSON for programs', () => {
    const plan = JSON.parse(soar('serve-skyrl', '--json', '--model', 'org/model', '--gpus', '8').stdout);
    expect(plan.slots).toEqual({ students: 16, client: 20, server: 21 });
  });
});

describe('verify', () => {
  it('judges one answer', () => {
    const right = soar('verify', '--gold', '\\frac12', '--answer', 'so \\boxed{0.5}');
    expect(right.stdout).toMatch(/^correct/);
    expect(right.status).toBe(0);
    expect(soar('verify', '--gold', '1', '--answer', '\\boxed{2}').stdout).toMatch(/^wrong[\s\S]*extracted: 2/);
    const close = ['verify', '--gold', '3.1', '--answer', '\\boxed{3.14}', '--json'];
    expect(JSON.parse(soar(...close).stdout).verdict).toBe('wrong');
    expect(JSON.parse(soar(...close, '--set', 'tolerance=0.05').stdout).verdict).toBe('correct');
  });

  it('judges rows of standard input in their order, a bad row on its own', () => {
    const rows = [
      { id: 'a', gold: '1', text: '\\boxed{1}' },
      { id: 'b', gold: '1', text: 'the answer is 1', mode: 'evaluation' },
      { id: 'c', gold: '1' },
    ];
    const input = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const { status, stdout } = spawnSync(process.execPath, [main, 'verify', '--jsonl'], { input, encoding: 'utf8' });
    expect(status).toBe(0);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(found.map(({ verdict }) => verdict)).toEqual(['correct', 'correct', undefined]);
    expect(found[2].error.code).toBe('VERIFY_ROW');
  });

  it.each<[string, string[], RegExp]>([
    ['nothing to judge', ['verify', '--gold', '1'], /VERIFY_NOTHING[\s\S]*--answer/],
    ['an unknown verifier', ['verify', '--gold', '1', '--answer', '1', '--verifier', 'maths'], /VERIFIER_UNKNOWN/],
    ['an unknown switch', ['verify', '--set', 'tolerence=1'], /did you mean 'tolerance'\?/],
  ])('%s is a mistake of the user', (_, args, message) => {
    const { status, stderr } = soar(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('any model', () => {
  it('goes on with a prompt, the same for the same seed', () => {
    const asked = (...more: string[]) =>
      soar('sample', '--prompt', 'LR1234=', '--n', '4', '--max-new-tokens', '20', ...more);
    const { status, stdout } = asked();
    expect(status).toBe(0);
    expect(stdout.match(/^--- \d of 4: \d+ tokens, /gm)).toHaveLength(4);
    expect(asked().stdout).toBe(stdout);
    const greedy = asked('--json', '--temperature', '0').stdout.trimEnd().split('\n');
    expect(new Set(greedy).size).toBe(1);
    const { text, tokens, finished } = JSON.parse(greedy[0] as string);
    // One character, one token; a full stop ends a text.
    expect(text).toMatch(/^[^.]+\.$/);
    expect([tokens, finished]).toEqual([text.length, true]);
    const read = spawnSync(process.execPath, [main, 'sample', '--prompt', '-', '--json', '--temperature', '0'], {
      input: 'LR1234=',
      encoding: 'utf8',
    });
    expect(read.stdout.trimEnd()).toBe(greedy[0]);
  });

  it('is evaluated on a set of problems, and again from what is there', () => {
    const args = ['evaluate', '--problems', 'world', '--limit', '8', '--k', '4,1', '--max-new-tokens', '20'];
    const { status, stdout } = soar(...args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/pass@1 │ +pass@4[\s\S]*32 completions, \d+ tokens/);
    expect(readdirSync(join(folder, 'evaluations', 'programs-146k-world'))).toContain('completions.jsonl');
    const again = JSON.parse(soar(...args, '--json').stdout);
    expect(again.pass).toMatchObject({ ks: [1, 4], samples: 4 });
  });
});

describe('a run from the command line', () => {
  const runs = join(folder, 'made');
  const at = ['--runs-dir', runs];

  it('prints its units and the table, and leaves a report; then it is refused anew, reported, sampled and evaluated', () => {
    const { status, stdout, stderr } = soar('run', ...miniature, '--name', 'whole', ...at);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^whole {2}preset smoke/);
    expect(stdout.match(/^step /gm)).toHaveLength(2);
    expect(stdout.match(/^evaluated /gm)).toHaveLength(5);
    expect(stdout).toContain('pass@4');
    expect(readFileSync(join(runs, 'whole', 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);

    const again = soar('run', ...miniature, '--name', 'whole', ...at);
    expect(again.status).toBe(2);
    expect(again.stderr).toMatch(/RUN_EXISTS[\s\S]*soar resume/);

    rmSync(join(runs, 'whole', 'report.html'));
    expect(soar('report', 'whole', ...at).stdout).toMatch(/^finished: 2 outer steps, 2 promotions/);
    expect(existsSync(join(runs, 'whole', 'report.html'))).toBe(true);

    const rows = soar('sample', '--run', 'whole', '--as', 'student', '-n', '3', '--json', ...at)
      .stdout.trim()
      .split('\n');
    expect(rows).toHaveLength(3);
    expect(Object.keys(JSON.parse(rows[0]))).toEqual(['question', 'text', 'verdict']);
    expect(soar('sample', '--run', 'whole', '-n', '5', ...at).stdout.split('\n').length).toBeGreaterThanOrEqual(9);

    const model = join(folder, 'exported');
    const written = soar('export', 'whole', '--what', 'student', '--out', model, ...at);
    expect(written.stdout).toMatch(
      /^student of promotion 2 of whole, outer step 2\n[\s\S]*model\.safetensors[\s\S]*folder: /,
    );
    expect(written.status).toBe(0);
    const answers = (of: string[]) =>
      soar('sample', ...of, '--as', 'student', '--question', 'LR1234', '-n', '4', '--json').stdout;
    expect(answers(['--model', model])).toBe(answers(['--run', 'whole', ...at]));
    const refused = soar('export', 'whole', '--what', 'student', '--out', model, '--json', ...at);
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(/EXPORT_EXISTS[\s\S]*--force/);
    const forced = soar('export', 'whole', '--what', 'student', '--out', model, '--json', '--force', ...at);
    expect(JSON.parse(forced.stdout)).toMatchObject({ what: 'student', promotion: 2, folder: model });

    const before = runFingerprint(join(runs, 'whole'));
    const sets = ['--set', 'evaluate.seeds=2', '--set', 'evaluate.arms=[base, pq]'];
    const more = soar('evaluate', 'whole', ...sets, ...at);
    expect(more.stderr).toBe('');
    expect(more.stdout.match(/^evaluated /gm)).toHaveLength(4);
    expect(readdirSync(join(runs, 'whole', 'evaluations'))).toHaveLength(1);
    const done = soar('evaluate', 'whole', ...sets, ...at);
    expect(done.stdout.match(/^evaluated /gm)).toBeNull();
    expect(done.stdout).toContain('pass@4');
    expect(soar('evaluate', 'whole', '--set', 'soar.repeats=3', ...at).stderr).toContain('RUN_CONFIG_CHANGED');
    expect(runFingerprint(join(runs, 'whole'))).toEqual(before);
  });

  it('with --json prints events and results as JSON lines and nothing else', () => {
    const { stdout } = soar('run', ...miniature, '--json', ...at);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ event: 'started', name: 'smoke-seed1', preset: 'smoke' });
    expect(events.filter(({ event }) => event === 'step')).toHaveLength(2);
    expect(events.at(-1).event).toBe('results');
    expect(events.at(-1).results).toEqual(JSON.parse(readFileSync(join(runs, 'smoke-seed1', 'results.json'), 'utf8')));
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s ends it with code %i and the way to go on; a second process is refused meanwhile',
    async (signal, code) => {
      const name = `stopped-by-${signal}`;
      // Long enough to be still going on when the second process has been refused.
      const long = [...miniature, '--set', 'soar.outerSteps=40'];
      const child = spawn(process.execPath, [main, 'run', ...long, '--name', name, '--json', ...at]);
      let stderr = '';
      let refused = '';
      child.stderr.on('data', (text) => {
        stderr += text;
      });
      child.stdout.on('data', (text) => {
        if (refused !== '' || !String(text).includes('"proposed"')) return;
        refused = soar('resume', name, ...at).stderr;
        child.kill(signal);
      });
      expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(code);
      expect(refused).toMatch(/RUN_LOCKED: process \d+ is at work in this folder/);
      expect(stderr).toContain(`soar resume ${join(runs, name)}`);
      expect(soar('resume', name, ...at).status).toBe(0);
      expect(existsSync(join(runs, name, 'results.json'))).toBe(true);
    },
  );
});

describe('prepare', () => {
  const small = [
    '--preset',
    'smoke',
    '--set',
    'world.hardLengths=[1,9]',
    '--set',
    'world.candidates=60',
    '--max-new-tokens',
    '40',
  ];

  it('tells the audit and what became of every problem, and a run takes its hard set', () => {
    const args = ['prepare', 'world', ...small, '--attempts', '12', '--out', 'hard', '--stop-at-first-success'];
    const { status, stdout } = soar(...args);
    expect(status).toBe(0);
    for (const part of ['0 of 12', 'screened  60/60', 'saved', 'hard problems (0 of 12)', 'hard set: hard']) {
      expect(stdout).toContain(part);
    }
    const json = soar(...args, '--json');
    expect(JSON.parse(json.stdout).counts.screened).toBe(60);
    const run = soar(
      'run',
      '--preset',
      'smoke',
      '--set',
      'problems.hardSet=hard',
      '--set',
      'soar.reward.questions=4',
      '--set',
      'evaluate.arms=[base]',
      '--name',
      'prepared',
    );
    expect(run.status).toBe(0);
    expect(run.stdout).toContain('60 screened');
  });

  it('Ctrl-C ends it with 130, and the same command goes on', async () => {
    const args = [
      'prepare',
      'world',
      ...small,
      '--attempts',
      '64',
      '--out',
      'stopped',
      '--set',
      'world.candidates=400',
    ];
    const child = spawn(process.execPath, [main, ...args], { cwd: folder });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const journal = join(folder, 'stopped', 'journal.jsonl');
    while (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length < 3) {
      await new Promise((done) => setTimeout(done, 5));
    }
    child.kill('SIGINT');
    const [code] = await new Promise<[number]>((done) => child.on('exit', (status) => done([status ?? -1])));
    expect(code, errors).toBe(130);
    const { status, stdout } = soar(...args);
    expect(status).toBe(0);
    expect(stdout).toContain('screened  400/400');
  });
});
