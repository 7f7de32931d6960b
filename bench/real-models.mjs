/**
 * Models of published shapes with random weights: load, sample, train adapters of rank 16, against transformers and PEFT. Each side is
 * a process of its own, one at a time, since two large models may not fit beside each other; sampling and training too, so that each
 * has its own peak of memory. They take turns, round by round.
 */
import { randomStream } from '../dist/rl/random.js';
import { recorded } from './page.mjs';
import { openPeer } from './peer.mjs';
import { realModel, realShapes } from './real-shapes.mjs';
import { measure, rate, ratio, seconds } from './statistics.mjs';

const rank = 16;
const [prompts, length, samples] = [4, 64, 8];
/** Trained: two prompts, a group of eight completions each. */
const [groups, groupSize, completion] = [2, 8, 64];
const rows = groups * groupSize;
/** New tokens by shape, and rounds of each work. */
const plans = {
  'smollm2-135m': { fresh: 64, rounds: { sample: 3, train: 3 } },
  'llama-3.2-1b': { fresh: 32, rounds: { sample: 5, train: 3 } },
};

const sides = { ours: 'real-model-process.mjs', transformers: 'transformers_models.py' };
const wordsOf = { sample: { done: 'sampled', doing: 'sampling' }, train: { done: 'trained', doing: 'training' } };
const goals = { sample: 2, train: 1.2 };

const asked = (variable, all) => process.env[variable]?.split(',') ?? all;

/**
 * What was measured of other shapes (SOAR_BENCH_SHAPES), and of the other work (SOAR_BENCH_WORK: sample, train), stays.
 * @param {{ folder: string }} request folder: where models are made; they are several gigabytes
 */
export async function realModels({ folder }) {
  const [measures, notes, peers] = [[], [], new Set()];
  let complete = true;
  for (const name of Object.keys(plans)) {
    const { label, shape } = realShapes[name];
    const { fresh, rounds } = plans[name];
    const works = asked('SOAR_BENCH_SHAPES', Object.keys(plans)).includes(name)
      ? asked('SOAR_BENCH_WORK', Object.keys(rounds))
      : [];
    const model = works.length > 0 && (await realModel(process.env.SOAR_BENCH_MODELS ?? folder, name));
    const requests = requestsFor(name, shape, fresh);
    const tokens = { sample: prompts * samples * fresh, train: rows * (length + completion - 1) };
    for (const work of Object.keys(rounds)) {
      const title = `${label}: ${wordsOf[work].doing}`;
      if (!works.includes(work)) {
        measures.push(...recorded('real-models', title).measures);
        continue;
      }
      const found = { ours: [], transformers: [] };
      for (let round = 0; round < rounds[work]; round++) {
        for (const [side, script] of Object.entries(sides)) {
          const peer = await openPeer(script, model, String(rank));
          if (!peer) {
            complete = false;
            continue;
          }
          if (side !== 'ours') peers.add(peer.about);
          // The first round of a process compiles and warms up.
          await peer.round(requests[work]);
          found[side].push(await peer.round(requests[work]));
          await peer.close();
        }
      }
      measures.push(...measuresOf(title, work, found, tokens[work]));
    }
    notes.push(
      `${label}: ${prompts} prompts of ${length} tokens x ${samples} completions of ${fresh}; one step on ${groups} prompts of ${length} tokens x ${groupSize} completions of ${completion}, ${tokens.train} positions as transformers feeds them`,
    );
  }
  notes.push(
    `adapters of rank ${rank} on all seven modules; transformers reads a prompt once for each of its completions, in sampling and in training; ours reads it once in sampling, and in training once for all completions in a micro-batch`,
  );
  return { title: 'Models of published shapes, random weights', measures, notes, peers: [...peers], complete };
}

function requestsFor(name, shape, fresh) {
  const random = randomStream(`bench/real-models/${name}`);
  const text = (count) => Array.from({ length: count }, () => random.integer(shape.vocabularySize));
  return {
    sample: { do: 'sample', prompts: Array.from({ length: prompts }, () => text(length)), samples, new: fresh },
    train: {
      do: 'train',
      tokens: Array.from({ length: groups }, () => text(length)).flatMap((prompt) =>
        Array.from({ length: groupSize }, () => [...prompt, ...text(completion)]),
      ),
      prompt: length,
      advantages: Array.from({ length: rows }, (_, i) => (i % 2 ? 1 : -1)),
    },
  };
}

function measuresOf(title, work, found, tokens) {
  const of = (side, field) => found[side].map((one) => one[field]);
  const ofSide = (side) => [
    seconds(`${title}: load, ${side}`, of(side, 'loaded')),
    rate(`${title}: ${wordsOf[work].done}, ${side}`, tokens, of(side, 'seconds')),
    measure(
      `${title}: peak memory, ${side}`,
      of(side, 'peak').map((bytes) => bytes / 1e9),
      { unit: 'GB', better: 'lower' },
    ),
  ];
  if (found.transformers.length === 0) return ofSide('ours');
  const both = ratio(
    `${title}: transformers / ours`,
    of('transformers', 'seconds'),
    of('ours', 'seconds'),
    goals[work],
  );
  return [...ofSide('ours'), ...ofSide('transformers'), both];
}
