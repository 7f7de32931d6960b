import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SoarError } from '../../errors.js';
import { modelFolder } from '../model-place.js';
import { configJsonSchema, configYaml, describedYaml, resolveConfig } from './config.js';
import { presetNames } from './presets.js';

const folder = mkdtempSync(join(tmpdir(), 'soar-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function yaml(text: string): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, text);
  return file;
}

function refusal(act: () => unknown): SoarError {
  try {
    act();
  } catch (error) {
    if (error instanceof SoarError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The error of a config file: its message with the place, the folder's path left out. */
function fileRefusal(text: string, sets: string[] = []) {
  const error = refusal(() => resolveConfig({ file: yaml(text), sets }));
  expect(error.exitCode).toBe(2);
  const strip = (s = '') => s.replaceAll(`${folder}/`, '');
  return { code: error.code, message: strip(error.message), where: strip(error.where), remedy: error.remedy };
}

describe('precedence', () => {
  it('is defaults < preset < file < --set < flags', () => {
    const file = yaml('soar:\n  datasets: 5\n  datasetSize: 40\n  repeats: 2\nseed: 3\n');
    const { soar, seed } = resolveConfig({
      preset: 'programs',
      file,
      sets: ['soar.datasetSize=48', 'soar.repeats=3', 'seed=8', 'soar.repeats=7'],
      flags: [{ assignment: 'seed=9', label: '--seed 9' }],
    });
    expect(soar.proposals.capFactor).toBe(10);
    expect(soar.reward.decoding).toBe('sampled');
    expect(soar.datasets).toBe(5);
    expect(soar.datasetSize).toBe(48);
    expect(soar.repeats).toBe(7);
    expect(seed).toBe(9);
  });

  it('takes the preset from the file unless a flag names one', () => {
    const file = yaml('preset: paper\n');
    expect(resolveConfig({ file }).soar.datasets).toBe(4);
    expect(resolveConfig({ file, preset: 'programs' }).soar.datasets).toBe(16);
    expect(resolveConfig({ file, preset: 'programs' }).preset).toBe('programs');
  });

  it('keeps the other keys of a section that a file sets in part', () => {
    const { soar } = resolveConfig({ preset: 'programs', file: yaml('soar: {student: {groupSize: 4}}\n') });
    expect(soar.student.groupSize).toBe(4);
    expect(soar.student.optimizer.beta2).toBe(0.95);
  });

  it('reads --set values as YAML', () => {
    const config = resolveConfig({
      sets: ['soar.stop.baselineAccuracy=null', 'soar.promotion.enabled=false', 'name="a"'],
    });
    expect(config.soar.stop.baselineAccuracy).toBeNull();
    expect(config.soar.promotion.enabled).toBe(false);
    expect(config.name).toBe('a');
  });
});

describe('presets', () => {
  it.each(presetNames)('%s resolves, and its YAML resolves to itself', (preset) => {
    const config = resolveConfig({ preset });
    expect(config.preset).toBe(preset);
    expect(resolveConfig({ file: yaml(configYaml(config)) })).toEqual(config);
  });

  // Table 3 of the paper (method.md 1.2).
  it('paper is Table 3', () => {
    const { soar } = resolveConfig({ preset: 'paper' });
    expect(soar).toMatchObject({
      outerSteps: 200,
      datasets: 4,
      datasetSize: 64,
      repeats: 4,
      teacher: { sampling: { temperature: 1, maxNewTokens: 512 }, kl: { coefficient: 0.001 } },
      student: { promptsPerStep: 8, groupSize: 32, sampling: { temperature: 1, maxNewTokens: 1024 } },
      inner: { steps: 10, stepsPerPromotion: 5, maximumSteps: 20 },
      reward: { questions: 64, decoding: 'greedy' },
      promotion: { threshold: 0.01, window: 3 },
    });
    expect(soar.teacher.schedule).toMatchObject({ kind: 'cosine', learningRate: 1e-5, warmupSteps: 20 });
    expect(soar.student.schedule).toMatchObject({ kind: 'cosine', learningRate: 1e-5, warmupSteps: 0 });
  });
});

describe('the preset paper-small', () => {
  const [small, paper] = [resolveConfig({ preset: 'paper-small' }), resolveConfig({ preset: 'paper' })];

  it('trains adapters on mathematics, as the paper does but for its size', () => {
    expect(small.engine).toMatchObject({ lora: { rank: 16 } });
    expect(small.domain).toBe('mathematics');
    const { inner, proposals, stop } = paper.soar;
    expect(small.soar).toMatchObject({ inner, proposals, stop });
    for (const side of ['teacher', 'student'] as const) {
      const { kl, advantage, optimizer } = paper.soar[side];
      expect(small.soar[side]).toMatchObject({ kl, advantage, optimizer });
    }
  });

  // method.md 8: datasets compared with one another, several reward questions, the same rules.
  it('keeps what the method rests on', () => {
    expect(small.soar.datasets).toBeGreaterThanOrEqual(2);
    expect(small.soar.student.groupSize).toBeGreaterThanOrEqual(2);
    expect(small.soar.reward.decoding).toBe(paper.soar.reward.decoding);
    expect(small.soar.promotion).toEqual({ ...paper.soar.promotion, threshold: small.soar.promotion.threshold });
  });

  it('writes a sixty-fourth of the tokens in its inner runs', () => {
    const tokens = ({ soar: { datasets, repeats, inner, student } }: typeof small) =>
      datasets * repeats * inner.steps * student.promptsPerStep * student.groupSize * student.sampling.maxNewTokens;
    expect(tokens(paper) / tokens(small)).toBe(64);
  });
});

describe('wrong keys', () => {
  it('names the place and the key that was meant', () => {
    expect(fileRefusal('seed: 1\nsoar:\n  datsets: 4\n')).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      message: "unknown key 'soar.datsets', did you mean 'soar.datasets'?",
      where: 'config.yaml:3:3',
    });
  });
  it('finds a key that stands in another section', () => {
    expect(fileRefusal('soar:\n  groupSize: 4\n').message).toBe(
      "unknown key 'soar.groupSize', did you mean 'soar.student.groupSize'?",
    );
  });
  it('says nothing of what was meant when nothing is near', () => {
    expect(fileRefusal('zebra: 4\n').message).toBe("unknown key 'zebra'");
  });
  it('points at an override by its text', () => {
    const error = refusal(() => resolveConfig({ sets: ['soar.promotion.thresold=0.2'] }));
    expect(error.message).toContain("did you mean 'soar.promotion.threshold'?");
    expect(error.where).toBe('--set soar.promotion.thresold=0.2');
  });
});

describe('wrong values', () => {
  it('a wrong type', () => {
    expect(fileRefusal('soar:\n  datasets: many\n')).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `'soar.datasets' must be a number, got "many"`,
      where: 'config.yaml:2:13',
    });
  });
  it('a section without content', () => {
    expect(fileRefusal('soar:\n').message).toBe("'soar' must be a section, got null (nothing stands there)");
  });
  it('a single value where a list or a text goes', () => {
    expect(fileRefusal('world: {hardLengths: 3}\n').message).toBe("'world.hardLengths' must be a list, got 3");
    expect(fileRefusal('model: 3\n').message).toBe("'model' must be a text, got 3");
  });
  it('a number out of range', () => {
    expect(fileRefusal('soar: {student: {sampling: {topP: 1.5}}}\n')).toMatchObject({
      message: "'soar.student.sampling.topP' must be at most 1, got 1.5",
      where: 'config.yaml:1:35',
    });
  });
  it('a fraction where whole numbers go', () => {
    expect(fileRefusal('seed: 1.5\n').message).toBe("'seed' must be a whole number, got 1.5");
  });
  it('a word that is not among the choices', () => {
    expect(fileRefusal('soar: {reward: {decoding: greddy}}\n').message).toBe(
      `'soar.reward.decoding' must be one of greedy, sampled, got "greddy", did you mean 'greedy'?`,
    );
  });
  it('neither form of a union', () => {
    expect(fileRefusal('engine: {workers: some}\n').message).toBe(
      `'engine.workers' must be 'auto' or a number, got "some"`,
    );
  });
  it('two groups are the least', () => {
    const error = fileRefusal('soar: {datasets: 1}\n');
    expect(error.message).toContain("'soar.datasets' is 1:");
    expect(error.message).toContain('set datasets to 2 or more');
  });
  it('settings that do not fit each other, at the line of the one to change', () => {
    const error = fileRefusal('soar:\n  datasetSize: 10\n  student:\n    promptsPerStep: 11\n');
    expect(error.message).toContain('set promptsPerStep to datasetSize or less');
    expect(error.where).toBe('config.yaml:4:21');
  });
  it('lists several, a line each', () => {
    const error = fileRefusal('seed: -1\nsoar:\n  datasets: 1\n  datasetsize: 3\n');
    expect(error.message.split('\n')).toHaveLength(4);
    expect(error.message).toContain(
      "config.yaml:4:3  unknown key 'soar.datasetsize', did you mean 'soar.datasetSize'?",
    );
    expect(error.message).toContain("config.yaml:1:7  'seed' must be at least 0, got -1");
  });
  it('points at the preset when the fault is in a setting that nobody wrote', () => {
    const error = refusal(() => resolveConfig({ preset: 'programs', sets: ['soar.datasetSize=4'] }));
    expect(error.message).toContain('promptsPerStep');
    expect(error.where).toBe('preset programs');
  });
});

describe('what cannot be read', () => {
  it('broken YAML', () => {
    expect(fileRefusal('seed: 1\nsoar: [1, 2\n')).toMatchObject({ code: 'CONFIG_SYNTAX', where: 'config.yaml:3:1' });
    expect(fileRefusal('seed: 1\nseed: 2\n')).toMatchObject({ code: 'CONFIG_SYNTAX', where: 'config.yaml:2:1' });
  });
  it('a list', () => {
    expect(fileRefusal('- seed\n').code).toBe('CONFIG_NOT_A_MAP');
  });
  it('no file', () => {
    const error = refusal(() => resolveConfig({ file: join(folder, 'none.yaml') }));
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toContain('ENOENT');
  });
  it.each(['soar.datasets', '=3', 'soar..x=3', 'seed={'])('the override %s', (set) => {
    expect(refusal(() => resolveConfig({ sets: [set] })).code).toBe('CONFIG_BAD_SET');
  });
  it('an unknown preset, by flag or in the file', () => {
    const error = refusal(() => resolveConfig({ preset: 'progams' }));
    expect(error.code).toBe('CONFIG_UNKNOWN_PRESET');
    expect(error.message).toContain("did you mean 'programs'?");
    expect(fileRefusal('seed: 1\npreset: papers\n').where).toBe('config.yaml:2:9');
  });
  it('an empty file is the preset alone', () => {
    expect(resolveConfig({ file: yaml('') })).toEqual(resolveConfig({}));
  });
});

describe('the model', () => {
  it('of the package is found from anywhere', async () => {
    const config = resolveConfig({ file: yaml('model: package.json\n') });
    expect(config.model).toBe('package.json');
    expect(existsSync(await modelFolder(config))).toBe(true);
  });
  it('of a file is relative to the file', () => {
    const { model } = resolveConfig({ file: yaml('model: mine\n') });
    expect(model).toBe(join(folder, 'mine'));
  });
  it('of the hub is the same anywhere', () => {
    expect(resolveConfig({ file: yaml('model: hf:org/name@v1\n') }).model).toBe('hf:org/name@v1');
    const error = refusal(() => resolveConfig({ sets: ['model=hf:name'] }));
    expect(error.code).toBe('HUB_NAME');
  });
});

describe('an engine that is a service', () => {
  const service = 'engine:\n  kind: tinker\n  baseUrl: http://127.0.0.1:8000\n';
  it('has settings of its own, each explained', () => {
    const config = resolveConfig({ file: yaml(service) });
    expect(config.engine).toMatchObject({ kind: 'tinker', profile: 'auto', loraRank: 32, timeouts: { answer: 60 } });
    const described = describedYaml(config);
    expect(parse(described)).toEqual(config);
    expect(described).toContain('# rank of every adapter, the teacher and all students alike\n  loraRank: 32');
  });
  it('is told from the others: their keys are unknown in it, its own are not in them', () => {
    expect(fileRefusal(`${service}  lorRank: 8\n`)).toMatchObject({
      message: "unknown key 'engine.lorRank', did you mean 'engine.loraRank'?",
      where: 'config.yaml:4:3',
    });
    expect(fileRefusal(`${service}  slots: 8\n`).message).toBe("unknown key 'engine.slots'");
    expect(fileRefusal('engine: {loraRnk: 8}\n').message).not.toContain('loraRank');
    expect(fileRefusal('engine: {kind: tinkr}\n')).toMatchObject({
      message: `'engine.kind' must be one of embedded, reference, tinker, got "tinkr", did you mean 'tinker'?`,
      where: 'config.yaml:1:16',
    });
    expect(fileRefusal('engine: {kind: tinker}\n').message).toBe("'engine.baseUrl' must be a text, got nothing");
  });
});

it('has a JSON Schema in which every leaf is described', () => {
  const bare: string[] = [];
  interface Node {
    properties?: Record<string, Node>;
    oneOf?: Node[];
    description?: string;
  }
  const walk = (node: Node, path: string) => {
    for (const kind of node.oneOf ?? []) walk(kind, path);
    for (const [key, inner] of Object.entries(node.properties ?? {})) walk(inner, `${path}.${key}`);
    if (!node.properties && !node.oneOf && !node.description) bare.push(path);
  };
  walk(configJsonSchema() as never, '');
  expect(bare).toEqual([]);
});
