/**
 * Sampling as the servers do it: completion i of a request with seed s is the one that seed s + i would give alone. An in-process engine
 * that draws through `asServed` gives the tokens that the fake server gives, so that whole runs can be compared.
 */
import type { Completion, Engine, Policy, SamplingOptions, Tokens } from '../../engine.js';

export type DrawOptions = Omit<SamplingOptions, 'samplesPerPrompt' | 'seed'>;

/** [completion] */
export async function drawAsServed(
  policy: Policy,
  prompt: Tokens,
  count: number,
  seed: number,
  options: DrawOptions,
): Promise<Completion[]> {
  const draws = Array.from({ length: count }, (_, i) =>
    policy.sample([prompt], { ...options, samplesPerPrompt: 1, seed: `${seed + i}` }),
  );
  return (await Promise.all(draws)).map(([[completion]]) => completion!);
}

/** The number that a client sends as the seed of one prompt of a request. */
export type SeedOf = (seed: string, prompt: number) => number;

/** The same engine, sampling as if over the protocol. */
export function asServed(engine: Engine, seedOf: SeedOf): Engine {
  return {
    name: engine.name,
    capabilities: engine.capabilities,
    open: async (model) => served(await engine.open(model), seedOf),
    close: () => engine.close(),
  };
}

function served(policy: Policy, seedOf: SeedOf): Policy {
  return {
    model: policy.model,
    tokenizer: policy.tokenizer,
    contextLength: policy.contextLength,
    contextFrom: policy.contextFrom,
    fork: async () => served(await policy.fork(), seedOf),
    sample: (prompts, { samplesPerPrompt, seed, ...options }) =>
      Promise.all(prompts.map((prompt, p) => drawAsServed(policy, prompt, samplesPerPrompt, seedOf(seed, p), options))),
    logprobs: (sequences) => policy.logprobs(sequences),
    update: (batch, step) => policy.update(batch, step),
    save: (what) => policy.save(what),
    load: (state) => policy.load(state),
    release: () => policy.release(),
  };
}
