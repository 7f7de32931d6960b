import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fullDisk, Killed, killedDisk } from '../../test/faulty-disk.js';
import type { Call } from '../../test/method/scripted.js';
import { scriptedBench, scriptedConfig } from '../../test/scripted-run.js';
import { nodeDisk } from './disk.js';
import { costOf, type RunEntry } from './entries.js';
import type { RunEvent } from './events.js';
import { runFingerprint } from './fingerprint.js';
import { readJournal } from './journal.js';
import { type RunOptions, resumeRun, startRun } from './run.js';
import { findRun, runPaths } from './run-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'soar-run-'));
let runs = folder;
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  runs = mkdtempSync(join(folder, 'runs-'));
});

const bench = () => scriptedBench();
const start = (options: RunOptions = {}, changes: object = {}, into = runs) =>
  startRun(scriptedConfig(changes), into, { bench, ...options });
const resume = (options: RunOptions = {}, into = runs) =>
  resumeRun(runPaths(join(into, 'scripted')), { bench, ...options });

describe('a run', () => {
  it('goes from hard problems over outer steps to evaluation and report', async () => {
    const events: RunEvent[] = [];
    const { paths, results } = await start({ listener: (event) => events.push(event) });
    expect(readdirSync(paths.folder).sort()).toEqual([
      'config.yaml',
      'journal.jsonl',
      'metrics.jsonl',
      'promotion-questions.jsonl',
      'report.html',
      'results.json',
      'snapshots',
      'students',
    ]);
    // Two promotions (tau is -1, the window one step long), the last teacher, and no students of closed steps.
    expect(readdirSync(paths.snapshots)).toEqual(['promotion-00', 'promotion-01', 'teacher-step-0001']);
    expect(readdirSync(paths.students)).toEqual([]);
    expect(results.promotions.map(({ questions }) => questions)).toEqual([2, 2]);
    expect(readFileSync(paths.promotionQuestions, 'utf8').trim().split('\n')).toHaveLength(4);
    expect(results.evaluation?.units.map(({ arm }) => arm)).toEqual(['base', 'hard-only', 'grounded-t', 'pq', 'ps']);
    expect(readFileSync(paths.report, 'utf8')).toContain('scripted');

    const seen = events.map(({ event }) => event).filter((event) => event !== 'studying' && event !== 'evaluating');
    expect(seen.slice(0, 4)).toEqual(['started', 'screening', 'hard-set', 'step-started']);
    expect(seen.filter((event) => event === 'studied')).toHaveLength(8);
    expect(seen.filter((event) => event === 'step')).toHaveLength(2);
    expect(seen.filter((event) => event === 'evaluated')).toHaveLength(5);
    expect(seen.at(-1)).toBe('finished');
  });

  it('is the same twice, and another with another seed', async () => {
    await start();
    const other = mkdtempSync(join(folder, 'runs-'));
    await start({}, {}, other);
    expect(runFingerprint(join(other, 'scripted'))).toEqual(runFingerprint(join(runs, 'scripted')));
    const third = mkdtempSync(join(folder, 'runs-'));
    await start({}, { seed: 6 }, third);
    expect(runFingerprint(join(third, 'scripted'))).not.toEqual(runFingerprint(join(runs, 'scripted')));
  });

  it('accounts for tokens by part: what the parts sum to is what the policies did', async () => {
    const calls: Call[] = [];
    const events: RunEvent[] = [];
    const { paths } = await start({ bench: () => scriptedBench(calls), listener: (event) => events.push(event) });
    const lines = readFileSync(paths.metrics, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([...new Set(lines.map(({ part }) => part))]).toEqual([
      'hard set',
      'proposals',
      'studies',
      'teacher',
      'evaluation',
    ]);
    const last = events.at(-1);
    const total = (key: string) => lines.reduce((sum, line) => sum + line[key], 0);
    expect(last?.event === 'finished' && last.cost.sampledTokens).toBe(total('sampledTokens'));
    expect(last?.event === 'finished' && last.cost.verdicts).toBe(total('verdicts'));
    // The same again from the journal, unit by unit, and after a kill as well.
    const loop = lines.filter(({ part }) => ['proposals', 'studies', 'teacher'].includes(part));
    const ofLoop = (key: string) => loop.reduce((sum, line) => sum + line[key], 0);
    const counted = costOf(await readJournal<RunEntry>(paths.journal, nodeDisk));
    expect(counted).toEqual({
      tokensSampled: ofLoop('sampledTokens'),
      tokensTrained: ofLoop('trainedTokens'),
      graded: ofLoop('verdicts'),
    });
    const into = mkdtempSync(join(folder, 'runs-'));
    await expect(start({ disk: killedDisk(60).disk }, {}, into)).rejects.toThrow(Killed);
    const resumed = await resume({}, into);
    expect(costOf(await readJournal<RunEntry>(resumed.paths.journal, nodeDisk))).toEqual(counted);
    const rolesOf = (part: string) =>
      [...new Set(lines.filter((line) => line.part === part).flatMap(({ roles }) => Object.keys(roles)))].sort();
    expect(rolesOf('proposals')).toContain('teacher');
    expect(rolesOf('studies')).toEqual(['base', 'student']);
    expect(rolesOf('teacher')).toEqual(expect.arrayContaining(['base', 'teacher']));
    expect(rolesOf('evaluation')).toEqual(['base', 'evaluation']);
    for (const line of lines) {
      const ofRoles = Object.values<{ sampledTokens: number }>(line.roles).map(({ sampledTokens }) => sampledTokens);
      expect(ofRoles.reduce((sum, one) => sum + one, 0)).toBe(line.sampledTokens);
    }
    // 8 studies of 2 prompts x 2 completions and 3 questions x 2, 2 x 3 for the baselines, 8 held out for each of 5 arms, ...
    expect(total('verdicts')).toBeGreaterThan(8 * (4 + 6) + 12 + 5 * 8);
  });
});

describe('killed and resumed', () => {
  it('at operations all along, ends with the same bytes', async () => {
    await start();
    const whole = runFingerprint(join(runs, 'scripted'));
    const counter = killedDisk(Number.POSITIVE_INFINITY);
    await start({ disk: counter.disk }, {}, mkdtempSync(join(folder, 'runs-')));
    const operations = counter.operations();
    expect(operations).toBeGreaterThan(80);
    // Every third; `bench/kill.mjs` kills real processes at any moment.
    for (let at = 0; at < operations; at += 3) {
      const into = mkdtempSync(join(folder, 'killed-'));
      await expect(start({ disk: killedDisk(at, (at % 2) / 2).disk }, {}, into)).rejects.toThrow(Killed);
      // The second process is killed as well, somewhere later.
      const again = killedDisk(at % 17);
      const go = (options: RunOptions) =>
        existsSync(join(into, 'scripted')) ? resume(options, into) : start(options, {}, into);
      await go({ disk: again.disk }).catch((error) => {
        if (!(error instanceof Killed)) throw error;
      });
      await go({});
      expect(runFingerprint(join(into, 'scripted')), `killed at operation ${at}`).toEqual(whole);
      expect(readdirSync(into)).toEqual(['scripted']);
      rmSync(into, { recursive: true });
    }
  });

  it('does nothing twice that the journal holds', async () => {
    const first: Call[] = [];
    await start({ bench: () => scriptedBench(first) });
    const again: Call[] = [];
    const before = runFingerprint(join(runs, 'scripted'));
    await resume({ bench: () => scriptedBench(again) });
    expect(first.filter(({ call }) => call === 'sample').length).toBeGreaterThan(20);
    expect(again.filter(({ call }) => call === 'sample' || call === 'update')).toEqual([]);
    expect(runFingerprint(join(runs, 'scripted'))).toEqual(before);
  });

  it('makes a study that was under way again, and keeps those that were finished', async () => {
    // Stops after the third study of the second step: eight in all, four of them in each step.
    const stop = new AbortController();
    let studied = 0;
    const listener = (event: RunEvent) => {
      if (event.event === 'studied' && ++studied === 7) stop.abort();
    };
    await expect(start({ listener, signal: stop.signal })).rejects.toMatchObject({ code: 'RUN_INTERRUPTED' });
    const calls: Call[] = [];
    await resume({ bench: () => scriptedBench(calls) });
    const studies = calls.filter(
      ({ call, options }) => call === 'sample' && /study-\d-\d\/step-0$/.test(options?.seed ?? ''),
    );
    expect(studies.length).toBeLessThanOrEqual(1);
    const proposals = calls.filter(({ options }) => options?.seed.includes('outer-1/proposals'));
    expect(proposals).toEqual([]);
  });
});

describe('stopped by a signal', () => {
  it.each(['hard-set', 'proposed', 'studied', 'step', 'evaluated'])(
    'at the first event %s: ends cleanly, says how to go on',
    async (name) => {
      const other = mkdtempSync(join(folder, 'runs-'));
      await start({}, {}, other);
      const stop = new AbortController();
      const stopping = start({
        signal: stop.signal,
        listener: ({ event }) => {
          if (event === name) stop.abort();
        },
      });
      await expect(stopping).rejects.toMatchObject({
        code: 'RUN_INTERRUPTED',
        remedy: expect.stringContaining(`soar resume ${join(runs, 'scripted')}`),
      });
      expect(readdirSync(join(runs, 'scripted')).filter((file) => file.startsWith('lock'))).toEqual([]);
      expect(existsSync(join(runs, 'scripted', 'results.json'))).toBe(false);
      await resume();
      expect(runFingerprint(join(runs, 'scripted'))).toEqual(runFingerprint(join(other, 'scripted')));
    },
  );

  it('does not wait for long for work that does not heed it', async () => {
    const stop = new AbortController();
    const stuck = await scriptedBench();
    const fork = stuck.base.fork.bind(stuck.base);
    stuck.base.fork = () => new Promise((resolve) => setTimeout(() => resolve(fork()), 60_000).unref());
    setTimeout(() => stop.abort(), 50);
    const began = performance.now();
    await expect(start({ bench: async () => stuck, signal: stop.signal })).rejects.toMatchObject({
      code: 'RUN_INTERRUPTED',
    });
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('refuses', () => {
  it('a name that is taken', async () => {
    await start();
    const before = runFingerprint(join(runs, 'scripted'));
    await expect(start()).rejects.toMatchObject({ code: 'RUN_EXISTS', remedy: expect.stringContaining('soar resume') });
    expect(runFingerprint(join(runs, 'scripted'))).toEqual(before);
    expect(readdirSync(runs)).toEqual(['scripted']);
  });

  it('makes names from preset, seed and a counter', async () => {
    const changes = { name: null, evaluate: { arms: [] } };
    for (const name of ['programs-seed5', 'programs-seed5-2', 'programs-seed5-3']) {
      expect((await start({}, changes)).paths.name).toBe(name);
    }
  });

  it('a second process on the same run', async () => {
    let second: unknown;
    await start({
      listener: ({ event }) => {
        if (event === 'proposed') second ??= resume().catch((error) => error);
      },
    });
    expect(await second).toMatchObject({ code: 'RUN_LOCKED' });
  });

  it('a changed config, a changed model, a folder of something else', async () => {
    const { paths } = await start();
    const text = readFileSync(paths.config, 'utf8');
    writeFileSync(paths.config, text.replace('threshold: -1', 'threshold: -2'));
    await expect(resume()).rejects.toMatchObject({ code: 'RUN_CONFIG_CHANGED', where: paths.config });
    writeFileSync(paths.config, text.replace('threshold: -1', 'treshold: -1'));
    await expect(resume()).rejects.toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      where: expect.stringMatching(/:\d+:\d+$/),
    });
    writeFileSync(paths.config, text);
    const other = async () => ({ ...(await scriptedBench()), model: 'another model' });
    await expect(resume({ bench: other })).rejects.toMatchObject({ code: 'RUN_MODEL_CHANGED' });

    await expect(findRun('scriptde', runs, nodeDisk)).rejects.toMatchObject({
      code: 'RUN_MISSING',
      message: expect.stringContaining("did you mean 'scripted'?"),
    });
    await expect(findRun(runs, runs, nodeDisk)).rejects.toMatchObject({ code: 'RUN_NOT_A_RUN' });
    expect((await findRun('scripted', runs, nodeDisk)).folder).toBe(join(runs, 'scripted'));
  });

  it('a journal without its first line, and one of another version', async () => {
    const { paths } = await start();
    writeFileSync(paths.journal, '');
    await expect(resume()).rejects.toMatchObject({ code: 'RUN_NOT_A_RUN', where: `${paths.journal}:1` });
  });

  it('a damaged snapshot', async () => {
    const stop = new AbortController();
    const listener = ({ event }: RunEvent) => {
      if (event === 'step') stop.abort();
    };
    await expect(start({ signal: stop.signal, listener })).rejects.toMatchObject({ code: 'RUN_INTERRUPTED' });
    const teacher = join(runs, 'scripted', 'snapshots', 'teacher-step-0000', 'policy.safetensors');
    writeFileSync(teacher, readFileSync(teacher).subarray(1));
    await expect(resume()).rejects.toMatchObject({ code: 'RUN_SNAPSHOT_DAMAGED', where: teacher });
  });
});

describe('a full disk', () => {
  it('is a coded error at whatever byte, after which the run goes on to the same end', async () => {
    const other = mkdtempSync(join(folder, 'runs-'));
    await start({}, {}, other);
    const whole = runFingerprint(join(other, 'scripted'));
    for (const budget of [0, 3000, 9000, 12_000, 15_000, 20_000, 30_000, 40_000]) {
      const into = mkdtempSync(join(folder, 'full-'));
      const failing = start({ disk: fullDisk(budget) }, {}, into);
      await expect(failing).rejects.toMatchObject({ code: 'RUN_DISK_FULL', kind: 'environment', exitCode: 3 });
      if (existsSync(join(into, 'scripted'))) await resume({}, into);
      else await start({}, {}, into);
      expect(runFingerprint(join(into, 'scripted')), `budget ${budget}`).toEqual(whole);
      expect(readdirSync(into)).toEqual(['scripted']);
    }
  });
});
