/**
 * Exports of every family: on each of the tiny models that transformers made (bench/peers/transformers/models) all weights are trained
 * for two steps, and adapters, and written as `soar export` writes them.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyModelFolder, mergeAdapters, readModelFolder, writePeftFolder } from '../dist/checkpoints/index.js';
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { decodeLlamaState } from '../dist/engine/llama-state.js';

const families = fileURLToPath(new URL('peers/transformers/models', import.meta.url));
const all = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
const lora = { rank: 3, alpha: 6, targets: all };
const prompts = ['ab?', '?', 'hgfedcba?', 'c= é', 'd😀d+d'];
const step = { learningRate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };

/** As bench/exports.mjs compares them: folder, texts with token ids, sequences with log-probabilities of the policy and of its base. */
export async function familyExports(folder) {
  const models = [];
  for (const name of readdirSync(families).sort()) {
    const place = (what) => {
      const path = join(folder, `${name}-${what}`);
      mkdirSync(path);
      return { name: `${name}: ${what}`, folder: path, plainTokenizer: true };
    };
    const base = join(families, name);
    const full = await trained(base, null);
    const whole = place('all weights');
    await copyModelFolder(base, whole.folder, { shape: full.shape, weights: full.weights });
    const adapted = await trained(base, lora);
    const { shape, weights: adapters } = adapted;
    const [adapter, merged] = [place('adapter'), place('adapter merged')];
    await writePeftFolder(adapter.folder, shape, { lora, adapters }, { name: base });
    const { weights } = await readModelFolder(base);
    mergeAdapters({ shape, lora }, adapters, weights);
    await copyModelFolder(base, merged.folder, { shape, weights });
    models.push({ ...whole, ...full.said }, { ...adapter, ...adapted.said }, { ...merged, ...adapted.said });
  }
  return models;
}

/** After two steps on the recorded texts: what is trained, and what it says. */
async function trained(folder, adapters) {
  const { sequences: texts } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const engine = createEmbeddedEngine({ workers: 1, lora: adapters });
  try {
    const base = await engine.open({ folder });
    const policy = await base.fork();
    const learned = texts.map(({ tokens, promptLength }) => ({
      tokens: Int32Array.from(tokens),
      promptLength,
      advantage: 1,
      weight: 1,
    }));
    // B is zero before the first step, so that A moves in the second.
    for (let i = 0; i < 2; i++) await policy.update({ objective: 'log-likelihood', sequences: learned }, step);
    const { shape, hash } = await readModelFolder(folder);
    const { weights } = decodeLlamaState({ shape, hash, ...(adapters && { lora: adapters }) }, await policy.save());
    return { shape, weights, said: await said(policy, base, prompts, 48) };
  } finally {
    await engine.close();
  }
}

/** What a policy writes after each text, four times so many tokens, with its own log-probabilities and the base model's. */
export async function said(policy, base, texts, maxNewTokens) {
  const prompts = texts.map((text) => base.tokenizer.encode(text));
  const options = { samplesPerPrompt: 4, maxNewTokens, temperature: 1, stopTokens: [], seed: 'exports' };
  const groups = await policy.sample(prompts, options);
  const sequences = groups.flatMap((group, p) =>
    group.map(({ tokens }) => ({
      tokens: Int32Array.from([...prompts[p], ...tokens]),
      promptLength: prompts[p].length,
    })),
  );
  const [own, before] = [await policy.logprobs(sequences), await base.logprobs(sequences)];
  return {
    encodings: texts.map((text, p) => ({ text, ids: [...prompts[p]] })),
    sequences: sequences.map(({ tokens, promptLength }, i) => ({
      tokens: [...tokens],
      promptLength,
      logprobs: [...own[i]],
      baseLogprobs: [...before[i]],
    })),
  };
}
