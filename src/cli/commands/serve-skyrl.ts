import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readLlamaConfig } from '../../checkpoints/llama-config.js';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { readModelJson } from '../../checkpoints/model-file.js';
import { SoarError } from '../../errors.js';
import { resolveConfig } from '../../run/config/config.js';
import { hardSetSizes } from '../../run/estimate/hard-set-sizes.js';
import { type SkyrlBackend, skyrlBackends } from '../../run/skyrl/request.js';
import { skyrlScript } from '../../run/skyrl/script.js';
import { planSkyrl } from '../../run/skyrl/serve-skyrl.js';
import { addSetOption, parseCount } from '../options.js';

interface ServeFlags {
  readonly print: boolean;
  readonly model: string;
  readonly gpus: number;
  readonly nodes: number;
  readonly tensorParallel: number;
  readonly rank: number;
  readonly backend: SkyrlBackend;
  readonly config?: string;
  readonly preset?: string;
  readonly set: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly state: string;
  readonly databaseUrl?: string;
  readonly json: boolean;
}

export function addServeSkyrlCommand(program: Command): void {
  const command = program
    .command('serve-skyrl')
    .description(
      'write the command that starts a SkyRL server for a run, its back-end config and the run’s engine section',
    )
    .option('--print', 'print it as a shell script; nothing is started', false)
    .requiredOption('--model <id>', 'base model: a Hugging Face id, or a folder that the server can read')
    .requiredOption('--gpus <n>', 'GPUs of a node; 0 computes on the CPU (back-end jax alone)', parseGpus)
    .option('--nodes <n>', 'nodes of the Ray cluster (back-end megatron alone)', parseCount, 1)
    .option('--tensor-parallel <n>', 'GPUs that a copy of the model is spread over', parseCount, 1)
    .option('--rank <r>', 'LoRA rank of the teacher and all students', parseCount, 32)
    .addOption(new Option('--backend <name>', 'of SkyRL').choices(skyrlBackends).default('megatron'))
    .option('--config <file>', 'the run that it is for (default: the preset)')
    .option('--preset <name>', 'settings to start from (default: paper)')
    .option('--host <address>', 'where it listens', '127.0.0.1')
    .option('--port <n>', 'and on which port', parseCount, 8000)
    .option('--state <folder>', 'where the server keeps its database and checkpoints', 'skyrl-state')
    .option('--database-url <url>', 'such as postgresql://... in place of a SQLite file in --state')
    .option('--json', 'print the plan as JSON', false);
  addSetOption(command)
    .addHelpText(
      'after',
      `
Example:
  $ soar serve-skyrl --print --model meta-llama/Llama-3.2-3B-Instruct --gpus 8 --rank 32 --config my.yaml > serve.sh`,
    )
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  if (!flags.print && !flags.json) {
    throw new SoarError('SKYRL_PRINTS_ONLY', 'this command starts no server; it writes the command that does', {
      where: 'soar serve-skyrl',
      remedy: 'add --print, put the output into a file and run that in a clone of SkyRL',
    });
  }
  const { print: _print, json, config: file, preset, set, model, databaseUrl, ...rest } = flags;
  const config = resolveConfig({
    ...(file !== undefined && { file }),
    ...(preset === undefined && file === undefined ? { preset: 'paper' } : preset !== undefined && { preset }),
    sets: set,
  });
  const shape = await shapeOf(model);
  // The script runs in another folder.
  const served = existsSync(model) ? resolve(model) : model;
  const request = {
    ...rest,
    model: served,
    config,
    ...(shape && { shape }),
    ...(databaseUrl !== undefined && { databaseUrl }),
  };
  const plan = planSkyrl(request, await hardSetSizes(config));
  const { slots, backendConfig, command, engine, notes } = plan;
  process.stdout.write(
    json ? `${JSON.stringify({ slots, backendConfig, command, engine, notes })}\n` : skyrlScript(plan),
  );
}

/** Of a folder that is here, where we know its architecture; other models can be served all the same. */
async function shapeOf(model: string): Promise<LlamaShape | undefined> {
  const path = join(model, 'config.json');
  if (!existsSync(path)) return undefined;
  try {
    return readLlamaConfig(await readModelJson(path), path).shape;
  } catch (error) {
    if (error instanceof SoarError && error.code === 'MODEL_UNSUPPORTED') return undefined;
    throw error;
  }
}

function parseGpus(text: string): number {
  const gpus = Number(text);
  if (!Number.isInteger(gpus) || gpus < 0) throw new InvalidArgumentError('give a whole number from 0');
  return gpus;
}
