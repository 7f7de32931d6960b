/**
 * The cost ledger: counts what policies and domain do as they do it, by standing between the method and them.
 * Counts only; changes no call and no result.
 */
import type { Engine, Policy } from '../engine/engine.js';
import type { Domain } from '../problems/domain.js';

export interface Cost {
  /** Completion tokens sampled. */
  readonly sampledTokens: number;
  /** Completion tokens that entered a gradient, and those left out because their gradient is exactly zero. */
  readonly trainedTokens: number;
  readonly skippedTokens: number;
  /** Completion tokens whose log-probabilities were asked for. */
  readonly scoredTokens: number;
  /** Answers judged by the verifier. */
  readonly verdicts: number;
}

export const noCost: Cost = { sampledTokens: 0, trainedTokens: 0, skippedTokens: 0, scoredTokens: 0, verdicts: 0 };

export interface Ledger {
  /** All so far. */
  total(): Cost;
  engine(engine: Engine): Engine;
  domain(domain: Domain): Domain;
}

export function combineCosts(a: Cost, b: Cost, sign: 1 | -1 = 1): Cost {
  return {
    sampledTokens: a.sampledTokens + sign * b.sampledTokens,
    trainedTokens: a.trainedTokens + sign * b.trainedTokens,
    skippedTokens: a.skippedTokens + sign * b.skippedTokens,
    scoredTokens: a.scoredTokens + sign * b.scoredTokens,
    verdicts: a.verdicts + sign * b.verdicts,
  };
}

export function openLedger(): Ledger {
  let total = noCost;
  const add = (cost: Partial<Cost>) => {
    total = combineCosts(total, { ...noCost, ...cost });
  };
  const policy = (inner: Policy): Policy => ({
    model: inner.model,
    tokenizer: inner.tokenizer,
    contextLength: inner.contextLength,
    fork: async () => policy(await inner.fork()),
    async sample(prompts, options) {
      const groups = await inner.sample(prompts, options);
      let sampledTokens = 0;
      for (const group of groups) for (const { tokens } of group) sampledTokens += tokens.length;
      add({ sampledTokens });
      return groups;
    },
    async logprobs(sequences) {
      const found = await inner.logprobs(sequences);
      add({ scoredTokens: found.reduce((sum, one) => sum + one.length, 0) });
      return found;
    },
    async update(batch, step) {
      const metrics = await inner.update(batch, step);
      add({ trainedTokens: metrics.tokensTrained, skippedTokens: metrics.tokensSkipped });
      return metrics;
    },
    save: (what) => inner.save(what),
    load: (state) => inner.load(state),
    release: () => inner.release(),
  });
  return {
    total: () => total,
    engine: (inner) => ({
      name: inner.name,
      capabilities: inner.capabilities,
      open: async (model) => policy(await inner.open(model)),
      ...(inner.retain && { retain: (states) => inner.retain?.(states) as Promise<void> }),
      close: () => inner.close(),
    }),
    domain: (inner) => ({
      name: inner.name,
      teacherPrompt: inner.teacherPrompt,
      stopStrings: inner.stopStrings,
      parseProposal: (completion, finished) => inner.parseProposal(completion, finished),
      turns: inner.turns,
      studentPrompt: (question) => inner.studentPrompt(question),
      async grade(answers) {
        const grades = await inner.grade(answers);
        add({ verdicts: answers.length });
        return grades;
      },
      kind: (question) => inner.kind(question),
      checkTokenizer: (tokenizer) => inner.checkTokenizer(tokenizer),
      ...(inner.assess && { assess: inner.assess }),
      close: () => inner.close(),
    }),
  };
}
