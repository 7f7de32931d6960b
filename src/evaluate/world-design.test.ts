/**
 * The design check on a scripted policy: it always solves one and two operations, three to five at its first attempt only, and
 * more never; once an update rewards a program of three or more, it solves every program.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Call, ScriptedPolicy } from '../../test/method/scripted.js';
import { soarSettingsSchema } from '../method/index.js';
import { programsDomain } from '../problems/index.js';
import { describeQuestion } from '../problems/world/questions.js';
import { worldSettingsSchema } from '../problems/world/settings.js';
import { evaluateSettingsSchema } from './settings.js';
import { checkDesign, type DesignRow, thirds, totalVariation } from './world-design.js';

const operations = (question: string) => Number(/^program-(\d+)$/.exec(describeQuestion(question).kind)?.[1] ?? 0);

/** Every fourth document asks for a program of three operations. */
const proposal = (index: number) => (index % 4 === 0 ? 'LRS1234=3124.' : `${index % 10}+1=${(index % 10) + 1}.`);

const script = {
  complete({ prompt, index, weights }: { prompt: string; index: number; weights: Float32Array }): string {
    if (prompt === '') return proposal(index);
    const question = prompt.slice(0, -1);
    const length = operations(question);
    const solved = weights[0] > 0 || length <= 2 || (length <= 5 && index === 0);
    return solved ? `${describeQuestion(question).answers[0]}.` : 'x.';
  },
  learn(weights: Float32Array, { sequences }: NonNullable<Call['batch']>): void {
    const rewarded = sequences.filter(({ advantage }) => (advantage as number) > 0);
    const questions = rewarded
      .filter(({ promptLength }) => promptLength > 0)
      .map(({ tokens }) => String.fromCharCode(...tokens).split('=')[0]);
    if (questions.some((question) => operations(question) >= 3)) weights[0] = 1;
  },
};

describe('checkDesign', () => {
  const calls: Call[] = [];
  const rows: DesignRow[] = [];
  const progress: [number, number][] = [];
  beforeAll(async () => {
    const free = { kl: { coefficient: 0 } };
    await checkDesign({
      base: new ScriptedPolicy('base', script, calls),
      domain: programsDomain,
      world: worldSettingsSchema.parse({ candidates: 20, attempts: 4, train: 8, test: 8 }),
      soar: soarSettingsSchema.parse({
        outerSteps: 20,
        datasets: 2,
        datasetSize: 8,
        repeats: 1,
        teacher: free,
        student: { ...free, groupSize: 4 },
        inner: { steps: 8, maximumSteps: 8 },
        reward: { questions: 4 },
        promotion: { window: 1 },
        stop: { baselineAccuracy: 0.5 },
      }),
      evaluate: evaluateSettingsSchema.parse({ training: { steps: 2 } }),
      seeds: 2,
      seed: 'design',
      onRow: (row) => rows.push(row),
      onProgress: (...counts) => progress.push(counts),
    });
  });
  const part = (name: DesignRow['part']) =>
    Object.fromEntries(rows.filter((row) => row.part === name).map(({ what, values }) => [what, values]));

  it('measures the base by length: one attempt of 64 at three to five operations', () => {
    const shares = [1, 1, 1 / 64, 1 / 64, 1 / 64, 0, 0, 0, 0, 0];
    expect(part('success by length')).toEqual(Object.fromEntries(shares.map((share, i) => [i + 1, [share]])));
    expect(Object.values(part('hard set'))).toEqual([[1]]);
  });

  it('lifts the hard problems by oracle datasets of middle length, by no other', () => {
    const oracle = part('oracle');
    for (const what of ['64 of length 3', '64 of length 4', '64 of length 5']) expect(oracle[what]).toEqual([1, 1, 1]);
    for (const what of ['64 irrelevant', '64 of length 1 and 2', 'the hard problems']) {
      expect(oracle[what]).toEqual([0, 0, 0]);
    }
    // Eight steps of eight prompts see each of 64 questions once.
    expect(oracle['8 of length 3 among 64']).toEqual([1, 1, 1]);
  });

  it('stalls on the hard problems alone, and not with a teacher’s questions', () => {
    expect(part('arm')).toEqual({
      'hard-only, pass@1': [0, 0],
      'hard-only-x4, pass@1': [0, 0],
      'base-t, pass@1': [1, 1],
      'pq, pass@1': [1, 1],
    });
  });

  it('pays a learning and a frozen teacher as many steps as a run may take, the frozen one at rate 0, and runs three loops to their promotion', () => {
    // Every dataset holds a useful question: the first step promotes, and its student then stops the loop.
    expect(part('loop')).toEqual({ '1: step rewards': [1], '2: step rewards': [1], '3: step rewards': [1] });
    const found = (name: string) => ({
      [`${name}: step rewards`]: new Array(20).fill(1),
      [`${name}: share of programs of 3 to 5 operations, by thirds`]: [0.25, 0.25, 0.25],
      [`${name}: questions that changed their kind`]: [0],
    });
    expect(part('teacher')).toEqual({ ...found('learning'), ...found('frozen') });
    const teachers = calls.filter(({ call, batch }) => call === 'update' && batch?.sequences[0]?.promptLength === 0);
    const frozen = new Array(20).fill(true);
    expect(teachers.map(({ step }) => step?.learningRate === 0)).toEqual([
      ...new Array(20).fill(false),
      ...frozen,
      ...new Array(3).fill(false),
    ]);
  });

  it('sees steps together by thirds', () => {
    expect(thirds([1, 2, 3, 4, 5, 6, 7, 8])).toEqual([
      [1, 2],
      [3, 4, 5, 6],
      [7, 8],
    ]);
    expect(thirds([1, 2])).toEqual([[1], [], [2]]);
    expect(thirds([1])).toEqual([[1], [], [1]]);
  });

  it('measures how many questions changed their kind', () => {
    // By hand: (|.5 - .2| + |.5 - .5| + |0 - .3|) / 2.
    expect(totalVariation({ coin: 0.5, sort: 0.5 }, { coin: 0.2, sort: 0.5, malformed: 0.3 })).toBeCloseTo(0.3, 12);
  });

  it('counts its work in inner runs, up to all of it', () => {
    // 8 oracle sets x 3; 5 loops of 20 steps x 2 students; 2 seeds of four arms of 2 steps, one at four times the work, where 8 are one inner run.
    const all = 24 + 200 + Math.round((2 * 7 * 2) / 8);
    expect(progress[0]).toEqual([1, all]);
    expect(progress.at(-1)).toEqual([all, all]);
    expect(progress.map(([done]) => done)).toEqual(progress.map(([done]) => done).sort((a, b) => a - b));
  });

  it('leaves the base as it is and releases every student', () => {
    const ofBase = calls.filter(({ policy }) => policy === 'base').map(({ call }) => call);
    expect([...new Set(ofBase)].sort()).toEqual(['fork', 'sample']);
    const forks = calls.filter(({ call }) => call === 'fork').length;
    expect(calls.filter(({ call }) => call === 'release')).toHaveLength(forks);
  });
});
