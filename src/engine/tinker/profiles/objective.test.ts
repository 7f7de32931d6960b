import { describe, expect, it } from 'vitest';
import type { TrainingBatch, TrainingSequence } from '../../engine.js';
import { lossRequest, planUpdate, slopesOf } from './objective.js';
import { profiles } from './profile.js';

const limits = { length: 1000, bytes: 1e9 };
const sequence = (completion: number, rest: Partial<TrainingSequence> = {}): TrainingSequence => ({
  tokens: Int32Array.from({ length: 2 + completion }, (_, i) => i),
  promptLength: 2,
  advantage: 3,
  weight: 0.5,
  samplerLogprobs: new Float32Array(completion).fill(-1),
  ...rest,
});
const batch = (...sequences: TrainingSequence[]): TrainingBatch => ({ objective: 'policy-gradient', sequences });
const numbers = (request: ReturnType<typeof lossRequest>, name: string) =>
  request.data.map(({ inputs }) => [...(inputs[name]?.data ?? [])]);
const requestOf = (of: TrainingBatch, name: keyof typeof profiles, most = limits) =>
  lossRequest(of, planUpdate(of, profiles[name]), profiles[name], most);

describe('a request', () => {
  it('shifts tokens by one and leaves the prompt at zero', () => {
    const request = requestOf(batch(sequence(2)), 'hosted');
    expect(request.lossFn).toBe('importance_sampling');
    expect(request.data[0]?.tokens).toEqual(Int32Array.of(0, 1, 2));
    expect(numbers(request, 'target_tokens')).toEqual([[1, 2, 3]]);
    expect(numbers(request, 'logprobs')).toEqual([[0, -1, -1]]);
    expect(numbers(request, 'advantages')).toEqual([[0, 1.5, 1.5]]);
    expect(Object.keys(request.data[0]?.inputs ?? {})).not.toContain('weights');
  });

  it('to a server that sums has w * A; to one of means also W, the datum, and N, the datums that count', () => {
    // w * A = 1.5; W = 2 and 4; the third has no advantage and is neither sent nor counted.
    const three = batch(sequence(2), sequence(4), sequence(3, { advantage: 0 }));
    expect(numbers(requestOf(three, 'skyrl-megatron'), 'advantages')).toEqual([
      [0, 1.5, 1.5],
      [0, 1.5, 1.5, 1.5, 1.5],
    ]);
    const jax = requestOf(three, 'skyrl-jax');
    expect(numbers(jax, 'advantages')).toEqual([
      [0, 6, 6],
      [0, 12, 12, 12, 12],
    ]);
    expect(numbers(jax, 'weights')).toEqual([
      [0, 1, 1],
      [0, 1, 1, 1, 1],
    ]);
    expect(planUpdate(three, profiles['skyrl-jax']).tokensSkipped).toBe(3);
  });

  it('to a server that averages each request counts the datums of the part that it will be cut into', () => {
    const profile = { ...profiles.twinkle, loss: { ...profiles.twinkle.loss, clipsRatios: false } };
    const three = batch(sequence(2), sequence(2), sequence(2));
    const plan = planUpdate(three, profile);
    const request = lossRequest(three, plan, profile, { length: 2, bytes: 1e9 });
    expect(numbers(request, 'advantages')).toEqual([
      [0, 6, 6],
      [0, 6, 6],
      [0, 3, 3],
    ]);
  });

  it('by log-likelihood is cross entropy where weights are factors of a sum, slopes elsewhere', () => {
    const of: TrainingBatch = { ...batch(sequence(2)), objective: 'log-likelihood' };
    const plain = requestOf(of, 'skyrl-megatron');
    expect([plain.lossFn, numbers(plain, 'weights')]).toEqual(['cross_entropy', [[0, 1.5, 1.5]]]);
    expect(planUpdate(of, profiles['skyrl-jax']).way).toBe('slopes');
    expect(planUpdate(of, profiles.twinkle).way).toBe('slopes');
  });

  it('of nothing is one datum that pulls on nothing, since a step may need a pass', () => {
    const idle = requestOf(batch(sequence(2, { advantage: 0 })), 'twinkle');
    expect(numbers(idle, 'advantages')).toEqual([[0, 0, 0]]);
    const none = requestOf(batch(), 'hosted');
    expect([none.data[0]?.tokens, numbers(none, 'advantages')]).toEqual([Int32Array.of(0), [[0]]]);
  });
});

describe('slopes', () => {
  it('are -d(L)/d(log pi), by hand', () => {
    // w * A = 1.5, ratio e^(-0.5 + 1); beta * w = 0.1, 1 - e^(ref - pi) = 1 - e^(-0.3).
    const one = sequence(1, { referenceLogprobs: Float32Array.of(-0.8) });
    const of: TrainingBatch = { ...batch(one), klCoefficient: 0.2 };
    const { trained, way } = planUpdate(of, profiles.hosted);
    const [slope] = slopesOf(trained[0] as (typeof trained)[number], of, Float32Array.of(-0.5));
    expect(way).toBe('slopes');
    expect(slope).toBeCloseTo(1.5 * Math.exp(0.5) - 0.1 * (1 - Math.exp(-0.3)), 6);
  });

  it('are taken where a ratio may overflow, and an infinite one is refused', () => {
    const bold = batch(sequence(1, { samplerLogprobs: Float32Array.of(-400) }));
    const plan = planUpdate(bold, profiles.hosted);
    expect(plan.way).toBe('slopes');
    expect(() => lossRequest(bold, plan, profiles.hosted, limits, [Float32Array.of(-1)])).toThrow(
      expect.objectContaining({ code: 'ENGINE_NOT_FINITE' }),
    );
    expect(() => planUpdate(batch(sequence(1, { advantage: Number.NaN })), profiles.hosted)).toThrow(
      expect.objectContaining({ code: 'ENGINE_NOT_FINITE' }),
    );
  });
});
