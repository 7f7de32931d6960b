/** 256 completions of 96 tokens, 16 each of 16 prompts of 32 tokens, at 3.2M parameters; reading the prompts included. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { randomStream } from '../dist/rl/random.js';
import { randomModel } from './models.mjs';
import { openPeer } from './peer.mjs';
import { alternate, median, rate, ratio, seconds } from './statistics.mjs';

const [prompts, length, samples, fresh] = [16, 32, 16, 96];
const ways = [
  { label: '1 worker x 2 threads', settings: { workers: 1, threadsPerWorker: 2 } },
  { label: '2 workers x 1 thread', settings: { workers: 2, threadsPerWorker: 1, chunk: 128 } },
];

export async function sampling({ folder, rounds = 7 }) {
  const model = await randomModel(folder);
  const peer = await openPeer('pytorch_llama.py', model);
  const promptsOf = (round) => {
    const random = randomStream(`bench/sampling/${round}`);
    return Array.from({ length: prompts }, () => Array.from({ length }, () => random.integer(63)));
  };
  const engines = ways.map(({ settings }) => createEmbeddedEngine(settings));
  const actors = {};
  for (const [i, { label }] of ways.entries()) {
    const policy = await engines[i].open({ folder: model });
    actors[label] = async (round) => {
      const tokens = promptsOf(round).map((prompt) => Int32Array.from(prompt));
      const options = {
        samplesPerPrompt: samples,
        maxNewTokens: fresh,
        temperature: 1,
        stopTokens: [],
        seed: `${round}`,
      };
      const start = performance.now();
      const groups = await policy.sample(tokens, options);
      const time = (performance.now() - start) / 1000;
      return { seconds: time, logprob: meanLogprob(groups) };
    };
  }
  for (const prefill of ['rows', 'prompts']) {
    actors[prefill] =
      peer && ((round) => peer.round({ do: 'sample', prompts: promptsOf(round), samples, new: fresh, prefill }));
  }
  const found = await alternate(rounds, actors);
  await Promise.all(engines.map((engine) => engine.close()));
  peer?.close();

  const time = (name) => found[name].map((round) => round.seconds);
  const tokens = prompts * samples * fresh;
  const measures = ways.flatMap(({ label }) => [
    seconds(`ours, ${label}`, time(label)),
    rate(`ours, ${label}`, tokens, time(label)),
  ]);
  const [best] = ways.map(({ label }) => label).sort((a, b) => median(time(a)) - median(time(b)));
  const notes = [`the better of ours on this machine: ${best}`];
  if (peer) {
    measures.push(
      rate('PyTorch, every row reads its prompt', tokens, time('rows')),
      rate('PyTorch, each prompt read once', tokens, time('prompts')),
      ...ways.map(({ label }) =>
        ratio(`PyTorch / ours, ${label}`, time('rows'), time(label), label === best ? 2 : undefined),
      ),
      ratio(`PyTorch with prompts read once / ours, ${best}`, time('prompts'), time(best)),
    );
    const logprob = (name) => (found[name].reduce((sum, round) => sum + round.logprob, 0) / rounds).toFixed(4);
    notes.push(
      `mean log-probability of the sampled tokens: ours ${logprob(best)}, PyTorch ${logprob('rows')} (same model and prompts, own random numbers)`,
    );
  }
  return {
    title: 'Sampling, 3.2M parameters, batch 256, 32 + 96 tokens',
    measures,
    notes,
    peers: peer ? [peer.about] : [],
    complete: peer !== undefined,
  };
}

function meanLogprob(groups) {
  let [sum, count] = [0, 0];
  for (const { logprobs } of groups.flat()) {
    for (const logprob of logprobs) sum += logprob;
    count += logprobs.length;
  }
  if (count !== prompts * samples * fresh) throw new Error(`${count} tokens were sampled`);
  return sum / count;
}
