/** Every call that is answered at once, by name. What waits for a result is in `retrieve.ts`. */
import type { z } from 'zod';
import type { CallName, calls } from '../wire/calls.js';
import { trainingRequestOf } from '../wire/training.js';
import {
  acceptLoad,
  acceptSamplerSave,
  acceptSave,
  deleteCheckpoint,
  listCheckpoints,
  weightsInfo,
} from './accept-checkpoints.js';
import {
  acceptHeartbeat,
  acceptModel,
  acceptSession,
  acceptUnload,
  modelInfo,
  trainingRun,
  trainingRuns,
} from './accept-models.js';
import { acceptSample, acceptSamplingSession, samplerFacts } from './accept-sampling.js';
import { acceptPass, acceptStep } from './accept-training.js';
import type { Acceptor } from './acceptor.js';
import { zstdHere } from './bodies.js';
import { newToken } from './keys.js';

export interface Circumstances {
  readonly names: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Milliseconds. */
  readonly now: number;
}

type Body<N extends CallName> = (typeof calls)[N] extends { body: infer S extends z.ZodType } ? z.output<S> : undefined;
type Handlers = {
  [N in Exclude<CallName, 'retrieveFuture'>]: (to: Acceptor, body: Body<N>, about: Circumstances) => unknown;
};

/** The answer's JSON; undefined for none. */
export const handlers: Handlers = {
  clientConfig: ({ profile, served }) => ({
    pjwt_auth_enabled: served.pjwt,
    ...(profile.name === 'hosted' && { parallel_fwdbwd_chunks: true, proto_compress_fwdbwd: zstdHere && profile.zstd }),
  }),
  health: () => ({ status: 'ok' }),
  capabilities: ({ served, profile }) => ({
    supported_models: [
      {
        model_name: served.baseModel,
        ...(profile.name === 'hosted' && { max_context_length: served.contextLength }),
      },
    ],
  }),
  authToken: (_, _body, { now }) => ({ jwt: newToken(now) }),
  createSession: acceptSession,
  heartbeat: (to, { session_id }, { now }) => acceptHeartbeat(to, session_id, now),
  createModel: acceptModel,
  unloadModel: (to, { model_id }) => acceptUnload(to, model_id),
  getInfo: (to, { model_id }) => modelInfo(to, model_id),
  forwardBackward: (to, body) => acceptPass(to, trainingRequestOf(body)),
  forward: (to, body) => acceptPass(to, trainingRequestOf(body)),
  optimStep: (to, { model_id, adam_params, seq_id }) =>
    acceptStep(to, model_id, { ...adam_params, grad_clip_norm: adam_params.grad_clip_norm ?? 0 }, seq_id),
  createSamplingSession: acceptSamplingSession,
  sampler: (to, _, { names }) => samplerFacts(to, names.sampler!),
  sample: acceptSample,
  saveWeights: acceptSave,
  saveWeightsForSampler: acceptSamplerSave,
  loadWeights: (to, { model_id, path, optimizer, seq_id }) => acceptLoad(to, model_id, path, optimizer, seq_id),
  weightsInfo: (to, { tinker_path }) => weightsInfo(to, tinker_path),
  trainingRuns: (to, _, { query }) =>
    trainingRuns(to, Number(query.get('offset') ?? 0), Number(query.get('limit') ?? 20)),
  trainingRun: (to, _, { names }) => trainingRun(to.database.model(names.run!)),
  checkpoints: (to, _, { names }) => listCheckpoints(to, names.run!),
  deleteCheckpoint: (to, _, { names }) => deleteCheckpoint(to, names.run!, names.kind!, names.name!),
};
