/** Checkpoints as requests come in: their rows are made at once, what they hold later. */
import type { z } from 'zod';
import type { saveWeightsBody, saveWeightsForSamplerBody } from '../wire/checkpoints.js';
import type { Accepted, Acceptor } from './acceptor.js';
import { type CheckpointKind, type CheckpointRow, checkpointKey, parsePath } from './database.js';
import { Refusal } from './refusal.js';

export function acceptSave(to: Acceptor, body: z.output<typeof saveWeightsBody>): Accepted {
  const { model_id: model, path: name, seq_id } = body;
  return to.promise({
    kind: 'saveWeights',
    row: to.database.model(model),
    ...to.numberOf(seq_id, 'saves'),
    payload: { name },
    work: () => ({ do: 'save', checkpoint: newCheckpoint(to, model, 'weights', name) }),
  });
}

/** Named by `path`, or ephemeral: then a sampling session is opened on it. */
export function acceptSamplerSave(to: Acceptor, body: z.output<typeof saveWeightsForSamplerBody>): Accepted {
  const { model_id: model, sampling_session_seq_id: session, seq_id, path } = body;
  const ephemeral = session !== undefined && seq_id != null;
  if (!path && !ephemeral) {
    throw new Refusal(422, [{ loc: ['body'], msg: 'path, or sampling_session_seq_id and seq_id, must be given' }]);
  }
  const name = path ?? `ss${session}_seq${seq_id}`;
  return to.promise({
    kind: 'saveWeightsForSampler',
    row: to.database.model(model),
    ...to.numberOf(seq_id, 'saves'),
    payload: { name, session },
    work: () => {
      const checkpoint = newCheckpoint(to, model, 'sampler_weights', name);
      if (!ephemeral) return { do: 'save', checkpoint };
      return { do: 'save', checkpoint, session: newSampler(to, `tinker://${model}/sampler_weights/${name}`) };
    },
  });
}

function newCheckpoint({ database, profile }: Acceptor, model: string, kind: CheckpointKind, name: string): string {
  const key = checkpointKey(model, kind, name);
  if (database.checkpoints.has(key) && !profile.overwrites) {
    throw new Refusal(409, `Checkpoint '${name}' already exists for model '${model}'`);
  }
  database.checkpoints.set(key, { model, kind, name, time: new Date() });
  return key;
}

function newSampler({ database }: Acceptor, path: string): string {
  const id = database.newId('sampling');
  database.samplers.set(id, { id, path });
  return id;
}

export function acceptLoad(
  to: Acceptor,
  model: string,
  path: string,
  optimizer: boolean,
  seq: number | null | undefined,
): Accepted {
  const row = to.database.model(model);
  const from = parsePath(path);
  if (from?.kind !== 'weights') {
    throw new Refusal(400, 'request.path must be in format tinker://source_model_id/weights/checkpoint_id');
  }
  return to.promise({
    kind: 'loadWeights',
    row,
    ...to.numberOf(seq, 'passes'),
    payload: { path, optimizer },
    work: () => {
      if (row.requests > 0) {
        throw new Refusal(400, `LoadWeights is not permitted with seq_id ${seq ?? row.requests + 1}`);
      }
      to.database.checkpoint(from.model, 'weights', from.name);
      return { do: 'load', checkpoint: checkpointKey(from.model, 'weights', from.name), optimizer };
    },
  });
}

export function listCheckpoints({ database }: Acceptor, model: string) {
  database.model(model);
  const rows = [...database.checkpoints.values()].filter((row) => row.model === model && row.snapshot);
  return { checkpoints: rows.map(checkpointFacts) };
}

const checkpointFacts = ({ model, kind, name, time }: CheckpointRow) => ({
  checkpoint_id: name,
  checkpoint_type: kind === 'weights' ? 'training' : 'sampler',
  time: time.toISOString(),
  tinker_path: `tinker://${model}/${kind}/${name}`,
});

export function deleteCheckpoint({ database }: Acceptor, model: string, kind: string, name: string): void {
  if (kind !== 'weights' && kind !== 'sampler_weights')
    throw new Refusal(400, `Invalid checkpoint path: ${kind}/${name}`);
  database.checkpoint(model, kind, name);
  database.checkpoints.delete(checkpointKey(model, kind, name));
}

export function weightsInfo({ database }: Acceptor, path: string) {
  const from = parsePath(path);
  if (!from) throw new Refusal(400, 'tinker_path must be in format tinker://model_id/weights/checkpoint_id');
  const row = database.model(from.model);
  database.checkpoint(from.model, from.kind, from.name);
  return { base_model: row.baseModel, is_lora: true, lora_rank: row.rank };
}
