/** On the shipped model: a few seconds, the whole path. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type RunConfig, resolveConfig } from '../config/config.js';
import { nodeDisk } from '../disk.js';
import { readHardSet } from '../hard-set-folder.js';
import { openWorkbench } from '../open-workbench.js';
import { prepareHardSet } from './prepare.js';
import type { PrepareProgress, PrepareRequest } from './request.js';

const root = mkdtempSync(join(tmpdir(), 'prepare-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Programs of one to nine operations: some solved, some not. */
const sets = ['world.hardLengths=[1,9]', 'world.candidates=60', 'soar.student.sampling.maxNewTokens=40'];
const world = (more: readonly string[] = []) => resolveConfig({ preset: 'smoke', sets: [...sets, ...more] });
const request = (out: string, changes: Partial<PrepareRequest> = {}): PrepareRequest => ({
  dataset: 'world',
  config: world(),
  attempts: 12,
  stopAtFirstSuccess: false,
  longPrompts: 'refuse',
  trainFraction: 0.5,
  out: join(root, out),
  ...changes,
});
const filesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== 'journal.jsonl')
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
const rowsOf = (out: string, name: string) =>
  readFileSync(join(root, out, name), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('this must fail'),
    (error) => `${error.code}: ${error.message}`,
  );

describe('preparing a hard set', () => {
  it('keeps what is never solved, split in two, and says how it was found', async () => {
    const { manifest, audit } = await prepareHardSet(request('whole'));
    const { counts } = manifest;
    expect(counts).toMatchObject({
      rows: 60,
      problems: 60,
      screened: 60,
      attempts: 720,
      attemptsSaved: 0,
      refused: {},
    });
    expect(counts.solved).toBeGreaterThan(10);
    expect(counts.hard).toBeGreaterThan(10);
    expect(counts.solved + counts.hard).toBe(60);
    expect(counts.train + counts.test).toBe(counts.hard);
    const screen = rowsOf('whole', 'screen.jsonl');
    const never = screen.filter(({ successes }) => successes === 0).map(({ id }) => id);
    const halves = [...rowsOf('whole', 'hard-train.jsonl'), ...rowsOf('whole', 'hard-test.jsonl')].map(({ id }) => id);
    expect(halves.toSorted()).toEqual(never.toSorted());
    for (const { successes, first, attempts } of screen) {
      expect(attempts).toBe(12);
      expect(first === null).toBe(successes === 0);
    }
    expect(audit.rows[0]?.none.at(-1)?.mean).toBeCloseTo(counts.hard / 60);
  });

  it('interrupted and continued, on other numbers of workers, ends with the same bytes', async () => {
    const controller = new AbortController();
    const first: PrepareProgress[] = [];
    const stopped = prepareHardSet(request('stopped', { config: world(['engine.workers=1']) }), {
      signal: controller.signal,
      onProgress: (progress) => {
        first.push(progress);
        controller.abort();
      },
    });
    expect(await failure(stopped)).toMatch(/^RUN_INTERRUPTED/);
    const at = join(root, 'stopped');
    expect(await failure(readHardSet(at, nodeDisk))).toMatch(/^HARD_SET_MISSING/);
    const second: PrepareProgress[] = [];
    await prepareHardSet(request('stopped', { config: world(['engine.workers=3']) }), {
      onProgress: (progress) => second.push(progress),
    });
    // What was screened is not screened again.
    const { done } = first.at(-1) as PrepareProgress;
    expect(done).toBeGreaterThanOrEqual(10);
    expect(second.every(({ before }) => before === done)).toBe(true);
    expect(second.length).toBe(6 - first.length);
    expect(filesOf(at)).toEqual(filesOf(join(root, 'whole')));
    // A finished one is only written anew.
    await prepareHardSet(request('stopped'), { onProgress: () => expect.unreachable('nothing is left to screen') });
  });

  it('stopping at the first success asks less and finds problems as hard', async () => {
    const { manifest, audit } = await prepareHardSet(request('cheap', { stopAtFirstSuccess: true }));
    const { counts } = manifest;
    expect(counts.attemptsSaved).toBe(720 - counts.attempts);
    expect(counts.attemptsSaved).toBeGreaterThan(40);
    for (const { attempts, first, successes } of rowsOf('cheap', 'screen.jsonl')) {
      expect(attempts).toBe(first !== null && first <= 8 ? 8 : 12);
      expect(first === null).toBe(successes === 0);
    }
    // The first round has the attempts that a whole screen begins with.
    const whole = rowsOf('whole', 'screen.jsonl');
    rowsOf('cheap', 'screen.jsonl').forEach(({ first }, i) => {
      const there = whole[i].first;
      if (there !== null && there <= 8) expect(first).toBe(there);
    });
    expect(audit.ks).toEqual([1, 8, 12]);
  });

  it('refuses to go on with what another screen began', async () => {
    expect(await failure(prepareHardSet(request('whole', { attempts: 13 })))).toMatch(/^PREPARE_OTHER: .*attempts/);
    expect(await failure(prepareHardSet(request('whole', { config: world(['seed=9']) })))).toMatch(
      /PREPARE_OTHER: .*seed/,
    );
  });

  it('a set without a hard problem is said to be one, and its screen is kept', async () => {
    const easy = world(['world.hardLengths=[1,1]']);
    expect(await failure(prepareHardSet(request('easy', { config: easy, attempts: 40 })))).toMatch(
      /^PREPARE_NOTHING_HARD/,
    );
    expect(rowsOf('easy', 'screen.jsonl')).toHaveLength(60);
  });
});

describe('questions from a file, in mathematics', () => {
  const file = join(root, 'questions.jsonl');
  writeFileSync(
    file,
    ['What is 1+1?', 'What is 2+2?', '', 'What is 3+3?']
      .map((question) => `${JSON.stringify({ question, gold: '2' })}\n`)
      .join(''),
  );
  const config = (tokens: number) =>
    resolveConfig({ preset: 'paper', sets: [`soar.student.sampling.maxNewTokens=${tokens}`] });

  it('prompts that leave no room for an answer are refused and counted, or cut', async () => {
    const asked = { dataset: file, config: config(20), attempts: 4 };
    expect(await failure(prepareHardSet(request('refused', asked)))).toMatch(/^PROBLEMS_EMPTY: .*all 3/);
    const { manifest } = await prepareHardSet(request('cut', { ...asked, longPrompts: 'cut', limit: 2 }));
    expect(manifest.counts).toMatchObject({
      rows: 4,
      problems: 2,
      beyondLimit: 1,
      refused: { 'empty-question': 1 },
      hard: 2,
      cutPrompts: 2,
      unwritablePrompts: 2,
    });
    expect(rowsOf('cut', 'refused.jsonl')).toMatchObject([{ reason: 'empty-question', where: `${file}:3` }]);
    expect(rowsOf('cut', 'screen.jsonl')[0]).toMatchObject({ id: 'questions.jsonl:1', cut: true });
  });

  it('an answer longer than the context has no room at all', async () => {
    expect(await failure(prepareHardSet(request('none', { dataset: file, config: config(128) })))).toMatch(
      /^PREPARE_NO_ROOM.*\(max_position_embeddings of .*config\.json\)/,
    );
  });
});

describe('a run on a prepared set', () => {
  const open = async (sets: readonly string[]) => {
    const config = resolveConfig({
      preset: 'smoke',
      sets: [`problems.hardSet=${JSON.stringify(join(root, 'whole'))}`, 'soar.reward.questions=4', ...sets],
    });
    const bench = await openWorkbench(config);
    try {
      return await bench.findHardProblems(() => undefined, new AbortController().signal);
    } finally {
      await bench.close();
    }
  };

  it('takes its problems as they are', async () => {
    const { train, test, screened, attempts } = await open([]);
    expect([screened, attempts]).toEqual([60, 12]);
    expect(train).toEqual(rowsOf('whole', 'hard-train.jsonl'));
    expect(test).toEqual(rowsOf('whole', 'hard-test.jsonl'));
  });

  it('refuses one made with another model or prompt unless told otherwise', async () => {
    const path = join(root, 'whole', 'manifest.json');
    const manifest = readFileSync(path, 'utf8');
    const changed = (change: (screen: { model: string; prompt: string }) => void) => {
      const parsed = JSON.parse(manifest);
      change(parsed.screen);
      writeFileSync(path, JSON.stringify(parsed));
    };
    try {
      changed((screen) => {
        screen.model = 'another';
      });
      expect(await failure(open([]))).toMatch(/^HARD_SET_OTHER_MODEL/);
      expect((await open(['problems.acceptOther=true'])).screened).toBe(60);
      changed((screen) => {
        screen.prompt = 'another';
      });
      expect(await failure(open([]))).toMatch(/^HARD_SET_OTHER_PROMPT/);
    } finally {
      writeFileSync(path, manifest);
    }
  });

  it('refuses one that is too small, damaged or not there', async () => {
    expect(await failure(open(['soar.reward.questions=60']))).toMatch(/^PROBLEMS_TOO_FEW_HARD/);
    expect(await failure(open([`problems.hardSet=${JSON.stringify(join(root, 'nowhere'))}`]))).toMatch(
      /^HARD_SET_MISSING/,
    );
    const path = join(root, 'whole', 'hard-train.jsonl');
    const train = readFileSync(path, 'utf8');
    writeFileSync(path, train.slice(0, -5));
    expect(await failure(open([]))).toMatch(/^HARD_SET_DAMAGED/);
    writeFileSync(path, train);
  });

  it('mathematics cannot begin without one', async () => {
    const config: RunConfig = resolveConfig({ preset: 'paper' });
    expect(await failure(openWorkbench(config))).toMatch(/^HARD_SET_NEEDED/);
  });
});
