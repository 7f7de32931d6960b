/** The world's model on two workers: tokens sampled a second and tokens trained a second, each with 16 students at once as in an outer step. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { oraclePrograms, programsDomain } from '../dist/problems/index.js';
import { marks } from '../dist/problems/world/alphabet.js';
import { randomStream } from '../dist/rl/random.js';
import { worldModel } from './models.mjs';
import { alternate, rate } from './statistics.mjs';

const students = 16;
/** The step is made and moves nothing: every round finds the same model. */
const adam = { learningRate: 0, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };

/** Sixteen programs of eight operations: the base model guesses at them; with the textbook's mark it works them out. */
const questions = oraclePrograms(8, 16, 'bench/world').map(({ question }) => question);
const kinds = { guessed: questions, 'worked out': questions.map((question) => `${marks.textbook}${question}`) };

export async function world({ rounds = 5 }) {
  const engine = createEmbeddedEngine({ workers: 2 });
  const baseline = await engine.open({ folder: worldModel });
  const policies = await Promise.all(Array.from({ length: students }, () => baseline.fork()));
  const options = {
    samplesPerPrompt: 16,
    maxNewTokens: 96,
    temperature: 1,
    stopTokens: baseline.tokenizer.endTokens,
    stopStrings: programsDomain.stopStrings,
  };
  const actors = {};
  for (const [kind, asked] of Object.entries(kinds)) {
    const prompts = asked.map((question) => baseline.tokenizer.encode(programsDomain.studentPrompt(question)));
    let groups;
    actors[`sample ${kind}`] = async (round) => {
      const start = performance.now();
      groups = await Promise.all(policies.map((one, i) => one.sample(prompts, { ...options, seed: `${round}/${i}` })));
      const tokens = groups.flat(2).reduce((sum, completion) => sum + completion.tokens.length, 0);
      return { seconds: (performance.now() - start) / 1000, tokens };
    };
    actors[`train ${kind}`] = async (round) => {
      const random = randomStream(`bench/world/${round}`);
      const batches = groups.map((group) => batchOf(prompts, group, random));
      const start = performance.now();
      const done = await Promise.all(policies.map((policy, i) => policy.update(batches[i], adam)));
      const found = { seconds: (performance.now() - start) / 1000, tokens: 0, fed: 0 };
      for (const { tokensTrained } of done) found.tokens += tokensTrained;
      for (const { sequences } of batches) for (const { tokens } of sequences) found.fed += tokens.length - 1;
      return found;
    };
  }
  const found = await alternate(rounds, actors);
  await engine.close();

  const of = (name, field) => found[name].map((round) => round[field]);
  const measures = Object.keys(kinds).flatMap((kind) => {
    const [sample, train] = [`sample ${kind}`, `train ${kind}`];
    return [
      rate(`answers ${kind}: sampled`, of(sample, 'tokens'), of(sample, 'seconds'), 120),
      rate(`answers ${kind}: trained, prompts counted`, of(train, 'fed'), of(train, 'seconds'), 100),
      rate(`answers ${kind}: trained, completions alone`, of(train, 'tokens'), of(train, 'seconds')),
    ];
  });
  const lengths = Object.keys(kinds).map((kind) => {
    const tokens = of(`sample ${kind}`, 'tokens').reduce((sum, n) => sum + n, 0);
    return `${(tokens / (rounds * students * 256)).toFixed(0)} tokens where ${kind}`;
  });
  return {
    title: 'The world’s model (148k parameters), 2 workers',
    measures,
    notes: [
      `${students} students at once: 16 programs of eight operations x 16 completions each, then one step on all of them; a completion has ${lengths.join(', ')}`,
    ],
    peers: [],
    complete: true,
  };
}

/** No advantage is zero: every token is trained on. */
const batchOf = (prompts, group, random) => ({
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
