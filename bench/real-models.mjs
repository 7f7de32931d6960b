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
/** New tokens by shape, and rounds. */
const plans = { 'smollm2-135m': { fresh: 64, rounds: 3 }, 'llama-3.2-1b': { fresh: 32, rounds: 3 } };

const sides = { ours: 'real-model-process.mjs', transformers: 'transformers_models.py' };

/**
 * What was measured of other shapes stays.
 * @param {{ folder: string, only?: string[] }} request folder: where models are made; they are several gigabytes
 */
export async function realModels({ folder, only = process.env.SOAR_BENCH_SHAPES?.split(',') ?? Object.keys(plans) }) {
  const [measures, notes, peers] = [[], [], new Set()];
  let complete = true;
  for (const name of Object.keys(plans)) {
    const { label, shape } = realShapes[name];
    if (!only.includes(name)) {
      const kept = recorded('real-models', label);
      measures.push(...kept.measures);
      notes.push(...kept.notes);
      continue;
    }
    const { fresh, rounds } = plans[name];
    const model = await realModel(process.env.SOAR_BENCH_MODELS ?? folder, name);
    const random = randomStream(`bench/real-models/${name}`);
    const text = (count) => Array.from({ length: count }, () => random.integer(shape.vocabularySize));
    const requests = {
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
    const found = {};
    for (let round = 0; round < rounds; round++) {
      for (const [what, request] of Object.entries(requests)) {
        for (const [side, script] of Object.entries(sides)) {
          const peer = await openPeer(script, model, String(rank));
          if (!peer) {
            complete = false;
            continue;
          }
          if (side !== 'ours') peers.add(peer.about);
          // The first round of a process compiles and warms up.
          await peer.round(request);
          const done = await peer.round(request);
          await peer.close();
          found[`${side}/${what}`] = [...(found[`${side}/${what}`] ?? []), done];
        }
      }
    }
    const of = (key, field) => (found[key] ?? []).map((one) => one[field]);
    const gigabytes = (key) => of(key, 'peak').map((bytes) => bytes / 1e9);
    const lower = { unit: 'GB', better: 'lower' };
    const [sampled, trained] = [prompts * samples * fresh, rows * (length + completion - 1)];
    measures.push(
      seconds(`${label}: load, ours`, of('ours/sample', 'loaded')),
      rate(`${label}: sampled, ours`, sampled, of('ours/sample', 'seconds')),
      rate(`${label}: trained, ours`, trained, of('ours/train', 'seconds')),
      measure(`${label}: peak memory of sampling, ours`, gigabytes('ours/sample'), lower),
      measure(`${label}: peak memory of training, ours`, gigabytes('ours/train'), lower),
    );
    if (found['transformers/sample']) {
      measures.push(
        seconds(`${label}: load, transformers`, of('transformers/sample', 'loaded')),
        rate(`${label}: sampled, transformers`, sampled, of('transformers/sample', 'seconds')),
        rate(`${label}: trained, transformers`, trained, of('transformers/train', 'seconds')),
        measure(`${label}: peak memory of sampling, transformers`, gigabytes('transformers/sample'), lower),
        measure(`${label}: peak memory of training, transformers`, gigabytes('transformers/train'), lower),
        ratio(
          `${label}: sampling, transformers / ours`,
          of('transformers/sample', 'seconds'),
          of('ours/sample', 'seconds'),
          2,
        ),
        ratio(
          `${label}: training, transformers / ours`,
          of('transformers/train', 'seconds'),
          of('ours/train', 'seconds'),
          1.2,
        ),
      );
    }
    notes.push(
      `${label}: ${prompts} prompts of ${length} tokens x ${samples} completions of ${fresh}; one step on ${groups} prompts of ${length} tokens x ${groupSize} completions of ${completion}, ${rows * (length + completion - 1)} positions as transformers feeds them`,
    );
  }
  notes.push(
    `adapters of rank ${rank} on all seven modules; transformers reads a prompt once for each of its completions, in sampling and in training; ours reads it once in sampling, and in training once for as many completions as pays`,
  );
  return { title: 'Models of published shapes, random weights', measures, notes, peers: [...peers], complete };
}
