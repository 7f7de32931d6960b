/** Inner runs of 10 steps x (16 prompts x 16 completions of at most 40 tokens), two workers, against TRL and PyTorch by hand. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { openPeer } from './peer.mjs';
import { alternate, measure, seconds } from './statistics.mjs';
import { innerRuns, peerRequest, sizes } from './students.mjs';

const plans = [
  { size: 'world', runs: 16, rounds: 3, wanted: 6 },
  { size: 'random', runs: 1, rounds: 1, wanted: 15 },
];
const peers = { TRL: 'trl_rloo.py', 'PyTorch with generate': 'pytorch_rloo.py' };

export async function innerRunsBenchmark({ folder }) {
  const result = { title: 'Inner runs', measures: [], notes: [], peers: [], complete: true };
  for (const plan of plans) await compare(plan, folder, result);
  result.notes.push(
    'datasets: programs of three operations with right answers; the settings of the main job; a peer makes one run a round, and its time is multiplied by the number of runs',
    'ours at 3.2M uses one worker of 2 threads; the peers their libraries’ default threading',
  );
  result.peers = [...new Set(result.peers)];
  return result;
}

async function compare({ size, runs, rounds, wanted }, folder, result) {
  const { label, domain } = sizes[size];
  const model = await sizes[size].folder(folder);
  const engine = createEmbeddedEngine(runs > 1 ? { workers: 2 } : { workers: 1, threadsPerWorker: 2 });
  const baseline = await engine.open({ folder: model });
  const actors = {
    ours: (round) =>
      round < 0
        ? innerRuns({ baseline, domain, runs: Math.min(2, runs), steps: 1, seed: 'warm-up' })
        : innerRuns({ baseline, domain, runs, seed: `${round}` }),
  };
  const opened = [];
  for (const [name, script] of Object.entries(peers)) {
    const peer = await openPeer(script, model);
    if (!peer) {
      result.complete = false;
      continue;
    }
    opened.push(peer);
    result.peers.push(peer.about);
    actors[name] = (round) => peer.round(peerRequest(size, Math.max(round, 0), round < 0 ? 1 : 10));
  }
  const found = await alternate(rounds, actors);
  await engine.close();
  for (const peer of opened) peer.close();

  const ours = found.ours.map((round) => round.seconds);
  const what = runs === 1 ? `one run, ${label}` : `${runs} runs, ${label}`;
  result.measures.push(seconds(`${what}: ours`, ours, wanted));
  for (const name of Object.keys(actors)) {
    if (name === 'ours') continue;
    const times = found[name].map((round) => round.seconds * runs);
    result.measures.push(seconds(`${what}: ${name}`, times));
    const ratios = times.map((time, i) => time / ours[i]);
    result.measures.push(measure(`${what}: ${name} / ours`, ratios, { unit: 'x', better: 'higher' }));
  }
  // The peers sample as much as ours, or the times compare nothing.
  const perRun = { ours: found.ours[0].sampled / runs };
  for (const name of Object.keys(actors)) if (name !== 'ours') perRun[name] = found[name][0].sampled;
  const { sampled, skipped } = found.ours[0];
  result.notes.push(
    `${label}: completion tokens sampled in a run: ${Object.entries(perRun)
      .map(([name, n]) => `${name} ${(n / 1000).toFixed(1)}k`)
      .join(
        ', ',
      )}; ours leaves out ${((100 * skipped) / sampled).toFixed(0)} % of them, whose gradient is exactly zero`,
  );
}
