/** The world's model on two workers: tokens sampled a second and tokens trained a second, each with 16 students at once as in an outer step. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { oraclePrograms } from '../dist/problems/index.js';
import { randomStream } from '../dist/rl/random.js';
import { worldModel } from './models.mjs';
import { alternate, rate } from './statistics.mjs';
import { sizes } from './students.mjs';

const students = 16;
const adam = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };

export async function world({ rounds = 5 }) {
  const engine = createEmbeddedEngine({ workers: 2 });
  const baseline = await engine.open({ folder: worldModel });
  const { domain } = sizes.world;
  const policies = await Promise.all(Array.from({ length: students }, () => baseline.fork()));
  const prompts = oraclePrograms(8, 16, 'bench/world').map(({ question }) =>
    baseline.tokenizer.encode(domain.studentPrompt(question)),
  );
  const options = {
    samplesPerPrompt: 16,
    maxNewTokens: 96,
    temperature: 1,
    stopTokens: baseline.tokenizer.endTokens,
    stopStrings: domain.stopStrings,
  };
  let groups;
  const sample = async (round) => {
    const start = performance.now();
    groups = await Promise.all(
      policies.map((policy, i) => policy.sample(prompts, { ...options, seed: `${round}/${i}` })),
    );
    const tokens = groups.flat(2).reduce((sum, completion) => sum + completion.tokens.length, 0);
    return { seconds: (performance.now() - start) / 1000, tokens };
  };
  const train = async (round) => {
    const random = randomStream(`bench/world/${round}`);
    const batches = groups.map((group) => batchOf(group, random));
    const start = performance.now();
    const done = await Promise.all(policies.map((policy, i) => policy.update(batches[i], adam)));
    const found = { seconds: (performance.now() - start) / 1000, tokens: 0, fed: 0 };
    for (const { tokensTrained } of done) found.tokens += tokensTrained;
    for (const { sequences } of batches) for (const { tokens } of sequences) found.fed += tokens.length - 1;
    return found;
  };
  // No advantage is zero: every token is trained on.
  const batchOf = (group, random) => ({
    objective: 'policy-gradient',
    sequences: group.flatMap((completions, p) =>
      completions.map(({ tokens, logprobs }) => ({
        tokens: Int32Array.from([...prompts[p], ...tokens]),
        promptLength: prompts[p].length,
        samplerLogprobs: logprobs,
        advantage: random.float() - 0.5,
        weight: 1 / 256,
      })),
    ),
  });
  const found = await alternate(rounds, { sample, train });
  await engine.close();

  const of = (name, field) => found[name].map((round) => round[field]);
  const mean = of('sample', 'tokens').reduce((sum, tokens) => sum + tokens, 0) / (rounds * students * 256);
  return {
    title: 'The world’s model (148k parameters), 2 workers',
    measures: [
      rate('sampled', of('sample', 'tokens'), of('sample', 'seconds'), 120),
      rate('trained, positions fed', of('train', 'fed'), of('train', 'seconds'), 100),
      rate('trained, completion tokens alone', of('train', 'tokens'), of('train', 'seconds')),
    ],
    notes: [
      `${students} students at once, each 16 programs of eight operations x 16 completions (${mean.toFixed(1)} tokens on average, at most 96), then one step on all of them`,
    ],
    peers: [],
    complete: true,
  };
}
