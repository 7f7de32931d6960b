/** A model of the hub from the first command to the export: the shipped one, served on this machine. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type HubServer, openHub } from '../../test/hub-server.js';
import { miniature } from '../../test/miniature.js';
import { findBase, readModelFolder } from '../checkpoints/model-folder.js';
import { resolveConfig } from './config/config.js';
import { exportRun } from './export/export.js';
import { prepareHardSet } from './prepare/prepare.js';
import { resumeRun, startRun } from './run.js';
import { readRunConfig } from './run-folder.js';
import { samplePolicy } from './sample.js';

const commit = '5'.repeat(40);
const root = mkdtempSync(join(tmpdir(), 'hub-model-'));
const shipped = (name: string) => readFileSync(new URL(`../../models/programs-146k/${name}`, import.meta.url));
const names = ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const files = {
  ...Object.fromEntries(names.map((name) => [name, shipped(name)])),
  'README.md': Buffer.from('---\nlicense: apache-2.0\n---\n'),
};
const sets = miniature.flatMap((word, i) => (miniature[i - 1] === '--set' ? [word] : []));
const config = (...more: string[]) =>
  resolveConfig({
    preset: 'smoke',
    sets: [...sets, 'evaluate.arms=[]', 'engine.lora.rank=2', 'model=hf:org/tiny@main', ...more],
  });

let hub: HubServer;
beforeAll(async () => {
  hub = await openHub({ kind: 'model', name: 'org/tiny', commit, files });
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  vi.stubEnv('HF_HUB_CACHE', join(root, 'cache'));
  vi.stubEnv('HF_HUB_OFFLINE', '0');
  vi.stubEnv('HF_TOKEN', 'secret');
  hub.fault = { token: 'secret' };
});
afterAll(() => {
  vi.unstubAllEnvs();
  hub.close();
  rmSync(root, { recursive: true });
});

describe('a model of the hub', () => {
  const pinned = `hf:org/tiny@${commit}`;

  it('is run, and the run says which commit it was', async () => {
    const { paths } = await startRun(config('name=first'), join(root, 'runs'));
    expect(readRunConfig(paths).model).toBe(pinned);
    expect(readFileSync(paths.config, 'utf8')).toContain(`model: ${pinned}\n`);
    const downloads = hub.requests.filter((path) => path.includes('/resolve/'));
    expect(downloads).toHaveLength(6);
    // Without the hub everything goes on from the cache.
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    hub.requests.length = 0;
    await resumeRun(paths);
    expect(await samplePolicy(readRunConfig(paths), paths, { as: 'student', count: 2, seed: 's' })).toHaveLength(2);

    const out = join(root, 'student');
    await exportRun(paths, { what: 'student', out });
    const card = readFileSync(join(out, 'README.md'), 'utf8');
    expect(card).toContain('base_model: org/tiny');
    expect(card).toContain('license: apache-2.0');
    expect(card).toContain(`--set model=${pinned}`);

    const adapter = join(root, 'adapter');
    await exportRun(paths, { what: 'adapter', out: adapter });
    expect(JSON.parse(readFileSync(join(adapter, 'adapter_config.json'), 'utf8'))).toMatchObject({
      base_model_name_or_path: 'org/tiny',
      revision: commit,
    });
    expect(await findBase(adapter)).toMatchObject({
      onHub: { name: 'org/tiny', revision: commit },
      adapters: [{ folder: adapter }],
    });
    expect((await readModelFolder(adapter)).weights).toEqual((await readModelFolder(out)).weights);
    expect(hub.requests).toEqual([]);
    vi.stubEnv('HF_HUB_OFFLINE', '0');
  });

  it('is prepared for, and the hard set says which commit it was', async () => {
    const out = join(root, 'hard-set');
    const { manifest } = await prepareHardSet({
      dataset: 'world',
      config: config('soar.student.sampling.maxNewTokens=40'),
      attempts: 4,
      stopAtFirstSuccess: false,
      longPrompts: 'refuse',
      trainFraction: 0.5,
      out,
    });
    expect(manifest.model.folder).toBe(pinned);
  });

  it('that is not there leaves nothing behind', async () => {
    await expect(startRun(config('model=hf:org/other', 'name=second'), join(root, 'none'))).rejects.toMatchObject({
      code: 'HUB_NOT_FOUND',
      message: expect.stringContaining('org/other@main'),
    });
  });
});
