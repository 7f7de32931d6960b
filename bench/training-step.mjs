/**
 * One optimizer step on 64 x 128 tokens at 3.2M parameters, two threads: groups as RLOO trains on them, four prompts of 64 tokens with
 * sixteen completions each, and sequences that have nothing in common. Both sides have the same losses.
 */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { randomStream } from '../dist/rl/random.js';
import { randomModel } from './models.mjs';
import { openPeer } from './peer.mjs';
import { alternate, rate, ratio, seconds } from './statistics.mjs';

const [rows, length] = [64, 128];
const adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
/** The loss is the mean over what follows the prompt. The goal is for what the method does: train on groups. */
const kinds = {
  groups: { prompt: 64, perPrompt: 16, wanted: 1.6 },
  'nothing in common': { prompt: 1, perPrompt: 1 },
};

function tokensOf(kind, round) {
  const { prompt, perPrompt } = kinds[kind];
  const random = randomStream(`bench/training/${kind}/${round}`);
  const draw = (count) => Array.from({ length: count }, () => random.integer(64));
  return Array.from({ length: rows / perPrompt }, () => draw(prompt)).flatMap((shared) =>
    Array.from({ length: perPrompt }, () => [...shared, ...draw(length - prompt)]),
  );
}

export async function trainingStep({ folder, rounds = 9 }) {
  const model = await randomModel(folder);
  const peer = await openPeer('pytorch_llama.py', model);
  const engine = createEmbeddedEngine({ workers: 1, threadsPerWorker: 2, microBatchTokens: 1024 });
  const policy = await engine.open({ folder: model });
  const ours = async (kind, round) => {
    const { prompt } = kinds[kind];
    const sequences = tokensOf(kind, round).map((tokens) => ({
      tokens: Int32Array.from(tokens),
      promptLength: prompt,
      advantage: 1,
      weight: 1 / (rows * (length - prompt)),
    }));
    const start = performance.now();
    const { loss } = await policy.update({ objective: 'log-likelihood', sequences }, adam);
    return { seconds: (performance.now() - start) / 1000, loss };
  };
  const theirs = (kind, round) =>
    peer.round({ do: 'train', tokens: tokensOf(kind, round), prompt: kinds[kind].prompt, optimizer: adam });
  const actors = {};
  for (const kind of Object.keys(kinds)) {
    actors[`${kind}: ours`] = (round) => ours(kind, round);
    actors[`${kind}: PyTorch`] = peer && ((round) => theirs(kind, round));
  }
  const found = await alternate(rounds, actors);
  await engine.close();
  peer?.close();

  const time = (name) => found[name].map((round) => round.seconds);
  const measures = [];
  const notes = [
    `${rows} x ${length} tokens, one worker of 2 threads, micro-batches of 1,024 positions; AdamW and clipping included`,
    'groups: four prompts of 64 tokens with sixteen completions of 64 each, trained on the completions; ours computes a prompt once for those of a micro-batch, PyTorch in each sequence, and its logits at the completions alone',
  ];
  let [apart, first] = [0, ''];
  for (const [kind, { wanted }] of Object.entries(kinds)) {
    measures.push(seconds(`${kind}: ours`, time(`${kind}: ours`)));
    measures.push(rate(`${kind}: ours, tokens of the batch`, rows * length, time(`${kind}: ours`)));
    if (!peer) continue;
    measures.push(seconds(`${kind}: PyTorch`, time(`${kind}: PyTorch`)));
    measures.push(ratio(`${kind}: PyTorch / ours`, time(`${kind}: PyTorch`), time(`${kind}: ours`), wanted));
    // Same weights, same batches, same optimizer: the losses agree at every step, not only at the first.
    const [a, b] = ['ours', 'PyTorch'].map((side) => found[`${kind}: ${side}`].map(({ loss }) => loss));
    apart = Math.max(apart, ...a.map((loss, i) => Math.abs(loss / b[i] - 1)));
    first ||= a[0].toFixed(4);
  }
  if (peer) {
    if (!(apart < 1e-5)) throw new Error(`the losses of the two sides are ${apart} apart, relative`);
    notes.push(
      `same weights and batches on both sides: losses (${first} first) agree to ${apart.toExponential(0)}, relative, in all ${2 * rounds} steps`,
    );
  }
  return {
    title: 'Training step, 3.2M parameters',
    measures,
    notes,
    peers: peer ? [peer.about] : [],
    complete: peer !== undefined,
  };
}
