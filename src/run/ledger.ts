/**
 * The cost ledger: counts what policies and domain do as they do it, by standing between the method and them.
 * Counts only; changes no call and no result. A policy's work is counted for its role: what the engine opens is the base
 * model's, a fork inherits, and `as` names the others where they are made.
 */
import type { Engine, Policy, TrainingBatch } from '../engine/engine.js';
import type { Domain } from '../problems/domain.js';
import { addScaled, noUsage, type Role, type Usage } from './usage.js';

export interface Cost extends Usage {
  /** Answers judged by the verifier. */
  readonly verdicts: number;
  /** The same by role, without those that did nothing. */
  readonly roles: Readonly<Partial<Record<Role, Usage>>>;
}

export const noCost: Cost = { ...noUsage, verdicts: 0, roles: {} };

export interface Ledger {
  /** All so far. */
  total(): Cost;
  /** An engine whose policies are counted. */
  engine(engine: Engine): Engine;
  /** The same policy; what it and its forks do from now on is counted for the role. */
  as(role: Role, policy: Policy): Policy;
  domain(domain: Domain): Domain;
}

export function combineCosts(a: Cost, b: Cost, sign: 1 | -1 = 1): Cost {
  const { roles: ofA, ...plainA } = a;
  const { roles: ofB, ...plainB } = b;
  const names = Object.keys({ ...ofA, ...ofB }) as Role[];
  const byRole = names.flatMap((role): [Role, Usage][] => {
    const sum = addScaled(ofA[role] ?? noUsage, ofB[role] ?? noUsage, sign);
    return Object.values(sum).some((value) => value !== 0) ? [[role, sum]] : [];
  });
  return { ...addScaled(plainA, plainB, sign), roles: Object.fromEntries(byRole) };
}

export function openLedger(): Ledger {
  let total = noCost;
  const add = (role: Role, usage: Partial<Usage>) => {
    const whole = { ...noUsage, ...usage };
    total = combineCosts(total, { ...noCost, ...whole, roles: { [role]: whole } });
  };
  const counted = new WeakMap<Policy, Policy>();
  const policy = (inner: Policy, role: Role): Policy => {
    const timed = async <T>(act: () => Promise<T>): Promise<T> => {
      const asked = performance.now();
      try {
        return await act();
      } finally {
        add(role, { waitedSeconds: (performance.now() - asked) / 1000 });
      }
    };
    const outer: Policy = {
      model: inner.model,
      tokenizer: inner.tokenizer,
      contextLength: inner.contextLength,
      contextFrom: inner.contextFrom,
      fork: async () => policy(await timed(() => inner.fork()), role),
      async sample(prompts, options) {
        const groups = await timed(() => inner.sample(prompts, options));
        const prefilledTokens = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
        let [completions, sampledTokens] = [0, 0];
        for (const group of groups) {
          completions += group.length;
          for (const { tokens } of group) sampledTokens += tokens.length;
        }
        const cachedTokens = prefilledTokens * (options.samplesPerPrompt - 1);
        add(role, { completions, prefilledTokens, cachedTokens, sampledTokens });
        return groups;
      },
      async logprobs(sequences) {
        const found = await timed(() => inner.logprobs(sequences));
        add(role, {
          prefilledTokens: sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
          scoredTokens: found.reduce((sum, one) => sum + one.length, 0),
        });
        return found;
      },
      async update(batch, step) {
        const metrics = await timed(() => inner.update(batch, step));
        add(role, {
          prefilledTokens: metrics.tokensRead ?? 0,
          trainedTokens: metrics.tokensTrained,
          trainedPromptTokens: promptsTrained(batch),
          skippedTokens: metrics.tokensSkipped,
        });
        return metrics;
      },
      save: (what) => timed(() => inner.save(what)),
      load: (state) => timed(() => inner.load(state)),
      release: () => timed(() => inner.release()),
    };
    counted.set(outer, inner);
    return outer;
  };
  return {
    total: () => total,
    engine: (inner) => ({
      name: inner.name,
      capabilities: inner.capabilities,
      open: async (model) => policy(await inner.open(model), 'base'),
      ...(inner.retain && { retain: (states) => inner.retain?.(states) as Promise<void> }),
      close: () => inner.close(),
    }),
    as: (role, one) => policy(counted.get(one) ?? one, role),
    domain: (inner) => ({
      name: inner.name,
      teacherPrompt: inner.teacherPrompt,
      stopStrings: inner.stopStrings,
      parseProposal: (completion, finished) => inner.parseProposal(completion, finished),
      turns: inner.turns,
      studentPrompt: (question) => inner.studentPrompt(question),
      async grade(answers) {
        const grades = await inner.grade(answers);
        total = combineCosts(total, { ...noCost, verdicts: answers.length });
        return grades;
      },
      kind: (question) => inner.kind(question),
      checkTokenizer: (tokenizer) => inner.checkTokenizer(tokenizer),
      ...(inner.assess && { assess: inner.assess }),
      close: () => inner.close(),
    }),
  };
}

/** Prompt tokens of the sequences that have a gradient. */
function promptsTrained({ sequences, klCoefficient = 0 }: TrainingBatch): number {
  const isZero = (value: number | Float32Array) =>
    typeof value === 'number' ? value === 0 : value.every((one) => one === 0);
  let tokens = 0;
  for (const { promptLength, advantage, weight } of sequences) {
    if (!isZero(weight) && (klCoefficient > 0 || !isZero(advantage))) tokens += promptLength;
  }
  return tokens;
}
