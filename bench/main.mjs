/**
 * The benchmarks: `npm run bench [-- name...]`. Each interleaves what it compares, round by round, on this machine, and prints
 * medians and ratios. Peers in Python are skipped with a line where PyTorch is missing (SOAR_PYTHON names the interpreter).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { randomStream } from '../dist/rl/random.js';
import { innerRuns } from './inner-runs.mjs';
import { tinyModel, worldModel } from './models.mjs';
import { peer } from './peer.mjs';
import { median, spread } from './statistics.mjs';

const folder = mkdtempSync(join(tmpdir(), 'soar-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };

/** 64 x 128 tokens, 3.2M parameters, two threads: one optimizer step. */
async function trainingStep() {
  const engine = createEmbeddedEngine({ workers: 1, threadsPerWorker: 2, microBatchTokens: 1024 });
  const policy = await engine.open({ folder: await tinyModel(folder) });
  const random = randomStream('bench/training');
  const weight = 1 / (64 * 127);
  const round = async () => {
    const sequences = Array.from({ length: 64 }, () => {
      const tokens = Int32Array.from({ length: 128 }, () => random.integer(64));
      return { tokens, promptLength: 1, advantage: 1, weight };
    });
    const start = performance.now();
    await policy.update({ objective: 'log-likelihood', sequences }, adam);
    return (performance.now() - start) / 1000;
  };
  await compare('training step, 3.2M parameters, 64 x 128 tokens, 2 threads', 'train', round, 7);
  await engine.close();
}

/** Batch 256 of 16 prompts of 32 tokens, 96 new tokens, 3.2M parameters: prompts read and tokens sampled. */
async function sampling() {
  for (const settings of [
    { workers: 1, threadsPerWorker: 2 },
    { workers: 2, threadsPerWorker: 1, chunk: 128 },
  ]) {
    const engine = createEmbeddedEngine(settings);
    const policy = await engine.open({ folder: await tinyModel(folder) });
    const random = randomStream('bench/sampling');
    let rounds = 0;
    const round = async () => {
      const prompts = Array.from({ length: 16 }, () => Int32Array.from({ length: 32 }, () => random.integer(64)));
      const options = { samplesPerPrompt: 16, maxNewTokens: 96, temperature: 1, stopTokens: [], seed: `${rounds++}` };
      const start = performance.now();
      await policy.sample(prompts, options);
      return (performance.now() - start) / 1000;
    };
    const { workers, threadsPerWorker } = settings;
    const what = `sampling, 3.2M parameters, batch 256, 32 + 96 tokens, ${workers} worker(s) x ${threadsPerWorker} thread(s)`;
    await compare(what, 'sample', round, 7, 256 * 96);
    await engine.close();
  }
}

/** Ours and the peer, round by round. */
async function compare(what, command, ours, rounds, tokens) {
  const other = await peer('pytorch_llama.py');
  await ours();
  await other?.round(command);
  const [mine, theirs] = [[], []];
  for (let i = 0; i < rounds; i++) {
    mine.push(await ours());
    if (other) theirs.push(await other.round(command));
  }
  const rate = (seconds) => (tokens ? `, ${(tokens / seconds / 1000).toFixed(1)}k tokens/s` : '');
  console.log(`\n${what}`);
  console.log(`  ours     ${spread(mine)}${rate(median(mine))}`);
  if (other) {
    console.log(`  PyTorch  ${spread(theirs)}${rate(median(theirs))}   (${other.version}, ${other.threads} threads)`);
    console.log(`  PyTorch / ours, median of ratios: ${median(theirs.map((t, i) => t / mine[i])).toFixed(2)}`);
  }
  other?.close();
}

/** Sixteen inner runs of 10 steps x 16 prompts x 16 completions on the world's model, one and two workers in turn. */
async function world() {
  const model = worldModel();
  const times = { 1: [], 2: [] };
  let last;
  for (let round = 0; round < 3; round++) {
    for (const workers of [1, 2]) {
      last = await innerRuns({ model, workers, runs: 16, seed: `bench/${round}` });
      times[workers].push(last.seconds);
    }
  }
  console.log('\nsixteen inner runs, 10 steps x 16 prompts x 16 completions of at most 40 tokens, the world’s model');
  for (const workers of [1, 2]) console.log(`  ${workers} worker(s)  ${spread(times[workers])}`);
  console.log(`  1 worker / 2 workers: ${median(times[1].map((t, i) => t / times[2][i])).toFixed(2)}`);
  const rate = (n) => `${(n / last.seconds / 1000).toFixed(0)}k/s`;
  console.log(
    `  2 workers: ${rate(last.sampled)} tokens sampled and ${rate(last.trained)} completion tokens trained, at once`,
  );
  console.log(
    `  resident memory: ${last.memoryMiB.join(' -> ')} MiB (engine open -> 16 students forked -> after training)`,
  );
}

const benchmarks = { 'training-step': trainingStep, sampling, world };
const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in benchmarks));
if (unknown) {
  console.error(`there is no benchmark ${unknown}; there are: ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}
console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
for (const name of names.length > 0 ? names : Object.keys(benchmarks)) await benchmarks[name]();
