import { describe, expect, it } from 'vitest';
import { coded, promise, rig } from './scripted/rig.js';

const taken = { status: 409, json: { detail: "Checkpoint 'best' already exists for model 'model_1'" } };
const date = { date: 'Thu, 01 Jan 2026 12:00:00 GMT' };
const listed = (checkpoint_type: string, checkpoint_id: string, time: string | null = '2026-01-01T12:00:01') => ({
  headers: date,
  json: { checkpoints: [{ checkpoint_id, checkpoint_type, time, tinker_path: 'tinker://x' }] },
});
const none = { json: { checkpoints: [] } };
const listing = 'GET /training_runs/model_1/checkpoints';

describe('saveWeights', () => {
  it('names the checkpoint as the server does', async () => {
    const { model, server } = await rig({
      'POST /save_weights': promise('1'),
      'POST /retrieve_future': { json: { path: 'tinker://model_1/weights/best', type: 'save_weights' } },
    });
    expect(await model.saveWeights('best')).toBe('tinker://model_1/weights/best');
    expect(server.to('/save_weights')[0]!.json).toEqual({ model_id: 'model_1', path: 'best', seq_id: 1 });
    await expect(model.saveWeights('no/slash')).rejects.toEqual(coded('TINKER_PATH'));
  });

  it('answered 409 after a lost answer: looks until the checkpoint is there, and does not save again', async () => {
    const { model, server } = await rig({
      'POST /save_weights': ['drop', taken],
      [listing]: [none, listed('sampler', 'best'), listed('training', 'best')],
    });
    expect(await model.saveWeights('best')).toBe('tinker://model_1/weights/best');
    expect(server.to('/save_weights')).toHaveLength(2);
    expect(model.nextSequence).toBe(2);
  });

  it.each([
    ['at once', [taken], '2026-01-01T11:59:00'],
    ['after a lost answer', ['drop', taken] as const, '2026-01-01T11:59:00'],
    ['at once, without a time', [taken], null],
  ])('answered 409 %s for what is older than the request: the name is another checkpoint’s', async (_, steps, time) => {
    const { model, caller } = await rig({
      'POST /save_weights': steps,
      [listing]: listed('training', 'best', time),
      'GET /healthz': { headers: date, json: { status: 'ok' } },
    });
    await caller.call('health', undefined);
    await expect(model.saveWeights('best')).rejects.toEqual(coded('TINKER_CHECKPOINT_EXISTS'));
  });

  it.each([
    ['made since', [taken], '2026-01-01T11:59:58Z'],
    ['without a time, after a lost answer', ['drop', taken] as const, null],
  ])('answered 409 for a checkpoint %s: it is ours', async (_, steps, time) => {
    const { model, caller } = await rig({
      'POST /save_weights': steps,
      [listing]: listed('training', 'best', time),
      'GET /healthz': { headers: date, json: { status: 'ok' } },
    });
    await caller.call('health', undefined);
    expect(await model.saveWeights('best')).toBe('tinker://model_1/weights/best');
  });

  it('answered 409 and never listed: it is not known what happened', async () => {
    const { model } = await rig({ 'POST /save_weights': ['drop', taken], [listing]: none });
    await expect(model.saveWeights('best')).rejects.toEqual(coded('TINKER_UNCERTAIN'));
    await expect(model.optimStep({ learningRate: 1 })).rejects.toEqual(coded('TINKER_MODEL_UNCERTAIN'));
  });
});

describe('sampler', () => {
  it('saves under a pair of numbers that no other has', async () => {
    const { model, server } = await rig({
      'POST /save_weights_for_sampler': promise('1'),
      'POST /retrieve_future': {
        json: { path: null, type: 'save_weights_for_sampler', sampling_session_id: 'sampling_9' },
      },
    });
    const first = await model.sampler();
    const second = await model.sampler();
    expect([first.id, first.checkpoint]).toEqual(['sampling_9', 'tinker://model_1/sampler_weights/ss0_seq1']);
    expect(second.checkpoint).toBe('tinker://model_1/sampler_weights/ss1_seq2');
    expect(server.to('/save_weights_for_sampler').map(({ json }) => json)).toEqual([
      { model_id: 'model_1', sampling_session_seq_id: 0, seq_id: 1 },
      { model_id: 'model_1', sampling_session_seq_id: 1, seq_id: 2 },
    ]);
  });

  it('answered 409 after a lost answer: samples from the checkpoint that is there', async () => {
    const { model, server } = await rig({
      'POST /save_weights_for_sampler': ['drop', taken],
      [listing]: listed('sampler', 'ss0_seq1'),
      'POST /create_sampling_session': { json: { sampling_session_id: 'sampling_3' } },
    });
    expect((await model.sampler()).id).toBe('sampling_3');
    expect(server.to('/create_sampling_session')[0]!.json).toEqual({
      session_id: 'session_1',
      sampling_session_seq_id: 1,
      model_path: 'tinker://model_1/sampler_weights/ss0_seq1',
    });
  });

  it('named neither by path nor by session is no answer', async () => {
    const { model } = await rig({
      'POST /save_weights_for_sampler': promise('1'),
      'POST /retrieve_future': { json: { path: null, sampling_session_id: null } },
    });
    await expect(model.sampler()).rejects.toThrow('names neither a path nor a sampling session');
  });
});
