/**
 * A run's config: the sections of all rooms under one strict schema, and how the values come together:
 * defaults < preset < file < --set. The schema is the only source of types, defaults, checks, help and JSON Schema.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { z } from 'zod';
import { engineSettings } from '../../engine/settings.js';
import { SoarError } from '../../errors.js';
import { evaluateSettingsSchema } from '../../evaluate/index.js';
import { judgeSettingsSchema } from '../../evaluate/judge/settings.js';
import { studySettingsSchema } from '../../evaluate/study/settings.js';
import { parseHubName } from '../../hub/hub.js';
import { soarSettingsSchema } from '../../method/index.js';
import { nearest } from '../../nearest.js';
import { mathematicsSettingsSchema } from '../../problems/mathematics/settings.js';
import { worldSettingsSchema } from '../../problems/world/settings.js';
import { pricesSchema } from '../bill/prices.js';
import { errno } from '../disk.js';
import { commentedYaml } from './describe.js';
import { parseSources } from './parse.js';
import { type PresetName, presetNames, presets } from './presets.js';
import { type ConfigSource, fileSource, merge, presetSource, setSource, valueAt } from './sources.js';

const sections = z.strictObject({
  preset: z.enum(presetNames).default('programs').describe('The settings that this config starts from.'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'use letters, digits, dots, dashes and underscores')
    .nullable()
    .default(null)
    .describe('Name of the run and of its folder; null makes one from the preset and the seed.'),
  seed: z.int().min(0).default(1).describe('Names every random stream of the run.'),
  model: z
    .string()
    .min(1)
    .default('models/programs-146k')
    .describe(
      'Model folder in Hugging Face form, or hf:<org>/<name>[@revision] of the hub; the shipped ones are found from anywhere.',
    ),
  domain: z
    .enum(['programs', 'mathematics'])
    .default('programs')
    .describe(
      'What is asked and how answers are judged: the built-in world, or questions with a final answer in a box.',
    ),
  soar: soarSettingsSchema.prefault({}).describe('The method.'),
  evaluate: evaluateSettingsSchema.prefault({}).describe('What is compared at the end of a run, and how.'),
  problems: z
    .strictObject({
      hardSet: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe('Folder that `soar prepare` made; null looks for hard problems in the built-in world.'),
      acceptOther: z
        .boolean()
        .default(false)
        .describe('Take a hard set although it was made with another model or another student prompt.'),
    })
    .prefault({})
    .describe('The hard problems: never seen by the teacher, half to train on and half held out.'),
  mathematics: mathematicsSettingsSchema.prefault({}).describe('The domain `mathematics`.'),
  study: studySettingsSchema.prefault({}),
  judge: judgeSettingsSchema.prefault({}),
  world: worldSettingsSchema.prefault({}).describe('The built-in world: its hard problems.'),
  engine: engineSettings.prefault({}).describe('What computes.'),
  prices: pricesSchema
    .prefault({})
    .describe('What work costs: for the estimate before a run and the bill while it goes on.'),
});

/** All sections, and what must hold between them. */
export const configSchema = sections.superRefine(({ soar, world, domain, problems }, context) => {
  if (
    domain === 'programs' &&
    problems.hardSet === null &&
    !soar.reward.replacement &&
    soar.reward.questions > world.train
  ) {
    context.addIssue({
      code: 'custom',
      path: ['soar', 'reward', 'questions'],
      message: `${soar.reward.questions} reward questions cannot be drawn from ${world.train} hard training problems: lower it, or raise world.train`,
    });
  }
});

export type RunConfig = z.output<typeof configSchema>;

export interface ConfigRequest {
  readonly preset?: string;
  /** YAML file. */
  readonly file?: string;
  /** `a.b=c`, in order; a later one wins. */
  readonly sets?: readonly string[];
  /** Flags that stand for a setting: the setting's assignment and the flag as typed. They win over `sets`. */
  readonly flags?: readonly { readonly assignment: string; readonly label: string }[];
}

/** @throws SoarError CONFIG_* pointing at what the user wrote. */
export function resolveConfig(request: ConfigRequest): RunConfig {
  const file = request.file === undefined ? undefined : readConfigFile(request.file);
  const overrides = [
    ...(request.sets ?? []).map((assignment) => setSource(assignment)),
    ...(request.flags ?? []).map(({ assignment, label }) => setSource(assignment, label)),
  ];
  const written = file ? [file, ...overrides] : overrides;
  const preset = choosePreset(request.preset, written);
  const config = parseSources(configSchema, [presetSource(preset, { ...presets[preset], preset }), ...written]);
  const base = (path: readonly string[], value: unknown) =>
    valueAt(file?.tree, path) === value && request.file ? dirname(request.file) : '.';
  const { hardSet } = config.problems;
  const { verifier } = config.mathematics;
  const { encoder } = config.study;
  const from = (path: readonly string[], file: string) => resolve(base(path, file), file);
  return {
    ...config,
    preset,
    model: locateModel(config.model, base(['model'], config.model)),
    problems: { ...config.problems, hardSet: hardSet && from(['problems', 'hardSet'], hardSet) },
    study: { ...config.study, encoder: encoder && from(['study', 'encoder'], encoder) },
    mathematics: {
      ...config.mathematics,
      verifier: /\.m?js$/.test(verifier) ? from(['mathematics', 'verifier'], verifier) : verifier,
    },
  };
}

function choosePreset(asked: string | undefined, written: readonly ConfigSource[]): PresetName {
  const name = asked ?? valueAt(merge(written), ['preset']) ?? 'programs';
  if (isPreset(name)) return name;
  const guess = nearest(String(name), presetNames);
  const said = written.toReversed().find((source) => source.locate(['preset'], 'value'));
  throw new SoarError(
    'CONFIG_UNKNOWN_PRESET',
    `there is no preset '${name}'${guess ? `, did you mean '${guess}'?` : ''}`,
    {
      where: (asked === undefined && said?.locate(['preset'], 'value')) || `--preset ${name}`,
      remedy: `choose one of ${presetNames.join(', ')}`,
    },
  );
}

const isPreset = (name: unknown): name is PresetName => presetNames.includes(name as PresetName);

function readConfigFile(file: string): ConfigSource {
  try {
    return fileSource(file, readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SoarError) throw error;
    throw new SoarError('CONFIG_UNREADABLE', `the config file cannot be read (${errno(error) ?? error})`, {
      where: file,
      remedy: 'check the path; `soar config > my.yaml` writes a complete file to start from',
    });
  }
}

const packageFolder = fileURLToPath(new URL('../../../', import.meta.url));

/** A path as the user means it, absolute; one of the package stays as it is, so that it holds anywhere, and so does a name on the hub. */
function locateModel(model: string, base: string): string {
  if (model.startsWith('hf:')) {
    parseHubName(model);
    return model;
  }
  const [own, shipped] = [resolve(base, model), resolve(packageFolder, model)];
  return own !== shipped && (existsSync(own) || !existsSync(shipped)) ? own : model;
}

/** Complete and loadable again as a config file. */
export function configYaml(config: RunConfig): string {
  return stringify(config);
}

export function describedYaml(config: RunConfig): string {
  return commentedYaml(config, configJsonSchema());
}

export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
