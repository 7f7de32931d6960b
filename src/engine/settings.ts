/** The `engine:` section of a config. */
import { z } from 'zod';
import { loraTargets } from '../checkpoints/lora.js';
import { tinkerSettings } from './tinker/settings.js';

export const inProcessSettings = z.strictObject({
  kind: z
    .enum(['embedded', 'reference'])
    .default('embedded')
    .describe('embedded: native speed on this machine; reference: slow, plain TypeScript, for checking'),
  workers: z
    .union([z.literal('auto'), z.int().min(1).max(256)])
    .default('auto')
    .describe(
      'worker threads of the embedded engine, each with a base of its own; auto: one per core, for a large model one in all. Results do not depend on it',
    ),
  threadsPerWorker: z
    .union([z.literal('auto'), z.int().min(1).max(256)])
    .default('auto')
    .describe(
      'threads of one worker; auto: 1, for a large model in one worker all cores (a large model has 16 million parameters or more)',
    ),
  lora: z
    .strictObject({
      rank: z.int().min(1).default(16).describe('columns of the low-rank matrices'),
      alpha: z.number().gt(0).default(32).describe('adapters are scaled by alpha / rank'),
      targets: z
        .array(z.enum(loraTargets))
        .min(1)
        .default([...loraTargets])
        .describe('modules that have adapters'),
    })
    .nullable()
    .default(null)
    .describe('train low-rank adapters beside a frozen base (LoRA); null: all weights. The paper does not say which'),
  microBatchTokens: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe(
      'token positions (padding included) computed at once in training and scoring; auto: 2048, fewer where their activations would fill more than 2 GiB',
    ),
  checkpointed: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe(
      'gradient checkpointing: keep only what goes into each layer and compute the layer again for its gradient; auto: where the activations of a micro-batch would fill more than 4 GiB',
    ),
  logitsAtOnce: z
    .int()
    .min(1)
    .default(1 << 25)
    .describe('numbers of logits (tokens x vocabulary) computed at once in training and scoring'),
  packedBase: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe(
      'keep a second copy of the frozen base beside adapters, packed for the processor: sampling is about one and a half times as fast; auto: from 16 million parameters on. It is part of what fixes the results',
    ),
  sharedPrompts: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe(
      'in training and scoring compute a prompt once for all of its completions in a micro-batch, in sampling keep its keys and values once for all of its completions; auto: from 1,048,576 parameters on. It is part of what fixes the results',
    ),
  memoryLimit: z
    .union([z.literal('auto'), z.number().gt(0)])
    .nullable()
    .default('auto')
    .describe(
      'GiB that the embedded engine may need by its prediction: a model that would need more is refused before it is loaded; auto: what the machine or the container has; null: no check',
    ),
  slots: z.int().min(1).default(256).describe('sequences decoded at once in a worker'),
  chunk: z
    .int()
    .min(1)
    .default(512)
    .describe('completions per piece of a large sampling request; pieces are spread over idle workers'),
});

export const engineSettings = z.discriminatedUnion('kind', [inProcessSettings, tinkerSettings]);

/** Without what changes no result: the number of workers, where a service is and how long it is waited for. */
export function fixingSettings(settings: EngineSettings): object {
  if (settings.kind === 'tinker') {
    const {
      baseUrl: _url,
      maxAdapters: _max,
      exclusive: _own,
      allowHttp: _http,
      timeouts: _timeouts,
      ...fixing
    } = settings;
    return fixing;
  }
  const { workers: _workers, ...fixing } = settings;
  return fixing;
}

export type InProcessSettings = z.infer<typeof inProcessSettings>;
export type EngineSettings = z.infer<typeof engineSettings>;
