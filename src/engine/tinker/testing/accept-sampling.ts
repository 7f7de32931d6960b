/** Sampling requests as they come in. */
import type { z } from 'zod';
import type { createSamplingSessionBody, sampleBody } from '../wire/sampling.js';
import type { Accepted, Acceptor } from './acceptor.js';
import type { Draw } from './backend.js';
import { checkpointKey, parsePath } from './database.js';
import { Refusal } from './refusal.js';

export function acceptSamplingSession({ database }: Acceptor, body: z.output<typeof createSamplingSessionBody>) {
  database.session(body.session_id);
  const { base_model: baseModel, model_path: path } = body;
  if ((baseModel === undefined) === (path === undefined)) {
    throw new Refusal(400, 'Exactly one of base_model or model_path must be provided');
  }
  const id = database.newId('sampling');
  database.samplers.set(id, { id, ...(baseModel !== undefined && { baseModel }), ...(path !== undefined && { path }) });
  return { type: 'create_sampling_session', sampling_session_id: id };
}

export function samplerFacts({ database }: Acceptor, id: string) {
  const { baseModel, path } = database.sampler(id);
  const model = path === undefined ? undefined : parsePath(path)?.model;
  const base = baseModel ?? (model === undefined ? null : database.model(model).baseModel);
  return { sampler_id: id, base_model: base, model_path: path ?? null };
}

type SampleBody = z.output<typeof sampleBody>;

export function acceptSample(to: Acceptor, body: SampleBody): Accepted {
  const { baseModel, path } = sourceOf(to, body);
  if (body.topk_prompt_logprobs) throw new Refusal(400, 'topk_prompt_logprobs is not supported');
  const draw = drawOf(to, body);
  const payload = { ...body, seed: body.sampling_params.seed ?? draw.seed };
  if (path === undefined) {
    if (baseModel !== to.baseModel) {
      throw new Refusal(400, `Engine is configured for '${to.baseModel}' but request specified '${baseModel}'`);
    }
    return to.promiseUnnumbered('sample', undefined, payload, { do: 'sample', draw });
  }
  const from = parsePath(path);
  if (from?.kind !== 'sampler_weights') {
    throw new Refusal(
      400,
      'model_path must be tinker://model_id/checkpoint_id or tinker://model_id/sampler_weights/checkpoint_id',
    );
  }
  to.database.model(from.model);
  to.database.checkpoint(from.model, from.kind, from.name);
  const checkpoint = checkpointKey(from.model, from.kind, from.name);
  return to.promiseUnnumbered('sample', from.model, payload, { do: 'sample', checkpoint, draw });
}

function sourceOf({ database }: Acceptor, body: SampleBody): { baseModel?: string; path?: string } {
  const { sampling_session_id: session, seq_id, base_model: baseModel, model_path: path } = body;
  if (session !== undefined) {
    if (seq_id === undefined)
      throw new Refusal(422, [{ loc: ['body', 'seq_id'], msg: 'goes with sampling_session_id' }]);
    if (session.includes(':')) throw new Refusal(400, 'sampling_session_id must not contain a colon');
    return database.sampler(session);
  }
  if ((baseModel === undefined) === (path === undefined)) {
    throw new Refusal(422, [{ loc: ['body'], msg: 'exactly one of base_model or model_path must be provided' }]);
  }
  return { ...(baseModel !== undefined && { baseModel }), ...(path !== undefined && { path }) };
}

function drawOf(to: Acceptor, { prompt, num_samples, sampling_params, prompt_logprobs }: SampleBody): Draw {
  const { max_tokens, temperature, top_p, top_k, seed, stop = [] } = sampling_params;
  const tokens = stop.filter((one) => typeof one === 'number');
  const strings = stop.filter((one) => typeof one === 'string');
  return {
    prompt,
    count: num_samples,
    seed: (to.profile.seededSamples ? seed : undefined) ?? to.newSeed(),
    promptLogprobs: prompt_logprobs ?? false,
    options: {
      maxNewTokens: max_tokens,
      temperature,
      topP: top_p,
      topK: Math.max(0, top_k),
      stopTokens: tokens,
      ...(strings.length > 0 && { stopStrings: strings }),
    },
  };
}
