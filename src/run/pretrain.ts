/** `soar pretrain`: makes the built-in world's base model, and checks what a demonstration on it would be worth. */
import { basename, dirname, join } from 'node:path';
import { writeModelFolder } from '../checkpoints/model-folder.js';
import { createEmbeddedEngine, type Policy } from '../engine/index.js';
import { SoarError } from '../errors.js';
import { checkDesign, type DesignCheck, type DesignRow } from '../evaluate/world-design.js';
import { oraclePrograms, programsDomain, screen } from '../problems/index.js';
import { untrainedBaseModel } from '../problems/world/base-model.js';
import type { RunConfig } from './config/config.js';
import { diskError, nodeDisk } from './disk.js';
import { modelFolder } from './model-place.js';
import { openEngine } from './open-workbench.js';
import { type PretrainProgress, type PretrainSettings, pretrain } from './pretraining.js';

export interface PretrainRequest {
  readonly out: string;
  readonly settings: PretrainSettings;
  /** Names every random stream: weights and corpus. */
  readonly seed: string;
  readonly onProgress?: (progress: PretrainProgress) => void;
  /** Gives it up after the step under way. */
  readonly signal?: AbortSignal;
}

export interface PretrainedModel {
  readonly parameters: number;
  /** Mean negative log-likelihood per token over the last 100 steps, nats. */
  readonly loss: number;
  /** Share of right answers by program length, 1 .. 10. */
  readonly successByLength: readonly number[];
}

/** The folder appears whole or not at all. @throws SoarError PRETRAIN_EXISTS, RUN_INTERRUPTED, RUN_DISK_FULL, RUN_NOT_WRITABLE */
export async function pretrainModel(request: PretrainRequest): Promise<PretrainedModel> {
  const { out, settings, seed, onProgress, signal } = request;
  const aside = join(dirname(out), `.${basename(out)}.partial`);
  if ((await nodeDisk.list(out)).length > 0) {
    throw new SoarError('PRETRAIN_EXISTS', 'the folder is not empty', {
      where: out,
      remedy: 'give another --out, or remove the folder first',
    });
  }
  const engine = createEmbeddedEngine();
  try {
    const model = untrainedBaseModel(seed);
    await writeModelFolder(aside, model);
    const policy = await engine.open({ folder: aside });
    const losses: number[] = [];
    await pretrain(policy, settings, seed, (progress) => {
      losses.push(progress.loss);
      onProgress?.(progress);
      if (signal?.aborted) throw stopped(out);
    });
    const { arrays } = await policy.save({ optimizer: false });
    await writeModelFolder(aside, { ...model, weights: arrays.weights as Float32Array });
    const last = losses.slice(-100);
    const made = {
      parameters: model.weights.length,
      loss: last.reduce((a, b) => a + b, 0) / last.length,
      successByLength: await successByLength(policy),
    };
    await nodeDisk.write(join(aside, 'README.md'), modelCard(request, made));
    await nodeDisk.makeFolder(dirname(out));
    await nodeDisk.remove(out);
    await nodeDisk.rename(aside, out);
    return made;
  } catch (error) {
    throw diskError(out, error);
  } finally {
    await engine.close();
    await nodeDisk.remove(aside);
  }
}

const stopped = (out: string): SoarError =>
  new SoarError('RUN_INTERRUPTED', 'pre-training was stopped; nothing was written', {
    where: out,
    kind: 'environment',
    remedy: 'start it again: it goes on from nothing, to the same bytes',
  });

async function successByLength(policy: Policy): Promise<number[]> {
  const shares: number[] = [];
  for (let length = 1; length <= 10; length++) {
    const problems = oraclePrograms(length, 40, 'model-card');
    const options = { attempts: 64, temperature: 1, maxNewTokens: 96, seed: 'model-card' };
    const successes = await screen(policy, programsDomain, problems, options);
    shares.push(successes.reduce((a, b) => a + b, 0) / (64 * problems.length));
  }
  return shares;
}

/** Rows of the design check of a config's world and model, as they are found and all of them. */
export async function checkWorld(
  config: RunConfig,
  asked: Pick<DesignCheck, 'seeds' | 'onRow' | 'onProgress'>,
): Promise<readonly DesignRow[]> {
  const engine = await openEngine(config);
  try {
    const base = await engine.open({ folder: await modelFolder(config) });
    programsDomain.checkTokenizer(base.tokenizer);
    const { world, soar, evaluate } = config;
    const seed = `design-check/${config.seed}`;
    return await checkDesign({ base, domain: programsDomain, world, soar, evaluate, seed, ...asked });
  } finally {
    await engine.close();
  }
}

function modelCard({ settings, seed }: PretrainRequest, made: PretrainedModel): string {
  const lengths = made.successByLength.map((_, i) => i + 1);
  return `---
license: mit
---

# Base model of the digit-programs world

A Llama of ${made.parameters.toLocaleString('en')} parameters (hidden 64, 3 layers, 2 heads, one token per character), pre-trained from scratch on
${(settings.steps * settings.documents).toLocaleString('en')} generated documents. It works on programs of digits (\`LRS1234=LR2134=L4312=3124.\`): it *can* work carefully, one operation at a
time, at any length, because the corpus planted that on purpose; but on long programs it takes a shortcut and guesses.

Made by \`npx soar pretrain --seed ${seed}\`; the same seed gives the same bytes on the same kind of machine. Final loss ${made.loss.toFixed(3)} nats per token.

Share of right answers by program length (40 programs x 64 samples, temperature 1):

| ${lengths.join(' | ')} |
|${lengths.map(() => '---').join('|')}|
| ${made.successByLength.map((share) => share.toFixed(3)).join(' | ')} |
`;
}
