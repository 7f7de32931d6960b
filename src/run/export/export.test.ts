/** A run on the shipped model, as small as it can be, exported in every form and read back. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { miniature } from '../../../test/miniature.js';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import { decodeSafetensors } from '../../checkpoints/safetensors.js';
import { resolveConfig } from '../config/config.js';
import { nodeDisk } from '../disk.js';
import { startRun } from '../run.js';
import { configHash, type RunPaths, readRunConfig, runPaths } from '../run-folder.js';
import type { ExportRequest } from './choice.js';
import { exportRun } from './export.js';

const root = mkdtempSync(join(tmpdir(), 'export-'));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...names: string[]) => join(root, ...names);
const text = (...names: string[]) => readFileSync(at(...names), 'utf8');
const json = (...names: string[]) => JSON.parse(text(...names));

/** The shipped model with what other people's folders hold beside it. */
const base = at('models--some-org--mine', 'snapshots', 'main');
const extras = {
  'special_tokens_map.json': '{"bos_token":"^" }',
  'chat_template.jinja': '{{ messages }}\r\n',
  'merges.txt': '#version: 0.2\n',
  LICENSE: 'Do what you like.\n',
  'README.md': '---\nlicense: other\nlicense_name: mine\n---\n# Mine\n',
  'training.bin': 'not for others',
};
const sets = miniature.flatMap((word, i) => (miniature[i - 1] === '--set' ? [word] : []));
/** Problems that are solved now and then, so that students differ and the teacher is updated. */
const solvable = ['world.hardLengths=[3,4]', 'world.attempts=1', 'soar.teacher.minimalRewardSpread=0'];
let run: RunPaths;

beforeAll(async () => {
  cpSync(new URL('../../../models/programs-146k', import.meta.url), base, { recursive: true });
  for (const [name, content] of Object.entries(extras)) writeFileSync(join(base, name), content);
  const { torch_dtype: _, ...config } = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8'));
  writeFileSync(join(base, 'config.json'), JSON.stringify({ mystery: { kept: [1e-7] }, ...config, dtype: 'bfloat16' }));
  const changes = [...sets, `model=${base}`, 'name=tiny', 'evaluate.arms=[base,ps]', ...solvable];
  run = (await startRun(resolveConfig({ preset: 'smoke', sets: changes }), at('runs'))).paths;
});

let count = 0;
const exported = (request: ExportRequest, disk = nodeDisk) =>
  exportRun(run, { out: at(`out-${count++}`), ...request }, disk);

/** The snapshot's weights by the snapshot's own format. */
function snapshotWeights(name: string): Float32Array | undefined {
  const path = join(run.snapshots, name, 'policy.safetensors');
  return decodeSafetensors(readFileSync(path), path).tensors.get('weights')?.data;
}

describe('a model folder', () => {
  it.each<[string, ExportRequest, string]>([
    ['the last promoted student', { what: 'student' }, 'promotion-01'],
    ['the student of a promotion', { what: 'student', promotion: 1 }, 'promotion-00'],
    ['the last teacher', { what: 'teacher', format: 'hf' }, 'teacher-step-0001'],
  ])('of %s has exactly the weights of the snapshot', async (_, request, snapshot) => {
    const { folder } = await exported(request);
    const { weights, hash } = await readModelFolder(folder);
    expect(weights).toEqual(snapshotWeights(snapshot));
    expect(hash).not.toBe((await readModelFolder(base)).hash);
  });

  it('takes everything else from the base model: byte for byte, and of the config all but the number type', async () => {
    const { folder, files } = await exported({ what: 'student' });
    const copies = ['generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
    const more = ['LICENSE', 'chat_template.jinja', 'merges.txt', 'special_tokens_map.json'];
    expect(files.map(({ name }) => name).sort()).toEqual(
      [...copies, ...more, 'README.md', 'config.json', 'model.safetensors'].sort(),
    );
    for (const name of [...copies, ...more]) {
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(base, name)))).toBe(true);
    }
    const read = (of: string) => JSON.parse(readFileSync(join(of, 'config.json'), 'utf8'));
    expect(read(folder)).toEqual({ ...read(base), dtype: 'float32' });
    expect(Object.keys(read(folder))).toEqual(Object.keys(read(base)));
    for (const { name, bytes } of files) expect(readFileSync(join(folder, name))).toHaveLength(bytes);
  });

  it('has a card: licence, base model, a command that makes the same run, and its numbers', async () => {
    await exportRun(run, { what: 'student', out: at('card') });
    const card = text('card', 'README.md');
    expect(parse(card.split('---')[1])).toMatchObject({
      license: 'other',
      license_name: 'mine',
      base_model: 'some-org/mine',
      tags: expect.arrayContaining(['soar', 'student']),
    });
    expect(card).not.toContain(root);
    expect(card).toContain('| Promotions | 1 at outer step 1 (4 questions), 2 at outer step 2 (4 questions) |');
    expect(card).toMatch(/\| SOAR-PS \| 1 \| /);
    const said = /^ {4}npx soar run (.*)$/m.exec(card)?.[1] as string;
    const words = said.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'));
    const again = resolveConfig({
      preset: words[words.indexOf('--preset') + 1] as string,
      sets: words.filter((_, i) => words[i - 1] === '--set'),
      flags: [{ assignment: `seed=${words[words.indexOf('--seed') + 1]}`, label: '--seed' }],
    });
    expect(configHash(again)).toBe(configHash(readRunConfig(run)));
  });

  it('says so where the run is not done, and where the table is of another student', async () => {
    const going = runPaths(at('runs', 'going'));
    cpSync(run.folder, going.folder, { recursive: true });
    rmSync(going.results);
    await exportRun(going, { what: 'teacher', out: at('going') });
    expect(text('going', 'README.md')).toContain('not finished when this was exported');
    const cards = [1, 2].map(async (promotion) => {
      const { folder } = await exported({ what: 'student', promotion });
      return readFileSync(join(folder, 'README.md'), 'utf8');
    });
    const found = (await Promise.all(cards)).map(
      (card) => /row SOAR-PS is this|SOAR-PS is the student of/.exec(card)?.[0],
    );
    expect(found.sort()).toEqual(['SOAR-PS is the student of', 'row SOAR-PS is this']);
  });

  it('of a run that goes on: where a teacher has gone by the time it is read, the next one is taken', async () => {
    let times = 0;
    const before = async (path: string) => {
      const bytes = await nodeDisk.read(path);
      if (path !== run.journal || times++ > 0) return bytes;
      const lines = bytes?.toString().split(/(?<=\n)/) ?? [];
      const last = lines.findLastIndex((line) => line.includes('"unit":"outer-step"'));
      return Buffer.from(lines.slice(0, last).join(''));
    };
    const request = { what: 'teacher', out: at('later') };
    expect(await exportRun(run, request, { ...nodeDisk, read: before })).toMatchObject({ step: 2 });
    expect((await readModelFolder(at('later'))).weights).toEqual(snapshotWeights('teacher-step-0001'));
    const gone = async (path: string) => (path.startsWith(run.snapshots) ? undefined : nodeDisk.read(path));
    await expect(exported({ what: 'teacher' }, { ...nodeDisk, read: gone })).rejects.toMatchObject({
      code: 'RUN_SNAPSHOT_DAMAGED',
    });
  });

  it('is refused where the base model is another one by now', async () => {
    const other = runPaths(at('runs', 'other'));
    cpSync(run.folder, other.folder, { recursive: true });
    const model = at('changed');
    cpSync(base, model, { recursive: true });
    cpSync(at('card', 'model.safetensors'), join(model, 'model.safetensors'));
    writeFileSync(other.config, readFileSync(other.config, 'utf8').replace(base, model));
    await expect(exportRun(other, { what: 'student', out: at('none') })).rejects.toMatchObject({
      code: 'RUN_MODEL_CHANGED',
    });
    expect(existsSync(at('none'))).toBe(false);
  });
});

describe('promotion questions', () => {
  const expected = () =>
    readFileSync(run.promotionQuestions, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ id, question, answer, kind, promotion }) => ({
        ...{ id, question, answer, kind },
        promotion: promotion + 1,
        // This run promotes at every step.
        step: promotion + 1,
      }));

  it('are the same rows in both formats', async () => {
    await exportRun(run, { what: 'questions', out: at('jsonl') });
    await exportRun(run, { what: 'questions', format: 'parquet', out: at('parquet') });
    const lines = text('jsonl', 'questions.jsonl').trimEnd().split('\n');
    expect(expected()).toHaveLength(8);
    expect(lines.map((line) => JSON.parse(line))).toEqual(expected());
    const { buffer, byteOffset, byteLength } = readFileSync(at('parquet', 'questions.parquet'));
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    expect(await parquetReadObjects({ file })).toEqual(expected());
  });

  it('have a card that names their file', () => {
    const front = parse(text('parquet', 'README.md').split('---')[1]);
    expect(front).toMatchObject({ license: 'other', configs: [{ data_files: 'questions.parquet' }] });
    expect(text('jsonl', 'README.md')).toContain('8 questions with answers');
  });
});

describe('what cannot be exported', () => {
  const refused = (request: ExportRequest, code: string, message: RegExp) =>
    expect(exported(request)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      where: expect.any(String),
      remedy: expect.any(String),
    });

  it('is told with what could be', async () => {
    await refused({ what: 'studnet' }, 'EXPORT_WHAT', /did you mean 'student'/);
    await refused({ what: 'student', format: 'parquet' }, 'EXPORT_FORMAT', /it fits questions/);
    await refused({ what: 'questions', format: 'parket' }, 'EXPORT_FORMAT', /did you mean 'parquet'/);
    await refused({ what: 'questions', format: 'hf' }, 'EXPORT_FORMAT', /it fits student, teacher/);
    await refused({ what: 'student', promotion: 3 }, 'EXPORT_PROMOTION', /no promotion 3; this run has 2/);
    await refused({ what: 'teacher', promotion: 1 }, 'EXPORT_PROMOTION', /picks a student/);
  });

  it('does not touch a folder that others need', async () => {
    for (const out of [root, run.folder, run.snapshots, base, '.', join(process.cwd(), '..'), join(base, 'new')]) {
      await refused({ what: 'student', out, force: true }, 'EXPORT_PLACE', /does not go there/);
    }
  });

  it('a folder that holds something stays, but for --force', async () => {
    mkdirSync(at('full'));
    writeFileSync(at('full', 'mine.txt'), 'mine');
    await refused({ what: 'student', out: at('full') }, 'EXPORT_EXISTS', /not empty/);
    await refused({ what: 'student', out: at('full', 'mine.txt'), force: true }, 'EXPORT_EXISTS', /is a file/);
    expect(readdirSync(at('full'))).toEqual(['mine.txt']);
    await exportRun(run, { what: 'student', out: at('full'), force: true });
    expect(existsSync(at('full', 'mine.txt'))).toBe(false);
    expect((await readModelFolder(at('full'))).weights).toEqual(snapshotWeights('promotion-01'));
    mkdirSync(at('empty'));
    await exportRun(run, { what: 'student', out: at('empty') });
    expect(json('empty', 'config.json').model_type).toBe('llama');
    expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('a run that trained adapters', () => {
  let lora: RunPaths;
  beforeAll(async () => {
    const changes = [...sets, `model=${base}`, 'name=adapted', 'evaluate.arms=[]', ...solvable];
    const config = resolveConfig({ preset: 'smoke', sets: [...changes, 'engine.lora.rank=4'] });
    lora = (await startRun(config, at('runs'))).paths;
  });

  it('gives the adapter as PEFT has it, and the model with it merged: one and the same', async () => {
    const [merged, adapter, model] = [at('merged'), at('adapter'), await readModelFolder(base)];
    await exportRun(lora, { what: 'student', out: merged });
    const { files } = await exportRun(lora, { what: 'adapter', out: adapter });
    expect(files.map(({ name }) => name).sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
    const [one, other] = [await readModelFolder(merged), await readModelFolder(adapter)];
    expect(one.weights).toEqual(other.weights);
    expect(one.hash).not.toBe(model.hash);
    // A matrix without an adapter is the base's.
    expect(one.weights.subarray(0, 100)).toEqual(model.weights.subarray(0, 100));
    expect(readFileSync(join(adapter, 'README.md'), 'utf8')).toMatch(/library_name: peft[\s\S]*LoRA adapters of/);
  });

  it('is the model of another run: both forms hold its adapter too, on the model that has a config.json', async () => {
    const below = at('below');
    await exportRun(lora, { what: 'adapter', out: below });
    const config = { ...json('below', 'adapter_config.json'), base_model_name_or_path: relative(below, base) };
    writeFileSync(join(below, 'adapter_config.json'), JSON.stringify(config));
    rmSync(join(below, 'README.md'));
    const changes = [...sets, `model=${below}`, 'name=above', 'evaluate.arms=[]', ...solvable, 'engine.lora.rank=2'];
    const targets = 'engine.lora.targets=[q_proj,down_proj]';
    const above = await startRun(resolveConfig({ preset: 'smoke', sets: [...changes, targets] }), at('runs'));
    const [merged, adapter] = [at('above-merged'), at('above-adapter')];
    await exportRun(above.paths, { what: 'student', out: merged });
    await exportRun(above.paths, { what: 'adapter', out: adapter });
    expect(json('above-merged', 'config.json')).toEqual({
      ...JSON.parse(readFileSync(join(base, 'config.json'), 'utf8')),
      dtype: 'float32',
    });
    expect(json('above-adapter', 'adapter_config.json')).toMatchObject({ base_model_name_or_path: base, r: 6 });
    expect(parse(text('above-adapter', 'README.md').split('---')[1])).toMatchObject({
      base_model: 'some-org/mine',
      // Of the model below: the adapter's folder states none.
      license_name: 'mine',
    });
    const [one, other, start] = await Promise.all([merged, adapter, below].map((folder) => readModelFolder(folder)));
    const apart = (to: Float32Array) =>
      one.weights.reduce((most, w, i) => Math.max(most, Math.abs(w - (to[i] as number))), 0);
    expect(apart(start.weights)).toBeGreaterThan(1e-4);
    // The one sums in single precision twice, the other once.
    expect(apart(other.weights)).toBeLessThan(1e-6);
    await expect(exportRun(above.paths, { what: 'student', out: join(base, 'x'), force: true })).rejects.toMatchObject({
      code: 'EXPORT_PLACE',
    });
  });

  it('and one that trained all weights has none', async () => {
    await expect(exported({ what: 'teacher', format: 'peft' })).rejects.toMatchObject({ code: 'EXPORT_NO_ADAPTER' });
  });
});
