import { describe, expect, it } from 'vitest';
import { type Call, noMetrics, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import type { Engine } from '../engine/engine.js';
import { combineCosts, noCost, openLedger } from './ledger.js';

const options = { samplesPerPrompt: 3, maxNewTokens: 9, temperature: 1, stopTokens: [], seed: 's' };
const step = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 0 };

class TrainingPolicy extends ScriptedPolicy {
  override async update() {
    return { ...noMetrics, tokensTrained: 11, tokensSkipped: 4 };
  }
  override async fork() {
    return new TrainingPolicy('fork', { complete: () => 'no.' }, []);
  }
}

describe('ledger', () => {
  it('counts what policies, their forks and the domain do, and passes everything through', async () => {
    const calls: Call[] = [];
    const scripted = new TrainingPolicy('base', { complete: () => 'yes.' }, calls);
    const ledger = openLedger();
    const engine = ledger.engine({
      name: 'e',
      open: async () => scripted,
      close: async () => undefined,
    } as unknown as Engine);
    const policy = await engine.open({ folder: '' });
    // 2 prompts x 3 completions of 4 characters.
    const groups = await policy.sample([Int32Array.of(65), Int32Array.of(66)], options);
    expect(groups.map((group) => group.length)).toEqual([3, 3]);
    expect(ledger.total()).toEqual({ ...noCost, sampledTokens: 24 });

    const fork = await policy.fork();
    await fork.sample([Int32Array.of(65)], options);
    expect(ledger.total().sampledTokens).toBe(24 + 3 * 3);

    await policy.update({ objective: 'policy-gradient', sequences: [] }, step);
    await policy.logprobs([{ tokens: Int32Array.of(1, 2, 3, 4, 5), promptLength: 2 }]);
    const domain = ledger.domain(plainDomain);
    await domain.grade([{ gold: '1', completion: '=1.' }]);
    expect(domain.studentPrompt('q')).toBe('q?');
    expect(ledger.total()).toEqual({
      sampledTokens: 33,
      trainedTokens: 11,
      skippedTokens: 4,
      scoredTokens: 3,
      verdicts: 1,
    });
    await policy.release();
    expect(scripted.released).toBe(true);
  });

  it('subtracts to what was spent in between', () => {
    const a = { sampledTokens: 5, trainedTokens: 4, skippedTokens: 3, scoredTokens: 2, verdicts: 1 };
    expect(combineCosts(combineCosts(a, a), a, -1)).toEqual(a);
  });
});
