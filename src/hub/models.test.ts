import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubServer, openHub } from '../../test/hub-server.js';
import type { HubProgress } from './hub.js';
import { fetchModel, modelFiles } from './models.js';

const small = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
];
const shards = [1, 2].map((n) => `model-0000${n}-of-00002.safetensors`);
const index = 'model.safetensors.index.json';
const others = [
  '.gitattributes',
  'original/consolidated.00.pth',
  'pytorch_model.bin',
  'consolidated.safetensors',
  'onnx/model.onnx',
  'onnx/config.json',
  'model.gguf',
  'training_args.bin',
  'figures/loss.png',
];

describe('of a repository', () => {
  it('what a model needs is taken, weights last, and nothing else', () => {
    const more = ['README.md', 'LICENSE.txt', 'additional_chat_templates/rag.jinja', 'special_tokens_map.json'];
    const { files, missing } = modelFiles(['model.safetensors', ...others, ...more, ...small]);
    expect(missing).toBeUndefined();
    expect([...files].sort()).toEqual([...more, ...small, 'model.safetensors'].sort());
    expect(files.at(-1)).toBe('model.safetensors');
  });

  it('parts are taken with their index, and then not the whole', () => {
    const { files } = modelFiles([...shards.toReversed(), index, 'model.safetensors', ...small]);
    expect(files.slice(-3)).toEqual([index, ...shards]);
    expect(files).not.toContain('model.safetensors');
  });

  it('an adapter is one as well', () => {
    const paths = ['adapter_config.json', 'adapter_model.safetensors', 'README.md'];
    expect(modelFiles(paths)).toEqual({
      files: ['README.md', 'adapter_config.json', 'adapter_model.safetensors'].sort(),
    });
  });

  it.each<[string, string[], RegExp]>([
    ['no settings', ['model.safetensors', 'tokenizer.json'], /config\.json/],
    ['no tokenizer', ['config.json', 'model.safetensors'], /tokenizer\.json/],
    ['no weights in a form that is read', [...small, ...others], /weights as model\.safetensors/],
    ['a part that is not there', [...small, index, shards[1] as string], /^1 of its 2 weight files$/],
  ])('%s: that is said', (_, paths, missing) => expect(modelFiles(paths).missing).toMatch(missing));
});

describe('from the hub', () => {
  const commit = 'a'.repeat(40);
  const file = (size: number) => Buffer.alloc(size, 'y');
  const files = {
    'config.json': file(100),
    'tokenizer.json': file(200),
    'model.safetensors': file(50_000),
    'pytorch_model.bin': file(10),
  };
  const cacheDir = mkdtempSync(join(tmpdir(), 'hub-models-'));
  let hub: HubServer;
  beforeAll(async () => {
    hub = await openHub({ kind: 'model', name: 'org/model', commit, files });
  });
  afterAll(() => {
    hub.close();
    rmSync(cacheDir, { recursive: true });
  });
  const fetched = (revision: string, options: object = {}, onProgress?: (progress: HubProgress) => void) =>
    fetchModel(
      { name: 'org/model', revision },
      { cacheDir, endpoint: hub.endpoint, offline: false, ...options },
      onProgress,
    );
  const unreachable = { endpoint: 'http://127.0.0.1:9' };

  it('it arrives with the bytes told, goes on where it broke off, and is then taken from the cache', async () => {
    hub.fault = { breakAfter: 20_000 };
    await expect(fetched('main')).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
    // What the cache has is not a model yet.
    for (const options of [unreachable, { offline: true }]) {
      await expect(fetched(commit, options)).rejects.toMatchObject({
        code: expect.stringMatching(/^HUB_(UNREACH|NOT_C)/),
      });
    }
    hub.fault = {};
    hub.requests.length = 0;
    const told: HubProgress[] = [];
    const { folder, paths } = await fetched('main', {}, (progress) => told.push(progress));
    expect(paths).toEqual(['config.json', 'tokenizer.json', 'model.safetensors']);
    expect(folder).toBe(join(cacheDir, 'models--org--model', 'snapshots', commit));
    expect(told.at(-1)).toEqual({ path: 'model.safetensors', done: 50_000, of: 50_000 });
    expect(hub.requests.some((path) => /model\.safetensors bytes=20000-$/.test(path))).toBe(true);

    const again = await fetched(commit, unreachable);
    expect(again.folder).toBe(folder);
    expect((await fetched('main', { offline: true })).commit).toBe(commit);
    // A branch may have moved on: without the hub nobody can tell.
    await expect(fetched('main', unreachable)).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  });

  it('a repository without a model is refused before anything is fetched', async () => {
    const empty = await openHub({ kind: 'model', name: 'org/model', commit, files: { 'pytorch_model.bin': file(10) } });
    await expect(
      fetched('main', { endpoint: empty.endpoint, cacheDir: join(cacheDir, 'other') }),
    ).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      message: 'org/model@main on the hub lacks config.json',
    });
    expect(empty.requests.filter((path) => path.includes('/resolve/'))).toEqual([]);
    empty.close();
  });
});
