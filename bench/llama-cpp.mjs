/**
 * Whether llama.cpp loads what `soar export --format hf` writes: its converter makes a GGUF file of each exported folder, which is
 * compared tensor by tensor; then llama.cpp computes log-probabilities and token ids with that file, which are compared with ours.
 *
 *   SOAR_PYTHON=<python> SOAR_LLAMA_CPP=<checkout> SOAR_NODE_LLAMA_CPP=<folder> node bench/llama-cpp.mjs [folder with tokenizer.json and tokenizer_config.json ...]
 *
 * The models: student and teacher of a small run; the tiny model of each family that transformers wrote, written anew as an export
 * is; and a random model with each tokenizer that is named. Without a folder where node-llama-cpp is installed nothing is computed
 * by llama.cpp. Exits with 1 when the file differs, a log-probability by more than single precision explains, or the ids of a text
 * from tokenizers'; texts that llama.cpp splits otherwise are printed.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { copyModelFolder } from '../dist/checkpoints/copy-model-folder.js';
import { llamaLayout } from '../dist/checkpoints/llama-shape.js';
import { readModelFolder, writeModelFolder } from '../dist/checkpoints/model-folder.js';
import { writeWeights } from '../dist/checkpoints/model-weights.js';
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { randomStream } from '../dist/rl/random.js';
import { worldModel } from './models.mjs';
import { soar } from './soar-command.mjs';

const largest = 1e-4;

const peers = fileURLToPath(new URL('peers/', import.meta.url));
const { positionals } = parseArgs({ allowPositionals: true });
const folder = mkdtempSync(join(tmpdir(), 'soar-llama-cpp-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

if (!process.env.SOAR_LLAMA_CPP) {
  console.log('(left out: SOAR_LLAMA_CPP names no checkout of llama.cpp; bench/peers/README.md says how to get one)');
} else {
  const models = [...ofRun(), ...(await ofFamilies()), ...(await ofTokenizers(positionals))];
  const converted = convert(models);
  const llamaCpp = await openLlamaCpp();
  const agree = [];
  for (const [i, model] of models.entries()) agree.push(await report(model, converted[i], llamaCpp));
  await llamaCpp?.dispose();
  process.exitCode = agree.every(Boolean) ? 0 : 1;
}

/** Of middle length some problems are solved, so that the teacher is updated and a student promoted. */
function ofRun() {
  const sets = ['world.hardLengths=[3,4]', 'world.attempts=1'].flatMap((set) => ['--set', set]);
  soar('run', '--preset', 'smoke', ...sets, '--name', 'run', '--runs-dir', folder);
  return ['student', 'teacher'].map((what) => {
    const out = join(folder, what);
    soar('export', join(folder, 'run'), '--what', what, '--format', 'hf', '--out', out);
    return { name: what, folder: out, base: worldModel };
  });
}

async function ofFamilies() {
  const all = join(peers, 'transformers', 'models');
  return Promise.all(
    readdirSync(all).map(async (name) => {
      const model = await exported(name, join(all, name));
      if (name === 'smollm3') await deepen(model);
      return model;
    }),
  );
}

/** Two copies of a model's two layers: llama.cpp takes every fourth for one without rotary embeddings, whatever config.json says. */
async function deepen({ folder: place }) {
  const { shape, weights } = await readModelFolder(place);
  const twice = { ...shape, layers: 4, unrotatedLayers: [3] };
  const file = join(place, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  const layers = { num_hidden_layers: 4, no_rope_layers: [1, 1, 1, 0], layer_types: Array(4).fill('full_attention') };
  writeFileSync(file, JSON.stringify({ ...config, ...layers }));
  const from = new Map(llamaLayout(shape).slots.map((slot) => [slot.name, slot]));
  const { slots, size } = llamaLayout(twice);
  const repeated = new Float32Array(size);
  for (const { name, offset } of slots) {
    const slot = from.get(name.replace(/layers\.(\d+)/, (_, layer) => `layers.${layer % 2}`));
    repeated.set(weights.subarray(slot.offset, slot.offset + slot.size), offset);
  }
  await writeWeights(place, twice, repeated);
}

async function ofTokenizers(folders) {
  return Promise.all(
    folders.map(async (from, i) => {
      const made = join(folder, `random-${i}`);
      await writeRandom(made, from);
      const model = { ...(await exported(`tokenizer-${i}`, made)), name: from };
      const { tokenizer } = await readModelFolder(model.folder);
      return { ...model, encodings: awkwardTexts().map((text) => ({ text, ids: [...tokenizer.encode(text)] })) };
    }),
  );
}

/** As `soar export` writes a model with this one as its base. */
async function exported(name, base) {
  const out = join(folder, name);
  mkdirSync(out);
  await copyModelFolder(base, out, await readModelFolder(base));
  return { name, folder: out };
}

/** Random weights with the tokenizer files of a folder. */
async function writeRandom(made, from) {
  const read = (file) => JSON.parse(readFileSync(join(from, file), 'utf8'));
  const tokenizer = read('tokenizer.json');
  const ids = new Map([
    ...Object.entries(tokenizer.model.vocab),
    ...tokenizer.added_tokens.map((t) => [t.content, t.id]),
  ]);
  const marks = read('tokenizer_config.json');
  const idOf = (mark) => ids.get(mark?.content ?? mark);
  const shape = {
    vocabularySize: 1 + [...ids.values()].reduce((a, b) => Math.max(a, b)),
    hiddenSize: 32,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headSize: 8,
    intermediateSize: 64,
    contextLength: 256,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    tiedEmbeddings: true,
  };
  const { slots, size } = llamaLayout(shape);
  const random = randomStream('llama.cpp/weights');
  const weights = Float32Array.from({ length: size }, () => random.float() - 0.5);
  for (const slot of slots) if (slot.name.includes('norm')) weights.fill(1, slot.offset, slot.offset + slot.size);
  const endTokens = [idOf(marks.eos_token)];
  await writeModelFolder(made, {
    shape,
    weights,
    tokenizer,
    beginToken: idOf(marks.bos_token) ?? endTokens[0],
    endTokens,
  });
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(from, file), join(made, file));
}

/** Gives each model its GGUF file. */
function convert(models) {
  for (const model of models) model.gguf = `${model.folder}.gguf`;
  const cases = join(folder, 'cases.json');
  writeFileSync(cases, JSON.stringify(models));
  const script = join(peers, 'llama_cpp.py');
  const python = process.env.SOAR_PYTHON ?? 'python3';
  const { status, stdout, stderr, error } = spawnSync(python, [script, cases], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${python} ${script} did not work:\n${error?.message ?? stderr}`);
  const { about, models: found } = JSON.parse(stdout.trim().split('\n').at(-1));
  console.log(about);
  return found;
}

/** undefined, with a line, where node-llama-cpp is not installed. */
async function openLlamaCpp() {
  const place = process.env.SOAR_NODE_LLAMA_CPP;
  if (!place) {
    console.log(
      '(nothing computed by llama.cpp: SOAR_NODE_LLAMA_CPP names no folder where node-llama-cpp is installed)',
    );
    return undefined;
  }
  const entry = createRequire(join(resolve(place), 'package.json')).resolve('node-llama-cpp');
  const { getLlama } = await import(pathToFileURL(entry).href);
  const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: 'error' });
  console.log(`llama.cpp ${llama.llamaCppRelease.release}`);
  return llama;
}

/** Prints a line; whether all agree. */
async function report(model, converted, llamaCpp) {
  const { name, architecture, tokenizer, tensors, tokens, faults, wrongEncodings } = converted;
  const parts = [
    `${architecture}, ${tensors} tensors, ${tokens} tokens${tokenizer ? ` of the tokenizer ${tokenizer}` : ''}`,
  ];
  parts.push(...(faults.length > 0 ? faults : ['all equal']));
  const { length } = model.encodings ?? [];
  if (length > 0) parts.push(`${length - wrongEncodings} of ${length} texts have the ids of tokenizers`);
  let agree = faults.length === 0 && wrongEncodings === 0;
  if (llamaCpp) {
    const { difference, fromBase, count, others } = await compute(model, llamaCpp);
    const base = fromBase === undefined ? '' : ` (base model: ${fromBase.toExponential(1)})`;
    parts.push(`${count} log-probabilities differ by at most ${difference.toExponential(1)}${base}`);
    if (length > 0) parts.push(`${length - others.length} of ${length} those of llama.cpp`);
    if (others.length > 0) parts.push(`not ${JSON.stringify(others)}`);
    agree &&= difference <= largest && !(fromBase <= 10 * largest);
  }
  console.log(`${name}: ${parts.join('; ')}`);
  return agree;
}

/** By our engine and by llama.cpp: log-probabilities of the model's own samples, and ids of its texts. */
async function compute({ folder: place, base, gguf, encodings = [] }, llamaCpp) {
  const engine = createEmbeddedEngine();
  try {
    const policy = await engine.open({ folder: place });
    const prompt = Int32Array.from([1, 2, 3]);
    const options = { samplesPerPrompt: 4, maxNewTokens: 48, temperature: 1, stopTokens: [], seed: 'llama.cpp' };
    const [group] = await policy.sample([prompt], options);
    const sequences = group.map(({ tokens }) => ({
      tokens: Int32Array.from([...prompt, ...tokens]),
      promptLength: prompt.length,
    }));
    const model = await llamaCpp.loadModel({ modelPath: gguf });
    const theirs = await logprobsOf(model, sequences);
    const begin = model.tokens.shouldPrependBosToken ? [model.tokens.bos] : [];
    const others = encodings.filter(({ text, ids }) => [...begin, ...model.tokenize(text, true)].join() !== ids.join());
    await model.dispose();
    const differences = (own) => own.flatMap((row, s) => Array.from(row, (value, t) => Math.abs(value - theirs[s][t])));
    const found = differences(await policy.logprobs(sequences));
    const before = base && differences(await (await engine.open({ folder: base })).logprobs(sequences));
    return {
      difference: Math.max(...found),
      fromBase: before && Math.max(...before),
      count: found.length,
      others: others.map(({ text }) => text),
    };
  } finally {
    await engine.close();
  }
}

/** In nats, of the completions' tokens; the cache in single precision. */
async function logprobsOf(model, sequences) {
  const kept = { experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32', flashAttention: false };
  const context = await model.createContext({ contextSize: 64, ...kept });
  const sequence = context.getSequence();
  const rows = [];
  for (const { tokens, promptLength } of sequences) {
    await sequence.clearHistory();
    const logits = { generateNext: { logits: true } };
    const input = [...tokens.subarray(0, -1)].map((token, t) => (t < promptLength - 1 ? token : [token, logits]));
    const found = await sequence.controlledEvaluate(input);
    rows.push(
      [...tokens.subarray(promptLength)].map((token, t) => logSoftmax(found[promptLength - 1 + t].next.logits, token)),
    );
  }
  await context.dispose();
  return rows;
}

function logSoftmax(logits, token) {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of logits.values()) top = Math.max(top, value);
  let sum = 0;
  for (const value of logits.values()) sum += Math.exp(value - top);
  return logits.get(token) - top - Math.log(sum);
}

function awkwardTexts() {
  const record = join(peers, 'tokenizers', 'models', 'llama3', 'expected.json');
  return JSON.parse(readFileSync(record, 'utf8')).texts.map(({ text }) => text);
}
