import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LlamaShape, llamaLayout } from './llama-shape.js';
import { readModelFolder, writeModelFolder } from './model-folder.js';
import { decodeSafetensors, encodeSafetensors, type TensorEntry } from './safetensors.js';
import { characterTokenizer } from './tokenizer-file.js';

const shape: LlamaShape = {
  vocabularySize: 5,
  hiddenSize: 8,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headSize: 6,
  intermediateSize: 10,
  contextLength: 16,
  ropeTheta: 500,
  rmsNormEpsilon: 1e-6,
  tiedEmbeddings: false,
};
const weights = Float32Array.from({ length: llamaLayout(shape).size }, (_, i) => i / 7);
const model = { shape, weights, tokenizer: characterTokenizer('abc.', '^'), beginToken: 0, endTokens: [4] };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'model-folder-'));
  await writeModelFolder(join(root, 'whole'), model);
});
afterAll(() => rm(root, { recursive: true }));

/** A copy of the whole folder, with other texts or bytes in some files, or without them. */
let copies = 0;
async function folderWith(files: Readonly<Record<string, string | Uint8Array | null>>): Promise<string> {
  const folder = join(root, `copy-${copies++}`);
  await cp(join(root, 'whole'), folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    if (content === null) await rm(join(folder, name));
    else await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Where `changes` has undefined the key is taken out. */
async function changed(name: string, changes: object): Promise<Record<string, string>> {
  const whole = JSON.parse(await readFile(join(root, 'whole', name), 'utf8')) as object;
  return { [name]: JSON.stringify({ ...whole, ...changes }) };
}

async function tensors(): Promise<TensorEntry[]> {
  const { tensors } = decodeSafetensors(await readFile(join(root, 'whole', 'model.safetensors')), 'whole');
  return [...tensors.values()];
}

const refused = (folder: string, code: string, message: RegExp) =>
  expect(readModelFolder(folder)).rejects.toEqual(
    expect.objectContaining({
      code,
      message: expect.stringMatching(message),
      where: expect.stringContaining(folder),
      remedy: expect.any(String),
    }),
  );

describe('readModelFolder', () => {
  it('reads what writeModelFolder wrote', async () => {
    const read = await readModelFolder(join(root, 'whole'));
    expect(read.shape).toEqual(shape);
    expect(read.weights).toEqual(weights);
    expect(read.hash).toBe(createHash('sha256').update(new Uint8Array(weights.buffer)).digest('hex'));
    expect([...read.tokenizer.encode('ab.')]).toEqual([0, 1, 2, 4]);
    expect(read.tokenizer.endTokens).toEqual([4]);
  });

  it('puts tensors in their places, whatever their order and file', async () => {
    const all = (await tensors()).reverse();
    const [first, second] = [all.slice(0, 3), all.slice(3)];
    const map = [first, second].flatMap((part, i) => part.map(({ name }) => [name, `part-${i}.safetensors`]));
    const folder = await folderWith({
      'model.safetensors': null,
      'model.safetensors.index.json': JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(map) }),
      'part-0.safetensors': encodeSafetensors(first),
      'part-1.safetensors': encodeSafetensors(second),
    });
    expect((await readModelFolder(folder)).weights).toEqual(weights);
  });

  it('fills in what older configs leave out', async () => {
    const plain = { ...shape, heads: 4, kvHeads: 4, headSize: 2, ropeTheta: 10_000 };
    const folder = join(root, 'older');
    await writeModelFolder(folder, { ...model, shape: plain, weights: new Float32Array(llamaLayout(plain).size) });
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
    for (const key of ['num_key_value_heads', 'head_dim', 'rope_theta', 'tie_word_embeddings', 'hidden_act']) {
      delete config[key];
    }
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    expect((await readModelFolder(folder)).shape).toEqual(plain);
  });

  it('reads the rotary base from rope_parameters, where newer configs have it', async () => {
    const rope = { rope_theta: undefined, rope_parameters: { rope_type: 'default', rope_theta: 1234 } };
    const folder = await folderWith(await changed('config.json', rope));
    expect((await readModelFolder(folder)).shape.ropeTheta).toBe(1234);
  });

  it('takes the end tokens from generation_config.json, else from config.json', async () => {
    const endTokens = async (files: Record<string, string | null>) =>
      (await readModelFolder(await folderWith(files))).tokenizer.endTokens;
    expect(await endTokens(await changed('generation_config.json', { eos_token_id: [2, 3] }))).toEqual([2, 3]);
    const none = { 'generation_config.json': null };
    expect(await endTokens({ ...none, ...(await changed('config.json', { eos_token_id: 1 })) })).toEqual([1]);
    expect(await endTokens({ ...none, ...(await changed('config.json', { eos_token_id: null })) })).toEqual([]);
  });

  it('passes over stored rotary tables, and over a tied head that is the embedding once more', async () => {
    const tied = { ...shape, tiedEmbeddings: true };
    const folder = join(root, 'tied');
    const flat = weights.slice(0, llamaLayout(tied).size);
    await writeModelFolder(folder, { ...model, shape: tied, weights: flat });
    const path = join(folder, 'model.safetensors');
    const stored = [...decodeSafetensors(await readFile(path), path).tensors.values()];
    const table = { name: 'model.layers.0.self_attn.rotary_emb.inv_freq', shape: [3], data: new Float32Array(3) };
    const withHead = (data: Float32Array, dims = [5, 8]) =>
      writeFile(path, encodeSafetensors([...stored, { name: 'lm_head.weight', shape: dims, data }, table]));
    await withHead(flat.slice(0, 40));
    expect((await readModelFolder(folder)).weights).toEqual(flat);
    await withHead(flat.slice(1, 41));
    await refused(folder, 'MODEL_WEIGHTS', /lm_head\.weight differs from model\.embed_tokens\.weight/);
    await withHead(flat.slice(0, 40), [8, 5]);
    await refused(
      folder,
      'MODEL_WEIGHTS',
      /lm_head\.weight has the shape \[8,5\], by config\.json \(vocab_size, hidden_size\) it is \[5,8\]/,
    );
  });

  it('refuses a tensor that two files have, and names a shard that is missing', async () => {
    const all = await tensors();
    const map = Object.fromEntries(all.map(({ name }, i) => [name, `part-${i % 2}.safetensors`]));
    const shards = {
      'model.safetensors.index.json': JSON.stringify({ weight_map: map }),
      'part-0.safetensors': encodeSafetensors(all),
    };
    await refused(await folderWith(shards), 'MODEL_MISSING', /part-1\.safetensors cannot be read \(ENOENT\)/);
    const twice = await folderWith({ ...shards, 'part-1.safetensors': encodeSafetensors(all.slice(0, 1)) });
    await refused(twice, 'MODEL_WEIGHTS', /embed_tokens\.weight is in more than one file/);
  });

  it.each(['config.json', 'generation_config.json', 'model.safetensors'])(
    'does not pass over a %s that cannot be read',
    async (name) => {
      const folder = await folderWith({ [name]: null });
      await mkdir(join(folder, name));
      await refused(folder, 'MODEL_MISSING', new RegExp(`${name} cannot be read \\(E[A-Z]+\\)`));
    },
  );

  it('does not pass over end tokens that are none', async () => {
    const wrong = await changed('generation_config.json', { eos_token_id: '</s>' });
    await refused(await folderWith(wrong), 'MODEL_CONFIG', /^eos_token_id: /);
  });

  it.each(['config.json', 'tokenizer.json', 'model.safetensors'])('names a missing %s', async (name) => {
    await refused(
      await folderWith({ [name]: null }),
      'MODEL_MISSING',
      new RegExp(`${name} cannot be read \\(ENOENT\\)`),
    );
  });

  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
  it('tells a folder that is not there, a file and a pointer in its place from a model', async () => {
    await refused(join(root, 'nowhere'), 'MODEL_MISSING', /no such model folder/);
    await refused(join(root, 'whole', 'model.safetensors'), 'MODEL_MISSING', /is a file, not a folder/);
    await writeFile(join(root, 'pointer'), pointer);
    await refused(join(root, 'pointer'), 'MODEL_LFS_POINTER', /Git LFS pointer/);
  });

  it.each([
    ['tokenizer.json', 'tokenizer.model'],
    ['tokenizer.json', 'vocab.json'],
    ['model.safetensors', 'pytorch_model.bin'],
  ])('without %s but with %s it says how to make it', async (name, older) => {
    await expect(readModelFolder(await folderWith({ [name]: null, [older]: 'x' }))).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      remedy: expect.stringMatching(new RegExp(`^${older} is there: .* writes ${name}$`)),
    });
  });

  it('names the file and the keys of config.json for every tensor of another shape', async () => {
    const all = await tensors();
    const keys: [RegExp, string][] = [
      [/embed_tokens|lm_head/, 'vocab_size, hidden_size'],
      [/layernorm|model\.norm/, 'hidden_size'],
      [/q_proj/, 'num_attention_heads, head_dim, hidden_size'],
      [/k_proj|v_proj/, 'num_key_value_heads, head_dim, hidden_size'],
      [/o_proj/, 'hidden_size, num_attention_heads, head_dim'],
      [/gate_proj|up_proj|down_proj/, 'intermediate_size, hidden_size'],
    ];
    for (const { name } of all) {
      const shrunk = all.map((one) => (one.name === name ? { name, shape: [1], data: one.data.slice(0, 1) } : one));
      const folder = await folderWith({ 'model.safetensors': encodeSafetensors(shrunk) });
      const named = keys.filter(([part]) => part.test(name));
      expect(named).toHaveLength(1);
      await expect(readModelFolder(folder)).rejects.toMatchObject({
        code: 'MODEL_WEIGHTS',
        where: join(folder, 'model.safetensors'),
        message: expect.stringContaining(`${name} has the shape [1], by config.json (${named[0]?.[1]}) it is [`),
      });
    }
  });

  it.each(['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja', 'model.safetensors'])(
    'tells a Git LFS pointer from a %s',
    async (name) => {
      await refused(await folderWith({ [name]: pointer }), 'MODEL_LFS_POINTER', /Git LFS pointer/);
    },
  );

  it.each<[object, RegExp]>([
    [{ hidden_size: undefined }, /^hidden_size: /],
    [{ num_hidden_layers: 0 }, /^num_hidden_layers: /],
    [{ rms_norm_eps: '1e-6' }, /^rms_norm_eps: /],
    [{ num_key_value_heads: 3 }, /num_attention_heads 4 is not a multiple of num_key_value_heads 3/],
    [{ head_dim: 5 }, /head size 5 is not an even integer/],
    [{ head_dim: null, hidden_size: 10 }, /head size 2.5 is not an even integer/],
  ])('refuses a config with %j', async (changes, message) => {
    await refused(await folderWith(await changed('config.json', changes)), 'MODEL_CONFIG', message);
  });

  it.each(['config.json', 'tokenizer.json', 'generation_config.json'])('refuses a %s that is no JSON', async (name) => {
    await refused(await folderWith({ [name]: '{"a": ' }), 'MODEL_CONFIG', /^not JSON: /);
  });

  it.each<[object, RegExp]>([
    [{ model_type: 'mamba' }, /model_type is mamba/],
    [{ mlp_bias: true }, /biases/],
    [{ quantization_config: { quant_method: 'awq', bits: 4 } }, /quantised \(awq\)/],
    [{ hidden_act: 'gelu' }, /hidden_act is gelu/],
    [{ rope_scaling: { type: 'yarn', factor: 2 } }, /scaled \(yarn\)/],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, /scaled \(llama3, with a factor missing\)/],
    [{ rope_parameters: { rope_type: 'yarn', rope_theta: 1 } }, /scaled \(yarn\)/],
  ])('cannot use a model with %j, and says so', async (changes, message) => {
    await refused(await folderWith(await changed('config.json', changes)), 'MODEL_UNSUPPORTED', message);
  });

  it('refuses weights that are not those of the config', async () => {
    const all = await tensors();
    const name = 'model.layers.0.mlp.up_proj.weight';
    const file = (entries: TensorEntry[]) => folderWith({ 'model.safetensors': encodeSafetensors(entries) });
    const without = all.filter((tensor) => tensor.name !== name);
    await refused(await file(without), 'MODEL_WEIGHTS', /up_proj\.weight is missing/);
    const turned = all.map((tensor) => (tensor.name === name ? { ...tensor, shape: [8, 10] } : tensor));
    const odd = all.map((tensor, i) => (i === 1 ? { ...tensor, data: tensor.data.with(3, Number.NaN) } : tensor));
    const holdsNaN = {
      code: 'MODEL_WEIGHTS',
      message: `the tensor ${odd[1]?.name} holds a number that is none (NaN or infinite)`,
    };
    const inOne = await file(odd);
    await expect(readModelFolder(inOne)).rejects.toMatchObject({
      ...holdsNaN,
      where: join(inOne, 'model.safetensors'),
    });
    const map = odd.map(({ name }, i) => [name, `part-${i % 2}.safetensors`]);
    const inShard = await folderWith({
      'model.safetensors.index.json': JSON.stringify({ weight_map: Object.fromEntries(map) }),
      'part-0.safetensors': encodeSafetensors(odd.filter((_, i) => i % 2 === 0)),
      'part-1.safetensors': encodeSafetensors(odd.filter((_, i) => i % 2 === 1)),
    });
    await expect(readModelFolder(inShard)).rejects.toMatchObject({
      ...holdsNaN,
      where: join(inShard, 'part-1.safetensors'),
    });
    await refused(
      await file(turned),
      'MODEL_WEIGHTS',
      /has the shape \[8,10\], by config\.json \(intermediate_size, hidden_size\) it is \[10,8\]/,
    );
    const bias = { name: 'model.layers.0.self_attn.q_proj.bias', shape: [1], data: new Float32Array(1) };
    await refused(await file([...all, bias]), 'MODEL_WEIGHTS', /q_proj\.bias has no place/);
    await refused(
      await folderWith(await changed('config.json', { num_hidden_layers: 2 })),
      'MODEL_WEIGHTS',
      /layers\.1\..* is missing, by config\.json \(model_type, num_hidden_layers\) it is there/,
    );
    await refused(await folderWith({ 'model.safetensors.index.json': '{}' }), 'MODEL_WEIGHTS', /weight_map is missing/);
  });

  it('refuses damaged weights and tokenizers by their own codes', async () => {
    const bytes = await readFile(join(root, 'whole', 'model.safetensors'));
    const cut = await folderWith({ 'model.safetensors': bytes.subarray(0, -4) });
    await refused(cut, 'SAFETENSORS_DAMAGED', /ends at byte/);
    const header = JSON.stringify({ x: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } });
    const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
    const eight = Buffer.concat([length, Buffer.from(header), Buffer.from([0])]);
    await refused(await folderWith({ 'model.safetensors': eight }), 'SAFETENSORS_DTYPE', /tensor x is of type F8_E4M3/);
    await refused(await folderWith({ 'tokenizer.json': '{}' }), 'TOKENIZER_UNREADABLE', /model/);
  });

  it('refuses a tokenizer with more tokens than the model has', async () => {
    const tokenizer = JSON.stringify(characterTokenizer('abcd.', '^'));
    await refused(await folderWith({ 'tokenizer.json': tokenizer }), 'MODEL_TOKENIZER', /6 tokens, the model only 5/);
  });
});
