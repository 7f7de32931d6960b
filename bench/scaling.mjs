/** The g * r inner runs of an outer step on one worker and on two, at both sizes. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { alternate, ratio, seconds } from './statistics.mjs';
import { innerRuns, sizes } from './students.mjs';

/** As many runs as an outer step has, and fewer and shorter ones where each takes long. */
const works = [
  { size: 'world', runs: 16, steps: 10 },
  { size: 'random', runs: 4, steps: 2 },
];

export async function scaling({ folder, rounds = 5 }) {
  const measures = [];
  const notes = [];
  for (const { size, runs, steps } of works) {
    const { domain, label, folder: modelIn } = sizes[size];
    const model = await modelIn(folder);
    const engines = [1, 2].map((workers) => createEmbeddedEngine({ workers }));
    const actors = {};
    for (const [i, engine] of engines.entries()) {
      const baseline = await engine.open({ folder: model });
      actors[i + 1] = (round) => innerRuns({ baseline, domain, runs, steps, seed: `${round}` });
    }
    const found = await alternate(rounds, actors);
    await Promise.all(engines.map((engine) => engine.close()));
    const [one, two] = [1, 2].map((workers) => found[workers].map((round) => round.seconds));
    measures.push(
      seconds(`${label}: 1 worker`, one),
      seconds(`${label}: 2 workers`, two),
      ratio(`${label}: 1 worker / 2 workers`, one, two, 1.7),
    );
    notes.push(`${label}: ${runs} runs of ${steps} steps x (16 prompts x 16 completions of at most 40 tokens)`);
  }
  notes.push(
    'the main thread, which judges answers and makes batches, needs a core of its own for a tenth of the time',
  );
  return { title: 'Inner runs on one and on two workers', measures, notes, peers: [], complete: true };
}
