import { describe, expect, it } from 'vitest';
import { type Call, noMetrics, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import type { Engine, TrainingBatch, TrainingSequence } from '../engine/engine.js';
import { type Cost, combineCosts, noCost, openLedger } from './ledger.js';
import { noUsage, type Usage } from './usage.js';

const options = { samplesPerPrompt: 3, maxNewTokens: 9, temperature: 1, stopTokens: [], seed: 's' };
const step = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 0 };

class TrainingPolicy extends ScriptedPolicy {
  override async update({ klCoefficient = 0 }: TrainingBatch) {
    // As on a service: a KL loss reads what it trains on, 17 tokens with the prompts, once before.
    return { ...noMetrics, tokensTrained: 11, tokensSkipped: 4, ...(klCoefficient > 0 && { tokensRead: 17 }) };
  }
  override async fork() {
    return new TrainingPolicy('fork', { complete: () => 'no.' }, []);
  }
}

async function counted() {
  const calls: Call[] = [];
  const scripted = new TrainingPolicy('base', { complete: () => 'yes.' }, calls);
  const ledger = openLedger();
  const engine = ledger.engine({
    name: 'e',
    open: async () => scripted,
    close: async () => undefined,
  } as unknown as Engine);
  return { ledger, scripted, policy: await engine.open({ folder: '' }) };
}

/** Waiting is told by the clock. */
const timeless = ({ roles, ...cost }: Cost) => {
  const still = <U extends Usage>(usage: U) => ({ ...usage, waitedSeconds: 0 });
  return { ...still(cost), roles: Object.fromEntries(Object.entries(roles).map(([role, of]) => [role, still(of)])) };
};

describe('ledger', () => {
  it('counts what policies, their forks and the domain do, and passes everything through', async () => {
    const { ledger, scripted, policy } = await counted();
    // Prompts of 2 and 1 tokens, 3 completions of 4 characters of each.
    const groups = await policy.sample([Int32Array.of(65, 65), Int32Array.of(66)], options);
    expect(groups.map((group) => group.length)).toEqual([3, 3]);
    const sampled = { ...noUsage, completions: 6, prefilledTokens: 3, cachedTokens: 6, sampledTokens: 24 };
    expect(timeless(ledger.total())).toEqual({ ...noCost, ...sampled, roles: { base: sampled } });

    const fork = await policy.fork();
    await fork.sample([Int32Array.of(65)], options);
    expect(ledger.total().sampledTokens).toBe(24 + 3 * 3);

    await policy.update({ objective: 'policy-gradient', sequences: [] }, step);
    await policy.logprobs([{ tokens: Int32Array.of(1, 2, 3, 4, 5), promptLength: 2 }]);
    const domain = ledger.domain(plainDomain);
    await domain.grade([{ gold: '1', completion: '=1.' }]);
    expect(domain.studentPrompt('q')).toBe('q?');
    const all = {
      completions: 9,
      // What is scored is read whole.
      prefilledTokens: 3 + 1 + 5,
      cachedTokens: 6 + 2,
      sampledTokens: 33,
      trainedTokens: 11,
      trainedPromptTokens: 0,
      skippedTokens: 4,
      scoredTokens: 3,
      waitedSeconds: 0,
    };
    expect(timeless(ledger.total())).toEqual({ ...all, verdicts: 1, roles: { base: all } });
    expect(ledger.total().waitedSeconds).toBeGreaterThan(0);
    await policy.release();
    expect(scripted.released).toBe(true);
  });

  it('counts a policy and its forks for the role that it was given', async () => {
    const { ledger, policy } = await counted();
    const student = await ledger.as('student', await policy.fork()).fork();
    await student.sample([Int32Array.of(65)], options);
    await ledger.as('evaluation', student).sample([Int32Array.of(65)], { ...options, samplesPerPrompt: 1 });
    await policy.sample([Int32Array.of(65)], { ...options, samplesPerPrompt: 2 });
    const { roles, completions } = ledger.total();
    expect(completions).toBe(6);
    expect(Object.fromEntries(Object.entries(roles).map(([role, usage]) => [role, usage.completions]))).toEqual({
      base: 2,
      student: 3,
      evaluation: 1,
    });
  });

  it('counts the prompts of those sequences alone that have a gradient', async () => {
    const { ledger, policy } = await counted();
    const sequence = (promptLength: number, advantage: TrainingSequence['advantage'], weight = 1) => ({
      tokens: new Int32Array(promptLength + 1),
      promptLength,
      advantage,
      weight,
    });
    const sequences = [
      sequence(1, 0.5),
      sequence(10, 0),
      sequence(100, Float32Array.of(0)),
      sequence(1000, Float32Array.of(-1)),
      sequence(10_000, 1, 0),
    ];
    await policy.update({ objective: 'policy-gradient', sequences }, step);
    expect(ledger.total().trainedPromptTokens).toBe(1001);
    expect(ledger.total().prefilledTokens).toBe(0);
    // A KL term has a gradient whatever the advantage is.
    await policy.update({ objective: 'policy-gradient', sequences, klCoefficient: 0.1 }, step);
    expect(ledger.total().trainedPromptTokens).toBe(1001 + 1111);
  });

  it('counts what an update reads before its gradient for the role that is updated', async () => {
    const { ledger, policy } = await counted();
    const student = ledger.as('student', await policy.fork());
    await student.update({ objective: 'policy-gradient', sequences: [], klCoefficient: 0.1 }, step);
    await student.update({ objective: 'policy-gradient', sequences: [], klCoefficient: 0.1 }, step);
    await student.update({ objective: 'policy-gradient', sequences: [] }, step);
    const { roles, prefilledTokens } = ledger.total();
    expect([prefilledTokens, roles.student?.prefilledTokens, roles.base?.prefilledTokens ?? 0]).toEqual([34, 34, 0]);
  });

  it('subtracts to what was spent in between, without roles that did nothing', () => {
    const usage = { ...noUsage, sampledTokens: 5, trainedTokens: 4 };
    const a = { ...noCost, ...usage, verdicts: 1, roles: { teacher: usage } };
    const b = { ...noCost, ...usage, roles: { student: usage } };
    expect(combineCosts(combineCosts(a, b), a, -1)).toEqual(b);
    expect(combineCosts(a, a, -1)).toEqual(noCost);
  });
});
