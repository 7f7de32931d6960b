/** The `engine:` section of a config for a service that speaks the Tinker protocol. The API key is none of it: it comes from TINKER_API_KEY. */
import { z } from 'zod';
import { profileNames } from './profiles/profile.js';

const seconds = (fallback: number, what: string) => z.number().gt(0).default(fallback).describe(`${what}, in seconds`);

export const tinkerSettings = z.strictObject({
  kind: z.literal('tinker').describe('a training service over the Tinker protocol: SkyRL, Twinkle, or the hosted one'),
  baseUrl: z.string().min(1).describe('where the service is, without /api/v1'),
  model: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('the base model by its name on the service; null: the only one that it serves'),
  loraRank: z.int().min(1).default(32).describe('rank of every adapter, the teacher and all students alike'),
  loraSeed: z.int().min(0).default(0).describe('names the first weights of every adapter, where the service lets it'),
  profile: z
    .enum(['auto', ...profileNames])
    .default('auto')
    .describe('how the service computes; auto: measured by a few small requests (`soar probe`)'),
  maxAdapters: z
    .int()
    .min(3)
    .default(18)
    .describe('adapters that the service holds at once: it bounds how many students study side by side'),
  allowIgnored: z
    .array(z.enum(['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm']))
    .default([])
    .describe(
      'optimizer settings that the service takes from its own configuration, and that may differ from these here',
    ),
  exclusive: z
    .boolean()
    .default(false)
    .describe('nobody else makes adapters on the service: one whose name was lost on the way is then ours to release'),
  allowHttp: z.boolean().default(false).describe('send the API key over plain http to another machine'),
  form: z
    .enum(['auto', 'json', 'protobuf'])
    .default('auto')
    .describe('of training requests and results; auto: protobuf where the service says that it reads it'),
  timeouts: z
    .strictObject({
      answer: seconds(60, 'for one try of a request'),
      failing: seconds(300, 'while a request keeps failing'),
      pending: seconds(7200, 'until a promised result is there'),
    })
    .prefault({})
    .describe('how long to wait for the service'),
});

export type TinkerSettings = z.infer<typeof tinkerSettings>;
