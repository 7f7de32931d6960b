/**
 * Our side of `real-models`, by the protocol of bench/peers/rounds.py and with the requests of bench/peers/transformers_models.py.
 *   node bench/real-model-process.mjs MODEL_FOLDER LORA_RANK
 */
import { createInterface } from 'node:readline';
import { createEmbeddedEngine } from '../dist/engine/index.js';

const [folder, rank] = process.argv.slice(2);
const adam = { learningRate: 1e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 };
const engine = createEmbeddedEngine({ lora: { rank: Number(rank), alpha: 2 * Number(rank) }, memoryLimit: null });
const opened = performance.now();
const policy = await engine.open({ folder });
const loaded = (performance.now() - opened) / 1000;
process.stdout.write(`${JSON.stringify({ about: `Node ${process.versions.node}` })}\n`);

const acts = {
  async sample({ prompts, samples, new: fresh }) {
    const options = { samplesPerPrompt: samples, maxNewTokens: fresh, temperature: 1, stopTokens: [], seed: 'bench' };
    const tokens = prompts.map((prompt) => Int32Array.from(prompt));
    const start = performance.now();
    const groups = await policy.sample(tokens, options);
    const time = performance.now() - start;
    if (groups.flat().some((one) => one.tokens.length !== fresh)) throw new Error('a completion ended early');
    return time;
  },
  async train({ tokens, prompt, advantages }) {
    const sequences = tokens.map((ids, i) => ({
      tokens: Int32Array.from(ids),
      promptLength: prompt,
      advantage: advantages[i],
      weight: 1 / tokens.length,
    }));
    // A policy that has just sampled: the log-probabilities are its own.
    const sampler = await policy.logprobs(sequences);
    const batch = sequences.map((sequence, i) => ({ ...sequence, samplerLogprobs: sampler[i] }));
    const start = performance.now();
    await policy.update({ objective: 'policy-gradient', sequences: batch }, adam);
    return performance.now() - start;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const time = (await acts[request.do](request)) / 1000;
  const peak = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(`${JSON.stringify({ seconds: time, peak, loaded })}\n`);
}
await engine.close();
