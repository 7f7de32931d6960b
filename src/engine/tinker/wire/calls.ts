/**
 * Every call that SOAR makes, in one table: method, path below `/api/v1`, body, answer, and for promised results what
 * `retrieve_future` gives in the end. Client and test server read the same table.
 *
 * Answers are loose where servers add fields (unknown ones are dropped) and strict about what is relied on.
 */
import type { z } from 'zod';
import * as checkpoints from './checkpoints.js';
import * as futures from './futures.js';
import * as models from './models.js';
import * as sampling from './sampling.js';
import * as service from './service.js';
import * as training from './training.js';
import { trainingOutputJson } from './training-output.js';

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `:name` stands for one part of the path. */
  readonly path: string;
  readonly body?: z.ZodType;
  /** Of the answer's JSON; none where there is no content. */
  readonly answer?: z.ZodType;
  /** Of the promised result's JSON; only calls that answer a future have one. */
  readonly result?: z.ZodType;
  /** The result can also be had as protobuf. */
  readonly protobuf?: 'training' | 'sampling';
}

const call = <const C extends Call>(given: C): C => given;

export const calls = {
  clientConfig: call({
    method: 'POST',
    path: '/client/config',
    body: service.clientConfigBody,
    answer: service.clientConfig,
  }),
  health: call({ method: 'GET', path: '/healthz', answer: service.healthAnswer }),
  capabilities: call({ method: 'GET', path: '/get_server_capabilities', answer: service.capabilitiesAnswer }),
  authToken: call({ method: 'POST', path: '/auth/token', answer: service.tokenAnswer }),
  createSession: call({
    method: 'POST',
    path: '/create_session',
    body: service.createSessionBody,
    answer: service.createSessionAnswer,
  }),
  heartbeat: call({
    method: 'POST',
    path: '/session_heartbeat',
    body: service.heartbeatBody,
    answer: service.heartbeatAnswer,
  }),
  createModel: call({
    method: 'POST',
    path: '/create_model',
    body: models.createModelBody,
    answer: models.createModelAnswer,
    result: models.createModelResult,
  }),
  unloadModel: call({
    method: 'POST',
    path: '/unload_model',
    body: models.unloadModelBody,
    answer: models.unloadModelAnswer,
    result: models.unloadModelResult,
  }),
  getInfo: call({ method: 'POST', path: '/get_info', body: models.getInfoBody, answer: models.getInfoAnswer }),
  forwardBackward: call({
    method: 'POST',
    path: '/forward_backward',
    body: training.forwardBackwardBody,
    answer: futures.future,
    result: trainingOutputJson,
    protobuf: 'training',
  }),
  forward: call({
    method: 'POST',
    path: '/forward',
    body: training.forwardBody,
    answer: futures.future,
    result: trainingOutputJson,
    protobuf: 'training',
  }),
  optimStep: call({
    method: 'POST',
    path: '/optim_step',
    body: training.optimStepBody,
    answer: futures.future,
    result: training.optimStepResult,
  }),
  createSamplingSession: call({
    method: 'POST',
    path: '/create_sampling_session',
    body: sampling.createSamplingSessionBody,
    answer: sampling.createSamplingSessionAnswer,
  }),
  sampler: call({ method: 'GET', path: '/samplers/:sampler', answer: sampling.samplerAnswer }),
  sample: call({
    method: 'POST',
    path: '/asample',
    body: sampling.sampleBody,
    answer: futures.future,
    result: sampling.sampleOutputJson,
    protobuf: 'sampling',
  }),
  saveWeights: call({
    method: 'POST',
    path: '/save_weights',
    body: checkpoints.saveWeightsBody,
    answer: futures.future,
    result: checkpoints.saveWeightsResult,
  }),
  saveWeightsForSampler: call({
    method: 'POST',
    path: '/save_weights_for_sampler',
    body: checkpoints.saveWeightsForSamplerBody,
    answer: futures.future,
    result: checkpoints.saveWeightsForSamplerResult,
  }),
  loadWeights: call({
    method: 'POST',
    path: '/load_weights',
    body: checkpoints.loadWeightsBody,
    answer: futures.future,
    result: checkpoints.loadWeightsResult,
  }),
  weightsInfo: call({
    method: 'POST',
    path: '/weights_info',
    body: checkpoints.weightsInfoBody,
    answer: checkpoints.weightsInfoAnswer,
  }),
  trainingRuns: call({ method: 'GET', path: '/training_runs', answer: checkpoints.trainingRunsAnswer }),
  trainingRun: call({ method: 'GET', path: '/training_runs/:run', answer: checkpoints.trainingRun }),
  checkpoints: call({
    method: 'GET',
    path: '/training_runs/:run/checkpoints',
    answer: checkpoints.checkpointsAnswer,
  }),
  /** `kind` is `weights` or `sampler_weights`. */
  deleteCheckpoint: call({ method: 'DELETE', path: '/training_runs/:run/checkpoints/:kind/:name' }),
  retrieveFuture: call({ method: 'POST', path: '/retrieve_future', body: futures.retrieveFutureBody }),
} as const;

export type Calls = typeof calls;
export type CallName = keyof Calls;

type Of<C, K extends string, D extends 'input' | 'output'> =
  C extends Record<K, infer S extends z.ZodType> ? (D extends 'input' ? z.input<S> : z.output<S>) : undefined;

/** The body as it is sent. */
export type BodyOf<N extends CallName> = Of<Calls[N], 'body', 'input'>;
/** The answer, checked. */
export type AnswerOf<N extends CallName> = Of<Calls[N], 'answer', 'output'>;
/** The promised result, checked. */
export type ResultOf<N extends CallName> = Of<Calls[N], 'result', 'output'>;
/** Calls that answer a future. */
export type PromisingCall = { [N in CallName]: Calls[N] extends { result: z.ZodType } ? N : never }[CallName];

export const protobufType = 'application/x-protobuf';
