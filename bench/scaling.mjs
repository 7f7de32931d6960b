/** The g * r inner runs of an outer step on one worker and on two. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { worldModel } from './models.mjs';
import { alternate, ratio, seconds } from './statistics.mjs';
import { innerRuns, sizes } from './students.mjs';

export async function scaling({ rounds = 5 }) {
  const { domain, label } = sizes.world;
  const engines = [1, 2].map((workers) => createEmbeddedEngine({ workers }));
  const actors = {};
  for (const [i, engine] of engines.entries()) {
    const baseline = await engine.open({ folder: worldModel });
    actors[i + 1] = (round) =>
      innerRuns({ baseline, domain, runs: round < 0 ? 2 : 16, steps: round < 0 ? 1 : 10, seed: `${round}` });
  }
  const found = await alternate(rounds, actors);
  await Promise.all(engines.map((engine) => engine.close()));
  const [one, two] = [1, 2].map((workers) => found[workers].map((round) => round.seconds));
  return {
    title: 'Sixteen inner runs on one and on two workers',
    measures: [seconds('1 worker', one), seconds('2 workers', two), ratio('1 worker / 2 workers', one, two, 1.7)],
    notes: [`${label}, 10 steps x (16 prompts x 16 completions of at most 40 tokens)`],
    peers: [],
    complete: true,
  };
}
