/** Sessions and models as requests come in. */
import type { z } from 'zod';
import type { createModelBody } from '../wire/models.js';
import type { Acceptor } from './acceptor.js';
import type { ModelRow } from './database.js';
import { Refusal } from './refusal.js';

export function acceptSession({ database }: Acceptor) {
  const id = database.newId('session');
  database.sessions.set(id, { id, heartbeat: undefined, expired: false });
  return { type: 'create_session', info_message: null, warning_message: null, error_message: null, session_id: id };
}

export function acceptHeartbeat({ database }: Acceptor, session: string, now: number) {
  database.session(session).heartbeat = now;
  return { type: 'session_heartbeat' };
}

export function acceptModel(to: Acceptor, body: z.output<typeof createModelBody>) {
  const { database, profile, baseModel } = to;
  database.session(body.session_id);
  if (profile.checksBaseModel && body.base_model !== baseModel) {
    throw new Refusal(400, `Base model ${body.base_model} is not supported`);
  }
  const id = profile.modelsNumbered ? numberedId(body) : database.newId('model');
  const known = profile.modelsNumbered ? database.models.get(id) : undefined;
  const { rank, seed = null } = body.lora_config;
  if (known && known.rank !== rank) throw new Refusal(409, `model_seq_id ${body.model_seq_id} was reused`);
  const row = known ?? newRow(id, body);
  if (!known) {
    database.models.set(id, row);
    row.request = to.promiseUnnumbered('createModel', id, body, { do: 'create', rank, seed }).request_id;
  }
  const answer = { request_id: row.request };
  if (profile.modelNamedLate) return answer;
  return { ...answer, model_id: id, base_model: body.base_model, lora_config: { rank, seed }, status: 'created' };
}

function numberedId({ session_id, model_seq_id }: z.output<typeof createModelBody>): string {
  if (model_seq_id === undefined) throw new Refusal(422, [{ loc: ['body', 'model_seq_id'], msg: 'is needed' }]);
  return `${session_id}:train:${model_seq_id}`;
}

function newRow(id: string, body: z.output<typeof createModelBody>): ModelRow {
  return {
    id,
    session: body.session_id,
    baseModel: body.base_model,
    rank: body.lora_config.rank,
    metadata: body.user_metadata ?? null,
    created: new Date(),
    status: 'created',
    requests: 0,
    request: '',
  };
}

export function acceptUnload(to: Acceptor, model: string) {
  const row = to.database.model(model);
  if (row.status !== 'unloaded') row.status = 'unloading';
  const { request_id } = to.promiseUnnumbered('unloadModel', model, {}, { do: 'unload' });
  return { request_id, model_id: model };
}

export function modelInfo({ database, profile, baseModel }: Acceptor, id: string) {
  const row = database.model(id);
  if (profile.name.startsWith('skyrl')) {
    const lora_config = { rank: row.rank, seed: null };
    return {
      model_id: id,
      status: row.status,
      model_data: { base_model: row.baseModel, lora_config, model_name: baseModel },
    };
  }
  const facts = { is_lora: true, lora_rank: row.rank, model_name: baseModel };
  return { model_id: id, model_data: { arch: 'llama', model_name: baseModel, tokenizer_id: baseModel }, ...facts };
}

export function trainingRun(row: ModelRow) {
  return {
    training_run_id: row.id,
    base_model: row.baseModel,
    model_owner: 'default',
    is_lora: true,
    corrupted: false,
    lora_rank: row.rank,
    last_request_time: row.created.toISOString(),
    last_checkpoint: null,
    last_sampler_checkpoint: null,
    user_metadata: row.metadata,
  };
}

export function trainingRuns({ database }: Acceptor, offset: number, limit: number) {
  const rows = [...database.models.values()];
  return {
    training_runs: rows.slice(offset, offset + limit).map(trainingRun),
    cursor: { offset, limit, total_count: rows.length },
  };
}
