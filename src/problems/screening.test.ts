import { describe, expect, it } from 'vitest';
import { type Call, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import type { Problem } from './problem.js';
import { hardSplit, screen } from './screening.js';

const problem = (i: number): Problem => ({ id: `p${i}`, question: String(i), gold: 'yes', source: 'test' });
const problems = Array.from({ length: 40 }, (_, i) => problem(i));
const options = { attempts: 6, temperature: 0.7, maxNewTokens: 9, seed: 'screen' };

/** Solves problem i in i % 4 of its attempts. */
const policyOf = (calls: Call[] = []) =>
  new ScriptedPolicy(
    'base',
    { complete: ({ prompt, index }) => (index < Number(prompt.slice(0, -1)) % 4 ? '=yes.' : '=no.') },
    calls,
  );

describe('screen', () => {
  it('counts the successes of each problem, in order', async () => {
    expect(await screen(policyOf(), plainDomain, problems, options)).toEqual(problems.map((_, i) => i % 4));
  });

  it('asks with the given settings, and no two requests share a random stream', async () => {
    const calls: Call[] = [];
    const progress: (readonly [number, number])[] = [];
    await screen(policyOf(calls), plainDomain, problems, {
      ...options,
      onProgress: (done, of) => progress.push([done, of]),
    });
    expect(calls.flatMap(({ prompts }) => prompts)).toEqual(problems.map(({ question }) => `${question}?`));
    for (const { options: asked } of calls) {
      expect(asked).toMatchObject({ samplesPerPrompt: 6, temperature: 0.7, maxNewTokens: 9, stopStrings: ['.'] });
    }
    expect(new Set(calls.map(({ options: asked }) => asked?.seed)).size).toBe(calls.length);
    expect(calls.length).toBeGreaterThan(1);
    expect(progress.at(-1)).toEqual([40, 40]);
    expect(progress.map(([done]) => done)).toEqual(progress.map(([done]) => done).sort((a, b) => a - b));
  });

  it('gives a problem the same result whatever comes after it', async () => {
    const calls: Call[] = [];
    await screen(policyOf(calls), plainDomain, problems, options);
    const shorter: Call[] = [];
    await screen(policyOf(shorter), plainDomain, problems.slice(0, 20), options);
    expect(shorter[0]).toEqual(calls[0]);
    expect(shorter[1]?.options).toEqual(calls[1]?.options);
  });

  it('ends by the reason of its signal', async () => {
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    await expect(screen(policyOf(), plainDomain, problems, { ...options, signal })).rejects.toBe(reason);
  });
});

describe('hardSplit', () => {
  const successes = problems.map((_, i) => i % 4);

  it('draws both halves from the problems without a success, no problem twice', () => {
    const { train, test } = hardSplit(problems, successes, { train: 6, test: 4 }, 'seed');
    expect([train.length, test.length]).toEqual([6, 4]);
    const ids = [...train, ...test].map(({ id }) => id);
    expect(new Set(ids).size).toBe(10);
    expect(ids.every((id) => Number(id.slice(1)) % 4 === 0)).toBe(true);
  });

  it('is random, and fixed by the seed', () => {
    const split = (seed: string) => hardSplit(problems, successes, { train: 5, test: 5 }, seed);
    expect(split('a')).toEqual(split('a'));
    expect(split('a').train).not.toEqual(split('b').train);
    expect(split('a').train).not.toEqual(problems.filter((_, i) => i % 4 === 0).slice(0, 5));
  });

  it('tells how many are hard when they are too few', () => {
    expect(() => hardSplit(problems, successes, { train: 6, test: 5 }, 'seed')).toThrow(
      expect.objectContaining({
        code: 'PROBLEMS_TOO_FEW_HARD',
        message: '10 of 40 problems have no success, 6 + 5 are needed',
      }),
    );
  });
});
