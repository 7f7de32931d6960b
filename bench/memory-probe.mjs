/**
 * Prints, as JSON, the resident bytes of this process with a model in use, with so many students more, and after each of them
 * has made an optimizer step.
 *   node --expose-gc bench/memory-probe.mjs MODEL_FOLDER STUDENTS
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readModelFolder } from '../dist/checkpoints/model-folder.js';
import { createEmbeddedEngine } from '../dist/engine/index.js';

const [folder, count] = process.argv.slice(2);
const parameters = (await readModelFolder(folder)).weights.length;
const engine = createEmbeddedEngine({ workers: 1 });
const policy = await engine.open({ folder });
const adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };

const resident = async () => {
  await sleep(200);
  globalThis.gc();
  await sleep(200);
  return process.memoryUsage.rss();
};
const prompts = Array.from({ length: 16 }, (_, i) => Int32Array.from({ length: 8 }, (_, t) => 1 + ((i + t) % 9)));
const options = { samplesPerPrompt: 16, maxNewTokens: 40, temperature: 1, stopTokens: [], seed: 'memory' };
const step = async (student, sequences) => {
  await student.update({ objective: 'log-likelihood', sequences }, adam);
};
const sequence = {
  tokens: Int32Array.from({ length: 48 }, (_, t) => 1 + (t % 9)),
  promptLength: 8,
  advantage: 1,
  weight: 1 / 256,
};
const batch = Array.from({ length: 256 }, () => sequence);

// One student's whole work first: graphs, cache and buffers are there when counting begins.
for (let i = 0; i < 4; i++) {
  const first = await policy.fork();
  await first.sample(prompts, options);
  await step(first, batch);
  await first.release();
}
const used = await resident();
const students = [];
for (let i = 0; i < Number(count); i++) students.push(await policy.fork());
const forked = await resident();
for (const student of students) await step(student, batch.slice(0, 4));
const trained = await resident();
console.log(JSON.stringify({ parameters, used, forked, trained }));
await engine.close();
