/** One accepted request, applied: to the adapters, to the database, and written into the log whether it succeeded or not. */
import { passOutput, sampleOutput, stepMetrics } from './answers.js';
import type { CheckpointRow, Database } from './database.js';
import type { Future, Result } from './futures.js';
import type { Models } from './models.js';
import type { Operation, OperationLog } from './operation-log.js';
import type { ServerProfile } from './profile.js';
import { OperationFailed } from './refusal.js';
import type { Work } from './work.js';

export interface Place {
  readonly profile: ServerProfile;
  readonly database: Database;
  readonly models: Models;
  readonly log: OperationLog;
}

type Facts = Partial<Pick<Operation, 'asked' | 'used' | 'passes'>>;
type Applied = { readonly result: Result; readonly facts?: Facts };

/** @returns what settles the future */
export async function apply(place: Place, future: Future): Promise<Pick<Future, 'result'> | Pick<Future, 'error'>> {
  const { kind, model, said: seq, id: request, payload } = future;
  // A restart may take the adapter away in the middle of it.
  const versionNow = async () => {
    const adapter = model === undefined ? undefined : place.models.find(model)?.adapter;
    return adapter?.version().catch(() => undefined);
  };
  const from = await versionNow();
  const entry = (facts: Facts & { failed?: string }, to?: string): Operation => ({
    kind,
    ...(model !== undefined && { model }),
    ...(seq !== undefined && { seq }),
    request,
    payload,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...facts,
  });
  try {
    const { result, facts = {} } = await carryOut(place, future, future.work!);
    place.log.record(entry(facts, await versionNow()));
    return { result };
  } catch (error) {
    const failure = error instanceof OperationFailed ? error : new OperationFailed(`${error}`, 'server');
    place.log.record(entry({ failed: failure.message }, await versionNow()));
    return { error: { message: failure.message, category: failure.category } };
  }
}

const json = (value: unknown): Applied => ({ result: { form: 'json', value } });

async function carryOut(place: Place, future: Future, work: Work): Promise<Applied> {
  const { profile, models, database } = place;
  const id = future.model ?? '';
  switch (work.do) {
    case 'create':
      await models.create(id, work.rank, work.seed);
      return json({ ...created(place, id), type: 'create_model' });
    case 'unload':
      await models.unload(id);
      database.model(id).status = 'unloaded';
      return json({ model_id: id, status: 'unloaded', type: 'unload_model' });
    case 'pass':
      return pass(place, future, work);
    case 'step': {
      const passes = [...models.get(id).passes];
      const norm = await models.step(id, work.adam);
      return { ...json({ metrics: stepMetrics(profile, norm, work.adam.learning_rate) }), facts: { passes } };
    }
    case 'save':
      return save(place, id, work);
    case 'load': {
      const { snapshot } = database.checkpoints.get(work.checkpoint) ?? {};
      if (!snapshot) throw new OperationFailed('the checkpoint is gone');
      await models.load(id, snapshot, database.model(id).rank, work.optimizer);
      return json({ type: 'load_weights' });
    }
    case 'sample':
      return sample(place, id, work);
  }
}

function created({ profile, database }: Place, id: string) {
  const { baseModel, rank } = database.model(id);
  const lora = { rank, alpha: profile.alpha, seed: null, train_attn: true, train_mlp: true, train_unembed: false };
  return profile.name === 'twinkle' ? { model_id: id } : { model_id: id, base_model: baseModel, lora_config: lora };
}

async function pass(
  { profile, models }: Place,
  { kind, model, payload }: Future,
  { request }: Extract<Work, { do: 'pass' }>,
): Promise<Applied> {
  const loaded = models.find(model!);
  if (!loaded) throw new OperationFailed(`Model ${model} not loaded`);
  if (kind === 'forward') {
    return { result: { form: 'training', value: passOutput(profile, request, await loaded.adapter.forward(request)) } };
  }
  const result = await loaded.adapter.forwardBackward(request);
  loaded.passes.push(payload);
  return { result: { form: 'training', value: passOutput(profile, request, result) } };
}

function deleteOlder({ checkpoints }: Database, newest: CheckpointRow): void {
  for (const [key, row] of checkpoints) {
    if (row !== newest && row.model === newest.model && row.kind === newest.kind && row.snapshot)
      checkpoints.delete(key);
  }
}

async function save(
  { profile, models, database }: Place,
  id: string,
  { checkpoint, session }: Extract<Work, { do: 'save' }>,
): Promise<Applied> {
  const row = database.checkpoints.get(checkpoint);
  if (!row) throw new OperationFailed('the checkpoint was deleted before it was made');
  try {
    row.snapshot = await models.save(id, row.kind === 'weights');
  } catch (error) {
    row.failed = error instanceof Error ? error.message : `${error}`;
    throw error;
  }
  if (profile.snapshots === 'newest' && row.kind === 'sampler_weights') deleteOlder(database, row);
  if (row.kind === 'weights') return json({ path: `tinker://${id}/weights/${row.name}`, type: 'save_weights' });
  const path = session === undefined ? `tinker://${id}/${row.name}` : null;
  return json({ path, type: 'save_weights_for_sampler', sampling_session_id: session ?? null });
}

async function sample(
  { profile, models, database }: Place,
  id: string,
  { checkpoint, draw }: Extract<Work, { do: 'sample' }>,
): Promise<Applied> {
  if (checkpoint === undefined) {
    const output = await models.sampleBase(draw);
    return {
      result: { form: 'sampling', value: sampleOutput(profile, output) },
      facts: { asked: 'base', used: 'base' },
    };
  }
  const snapshot = database.checkpoints.get(checkpoint)?.snapshot;
  if (!snapshot) throw new OperationFailed('the checkpoint is gone');
  const { output, used } = await models.sample(id, checkpoint, snapshot, draw);
  return {
    result: { form: 'sampling', value: sampleOutput(profile, output) },
    facts: { asked: snapshot.version, used },
  };
}
