/** On the shipped model, as small as a study can be: the whole path. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/config.js';
import { type StudyEvent, study } from './study.js';

const root = mkdtempSync(join(tmpdir(), 'study-'));
afterAll(() => rmSync(root, { recursive: true }));

const tiny = [
  'soar.outerSteps=2',
  'soar.datasets=2',
  'soar.datasetSize=4',
  'soar.repeats=1',
  'soar.student.promptsPerStep=4',
  'soar.student.groupSize=4',
  'soar.inner.steps=1',
  'soar.inner.stepsPerPromotion=0',
  'soar.reward.questions=8',
  'soar.teacher.reward.samples=4',
  'world.candidates=40',
  'world.attempts=8',
  'world.train=8',
  'world.test=8',
  'evaluate.ks=[1,4]',
  'evaluate.samplesPerProblem=4',
  'evaluate.training.steps=2',
  'evaluate.bootstrap.resamples=100',
  'study.rows=[base,hard-only,hard-only-long,intrinsic-t,grounded-t,pq,pq-well-posed,ps,teacher-solver,real,pq-transfer]',
];
const config = (...more: string[]) => resolveConfig({ preset: 'smoke', sets: [...tiny, ...more] });
const found = (name: string) => readFileSync(join(root, name, 'study.json'), 'utf8');
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('this must fail'),
    (error) => `${error.code}: ${error.message}`,
  );
async function events(name: string, of = config(), stopAfter = Number.POSITIVE_INFINITY) {
  const seen: StudyEvent[] = [];
  const controller = new AbortController();
  const onEvent = (event: StudyEvent) => {
    seen.push(event);
    if (seen.length >= stopAfter) controller.abort();
  };
  const outcome = await study(of, join(root, name), { onEvent, signal: controller.signal }).catch((error) => {
    if (error.code !== 'RUN_INTERRUPTED') throw error;
    return undefined;
  });
  return { seen, outcome, count: (event: StudyEvent['event']) => seen.filter((one) => one.event === event).length };
}

describe('a study', () => {
  it('fills every cell from shared loops, and compares the rows', async () => {
    const { outcome, count } = await events('whole');
    const report = outcome?.report;
    expect([count('loop'), count('cell'), count('failed')]).toEqual([4, 22, 0]);
    expect(report?.summary.arms.map(({ arm, seeds }) => `${arm} ${seeds}`)).toEqual(
      expect.arrayContaining(['hard-only 2', 'intrinsic-t 2', 'grounded-t 2', 'pq 2', 'ps 2', 'real 2']),
    );
    expect(report?.transfer?.arms.map(({ arm }) => arm)).toEqual(['pq-transfer']);
    // Samplings of one model are not tested.
    expect(report?.tests.find(({ row }) => row === 'pq')?.p).toEqual([expect.any(Number), expect.any(Number)]);
    // Promoted students of several teachers are as independent as students that trained.
    expect(report?.tests.find(({ row }) => row === 'ps')?.p[0]).toBeGreaterThan(0);
    expect(report?.tests.find(({ row }) => row === 'base')?.p).toEqual([null, null]);
    const [hard, long] = ['hard-only', 'hard-only-long'].map((name) => report?.rows.find((row) => row.name === name));
    expect(hard?.results[0]?.training?.reward).toHaveLength(2);
    expect(long?.results[0]?.training?.reward).toHaveLength(8);
    const soar = report?.loops.find(({ loop }) => loop === 'soar');
    expect(soar?.stepMeans).toHaveLength(2);
    expect(soar?.stages[0]?.vendi).toBeGreaterThan(1);
    expect(soar?.cost.tokensTrained).toBeGreaterThan(0);
    const intrinsic = report?.loops.find(({ loop }) => loop === 'intrinsic');
    expect(intrinsic?.promotions).toEqual([]);
    // Before its first update every loop's teacher with one seed is the same model, and wrote the same.
    expect(intrinsic?.sets.first).toEqual(soar?.sets.first);
    expect(intrinsic?.sets.promoted).toBeNull();
    for (const set of Object.values(soar?.sets ?? {})) {
      const { correct, errors } = set as { correct: number; errors: Record<string, number> };
      expect(correct + Object.values(errors).reduce((a, b) => a + b, 0)).toBeCloseTo(1);
    }
    expect(soar?.sets.first).toMatchObject({ questions: 8, vendiDeviation: expect.any(Number) });
    expect(Object.values(soar?.kinds[1] ?? {}).reduce((a, b) => a + b, 0)).toBe(8);
    const html = readFileSync(join(root, 'whole', 'study.html'), 'utf8');
    const parts = [
      'SOAR-PQ',
      'Diversity of the questions',
      'Mean pairwise distance',
      'What the teacher asks: soar',
      '<svg',
    ];
    for (const part of parts) expect(html).toContain(part);
    expect(html).not.toContain('NaN');
    const md = readFileSync(join(root, 'whole', 'study.md'), 'utf8');
    for (const part of [/\| SOAR-PQ +\|/, /mean ± standard deviation/, /seconds/, /malformed/])
      expect(md).toMatch(part);
  });

  it('stopped and continued, on another number of workers, ends with the same facts', async () => {
    expect((await events('stopped', config('engine.workers=1'), 3)).outcome).toBeUndefined();
    expect((await events('stopped', config('engine.workers=2'), 6)).outcome).toBeUndefined();
    const { outcome, seen } = await events('stopped');
    expect(outcome).toBeDefined();
    expect(seen[0]).toMatchObject({ event: 'study', loops: 4, cells: 22 });
    expect(found('stopped')).toEqual(found('whole'));
  });

  it('takes more seeds and rows without redoing what is done', async () => {
    const before = readdirSync(join(root, 'whole', 'loops'));
    const { count, outcome } = await events('whole', config('study.teachers=3', 'study.rows=[hard-only,pq,real-all]'));
    expect([count('loop'), count('cell')]).toEqual([1, 2 + 3]);
    expect(readdirSync(join(root, 'whole', 'loops'))).toEqual(expect.arrayContaining(before));
    expect(outcome?.report.summary.arms.map(({ seeds }) => seeds)).toEqual([3, 3, 3]);
    expect(
      (await events('whole', config('study.teachers=3', 'study.rows=[hard-only,pq,real-all]'))).count('cell'),
    ).toBe(0);
  });

  it('a loop that fails loses none of the others, and is named', async () => {
    const broken = [
      'study.teachers=1',
      'study.loops={mute: {soar.teacher.sampling.maxNewTokens: 1}}',
      'study.ownRows={pq-mute: {title: Mute, arm: pq, loop: mute}}',
      'study.rows=[hard-only,pq-mute,pq]',
    ];
    const { outcome, count } = await events('broken', config(...broken));
    expect([count('failed'), count('loop'), count('cell')]).toEqual([1, 1, 2]);
    expect(outcome?.report.failures).toMatchObject([
      { what: 'loop mute, teacher 1', code: expect.stringMatching(/^METHOD_/) },
    ]);
    expect(outcome?.report.summary.arms.map(({ arm }) => arm)).toEqual(['hard-only', 'pq']);
  });

  it('a cell that fails loses none of the others, and is tried again', async () => {
    // A batch of one problem has no half for questions: what trains on questions fails, what does not goes on.
    const single = ['study.teachers=1', 'evaluate.training.promptsPerStep=1', 'study.rows=[pq,hard-only,ps]'];
    const { outcome, count } = await events('single', config(...single));
    expect([count('failed'), count('loop'), count('cell')]).toEqual([1, 1, 2]);
    expect(outcome?.report.failures).toMatchObject([
      { what: 'pq, teacher 1, student 0', code: 'EVALUATE_BATCH_TOO_SMALL' },
    ]);
    expect(outcome?.report.summary.arms.map(({ arm }) => arm)).toEqual(['hard-only', 'ps']);
    const again = await events('single', config(...single));
    expect([again.count('failed'), again.count('loop'), again.count('cell')]).toEqual([1, 0, 0]);
  });

  it('a loop that changes the world is rewarded on hard problems of its own', async () => {
    const nines = [
      'study.teachers=1',
      'study.loops={nines: {world.hardLengths: [9, 9]}}',
      'study.ownRows={pq-nines: {title: Nines, arm: pq, loop: nines}}',
      'study.rows=[hard-only,pq-nines]',
    ];
    await events('nines', config(...nines));
    const loops = join(root, 'nines', 'loops');
    const journal = readFileSync(join(loops, readdirSync(loops)[0] as string, 'journal.jsonl'), 'utf8');
    const hardSet = journal.split('\n').find((line) => line.includes('"unit":"hard-set"')) as string;
    const { train, test } = JSON.parse(hardSet).entry;
    expect([...train, ...test].map(({ level }: { level: string }) => level)).toEqual(Array(16).fill('9'));
  });

  it('refuses a folder of another study, and loops that do not fit', async () => {
    expect(
      await failure(study(config('soar.inner.steps=2', 'soar.inner.maximumSteps=9'), join(root, 'whole'))),
    ).toMatch(/^STUDY_OTHER/);
    const loops = 'study.loops={odd: {soar.datasetsize: 3}}';
    const rows = 'study.ownRows={odd-pq: {title: Odd, arm: pq, loop: odd}}';
    expect(await failure(study(config(loops, rows, 'study.rows=[odd-pq]'), join(root, 'odd')))).toMatch(
      /^STUDY_BAD_CHANGE: .*soar\.datasetsize/,
    );
    expect(await failure(study(config('study.rows=[pqq]'), join(root, 'odd')))).toMatch(/^STUDY_UNKNOWN_ROW/);
  });
});
