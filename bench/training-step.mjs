/** One optimizer step on 64 x 128 tokens at 3.2M parameters, two threads; and that both sides have the same loss. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { randomStream } from '../dist/rl/random.js';
import { randomModel } from './models.mjs';
import { openPeer } from './peer.mjs';
import { alternate, rate, ratio, seconds } from './statistics.mjs';

const [rows, length] = [64, 128];
const adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };

export async function trainingStep({ folder, rounds = 9 }) {
  const model = await randomModel(folder);
  const peer = await openPeer('pytorch_llama.py', model);
  const engine = createEmbeddedEngine({ workers: 1, threadsPerWorker: 2, microBatchTokens: 1024 });
  const policy = await engine.open({ folder: model });
  const tokensOf = (round) => {
    const random = randomStream(`bench/training/${round}`);
    return Array.from({ length: rows }, () => Array.from({ length }, () => random.integer(64)));
  };
  const ours = async (round) => {
    const sequences = tokensOf(round).map((tokens) => ({
      tokens: Int32Array.from(tokens),
      promptLength: 1,
      advantage: 1,
      weight: 1 / (rows * (length - 1)),
    }));
    const start = performance.now();
    const { loss } = await policy.update({ objective: 'log-likelihood', sequences }, adam);
    return { seconds: (performance.now() - start) / 1000, loss };
  };
  const theirs = peer && ((round) => peer.round({ do: 'train', tokens: tokensOf(round), optimizer: adam }));
  const found = await alternate(rounds, { ours, theirs });
  await engine.close();
  peer?.close();

  const time = (list) => list.map((round) => round.seconds);
  const measures = [
    seconds('ours', time(found.ours)),
    rate('ours, positions fed', rows * (length - 1), time(found.ours)),
  ];
  const notes = [
    `${rows} x ${length} tokens, one worker of 2 threads, micro-batches of 1,024 positions; AdamW and clipping included`,
  ];
  if (found.theirs) {
    measures.push(seconds('PyTorch', time(found.theirs)));
    measures.push(ratio('PyTorch / ours', time(found.theirs), time(found.ours), 1.6));
    // Same weights, same batches, same optimizer: the losses agree at every step, not only at the first.
    const apart = Math.max(...found.ours.map(({ loss }, i) => Math.abs(loss / found.theirs[i].loss - 1)));
    if (!(apart < 1e-5)) throw new Error(`the losses of the two sides are ${apart} apart, relative`);
    notes.push(
      `same weights and batches on both sides: losses (${found.ours[0].loss.toFixed(4)} first) agree to ${apart.toExponential(0)}, relative, in all ${rounds} steps`,
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
