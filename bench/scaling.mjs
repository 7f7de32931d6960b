/**
 * The g * r inner runs of an outer step on one worker and on two, at both sizes, and as two processes of one worker that share
 * nothing: what this machine gains from its second core.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { recorded } from './page.mjs';
import { alternate, ratio, seconds, timed } from './statistics.mjs';
import { innerRuns, sizes } from './students.mjs';

/** As many runs as an outer step has, and fewer and shorter ones where each takes long. */
const works = [
  { size: 'world', runs: 16, steps: 10, rounds: 25 },
  { size: 'random', runs: 4, steps: 2, rounds: 5 },
];
const script = fileURLToPath(new URL('scaling-process.mjs', import.meta.url));

/** What was measured of other sizes stays. SOAR_BENCH_SIZES: world, random; all by default. */
export async function scaling({ folder, only = process.env.SOAR_BENCH_SIZES?.split(',') ?? Object.keys(sizes) }) {
  const measures = [];
  const notes = [];
  for (const { size, runs, steps, rounds } of works) {
    const { domain, label, folder: modelIn } = sizes[size];
    if (!only.includes(size)) {
      const kept = recorded('scaling', label);
      measures.push(...kept.measures);
      notes.push(...kept.notes);
      continue;
    }
    const model = await modelIn(folder);
    const engines = [1, 2].map((workers) => createEmbeddedEngine({ workers }));
    const actors = {};
    for (const [i, engine] of engines.entries()) {
      const baseline = await engine.open({ folder: model });
      actors[i + 1] = (round) => timed(() => innerRuns({ baseline, domain, runs, steps, seed: `${round}` }));
    }
    const processes = [0, 1].map(() => fork(script, [size, model]));
    await Promise.all(processes.map((one) => once(one, 'message')));
    const share = (one, round) => {
      one.send({ runs: runs / 2, steps, seed: `${round}` });
      return once(one, 'message');
    };
    actors.apart = (round) => timed(() => Promise.all(processes.map((one) => share(one, round))));
    const { 1: one, 2: two, apart } = await alternate(rounds, actors);
    for (const process of processes) process.send(null);
    await Promise.all(engines.map((engine) => engine.close()));
    measures.push(
      seconds(`${label}: 1 worker`, one),
      seconds(`${label}: 2 workers`, two),
      ratio(`${label}: 1 worker / 2 workers`, one, two, 1.7),
      ratio(`${label}: 1 worker / 2 processes apart`, one, apart),
    );
    notes.push(`${label}: ${runs} runs of ${steps} steps x (16 prompts x 16 completions of at most 40 tokens)`);
  }
  notes.push(
    'two processes apart make half of the runs each and share nothing, not even a main thread: what the second core of this machine gives',
  );
  return { title: 'Inner runs on one and on two workers', measures, notes, peers: [], complete: true };
}
