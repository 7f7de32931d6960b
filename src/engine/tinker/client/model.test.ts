import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type Datum,
  trainingOutputToJson,
  trainingOutputToProtobuf,
  trainingRequestFromProtobuf,
} from '../wire/index.js';
import { zstdAvailable } from './connection.js';
import { coded, promise, rig } from './scripted/rig.js';
import type { Request, Step } from './scripted/scripted-server.js';

const datum = (first: number): Datum => ({
  tokens: Int32Array.of(first, 2),
  inputs: {
    target_tokens: { dtype: 'int64', data: Int32Array.of(2, 3), shape: [2] },
    advantages: { dtype: 'float32', data: Float32Array.of(0, 0.5), shape: [2] },
  },
});
const loss = { name: 'importance_sampling' };
const logprobs = (first: number) => ({
  logprobs: { dtype: 'float32' as const, data: Float32Array.of(-first, -1), shape: [2] },
});
const output = (firsts: readonly number[]) => ({
  outputType: 'scalar',
  outputs: firsts.map(logprobs),
  metrics: { 'loss:sum': firsts.length },
});

/** A server that promises, and keeps its promises: request 10 + n has n as its number, and its first tokens as outputs. */
function training(steps: Record<string, Step | readonly Step[] | ((request: Request) => Step)> = {}) {
  const firsts = new Map<string, number[]>();
  const accept = ({ json }: Request): Step => {
    const id = String(10 + json.seq_id);
    const input = json.forward_backward_input ?? json.forward_input;
    const tokens = input?.data.map(
      (one: { model_input: { chunks: { tokens: number[] }[] } }) => one.model_input.chunks[0]!.tokens[0],
    );
    if (tokens) firsts.set(id, tokens);
    return promise(id);
  };
  return {
    'POST /forward_backward': accept,
    'POST /forward': accept,
    'POST /optim_step': accept,
    'POST /load_weights': accept,
    'POST /retrieve_future': ({ json }: Request): Step => {
      const found = firsts.get(json.request_id);
      return { json: found ? trainingOutputToJson(output(found)) : { metrics: { norm: 1 }, type: 'load_weights' } };
    },
    ...steps,
  };
}

describe('a training step', () => {
  it('sends gradient and optimizer step one after the other, numbered, and waits for results afterwards', async () => {
    const { model, server } = await rig(training());
    const receipts: unknown[] = [];
    const options = { onAccepted: (receipt: unknown) => receipts.push(receipt) };
    const gradient = model.forwardBackward([datum(1)], loss, options);
    const step = model.optimStep({ learningRate: 0.1, beta2: 0.95, epsilon: 1e-8 }, options);
    expect((await gradient).outputs).toEqual([logprobs(1)]);
    expect(await step).toEqual({ norm: 1 });
    expect(receipts).toEqual([
      { sequence: 1, requestIds: ['11'] },
      { sequence: 2, requestIds: ['12'] },
    ]);
    expect(model.nextSequence).toBe(3);
    expect(server.to('/forward_backward')[0]!.json).toEqual({
      model_id: 'model_1',
      seq_id: 1,
      forward_backward_input: {
        data: [
          {
            model_input: { chunks: [{ type: 'encoded_text', tokens: [1, 2] }] },
            loss_fn_inputs: {
              target_tokens: { data: [2, 3], dtype: 'int64', shape: [2] },
              advantages: { data: [0, 0.5], dtype: 'float32', shape: [2] },
            },
          },
        ],
        loss_fn: 'importance_sampling',
      },
    });
    expect(server.to('/optim_step')[0]!.json).toEqual({
      model_id: 'model_1',
      seq_id: 2,
      adam_params: { learning_rate: 0.1, beta2: 0.95, eps: 1e-8 },
    });
  });

  it('never sends a request before the one before is accepted', async () => {
    let accepted = false;
    const { model } = await rig(
      training({
        'POST /forward_backward': [{ status: 503, json: {} }, 'drop', promise('11')],
        'POST /optim_step': (request) => {
          expect(accepted).toBe(true);
          return promise(String(10 + request.json.seq_id));
        },
        'POST /retrieve_future': { json: trainingOutputToJson(output([1])) },
      }),
    );
    const gradient = model.forwardBackward([datum(1)], loss, {
      onAccepted: () => {
        accepted = true;
      },
    });
    await Promise.all([gradient, model.optimStep({ learningRate: 1 })]);
  });

  it('repeats a request whose answer was lost under its number', async () => {
    const { model, server } = await rig(
      training({ 'POST /optim_step': ['drop', { status: 500, text: '' }, promise('11')] }),
    );
    await model.optimStep({ learningRate: 1 });
    expect(server.to('/optim_step').map(({ json }) => json.seq_id)).toEqual([1, 1, 1]);
    expect(model.nextSequence).toBe(2);
  });

  it('sends what the server forgot (410) again under its number, though others came after it', async () => {
    let forgot = 0;
    const { model, server } = await rig(
      training({
        'POST /retrieve_future': ({ json }) => {
          if (json.request_id === '11' && forgot++ === 0) return { status: 410, json: {} };
          return { json: json.request_id === '11' ? trainingOutputToJson(output([1])) : { metrics: {} } };
        },
      }),
    );
    await Promise.all([model.forwardBackward([datum(1)], loss), model.optimStep({ learningRate: 1 })]);
    expect(server.to('/forward_backward').map(({ json }) => json.seq_id)).toEqual([1, 1]);
  });
});

describe('when a request fails', () => {
  it('those waiting behind it are not sent, later ones are, and its number is used again', async () => {
    const refused = { status: 422, json: { detail: 'bad' } };
    const { model, server } = await rig(training({ 'POST /forward_backward': refused }));
    const gradient = model.forwardBackward([datum(1)], loss);
    const step = model.optimStep({ learningRate: 1 });
    await expect(gradient).rejects.toEqual(coded('TINKER_REFUSED'));
    await expect(step).rejects.toEqual(coded('TINKER_TURN_DROPPED'));
    expect(server.to('/optim_step')).toHaveLength(0);
    await model.optimStep({ learningRate: 1 });
    expect(server.to('/optim_step')[0]!.json.seq_id).toBe(1);
  });

  it('and it may have been carried out, the model takes no more', async () => {
    const { model, server } = await rig(training({ 'POST /optim_step': 'drop' }), { patience: { failing: 5_000 } });
    await expect(model.optimStep({ learningRate: 1 })).rejects.toEqual(coded('TINKER_UNREACHABLE'));
    await expect(model.forwardBackward([datum(1)], loss)).rejects.toEqual(coded('TINKER_MODEL_UNCERTAIN'));
    expect(server.to('/forward_backward')).toHaveLength(0);
  });

  it('an abort before its turn drops it and what waits behind it, but not the one before', async () => {
    const controller = new AbortController();
    const { model, server } = await rig(training());
    const before = model.optimStep({ learningRate: 1 });
    const aborted = model.forwardBackward([datum(1)], loss, { signal: controller.signal });
    const after = model.optimStep({ learningRate: 2 });
    controller.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    await expect(after).rejects.toEqual(coded('TINKER_TURN_DROPPED'));
    await before;
    expect(server.to('/optim_step')).toHaveLength(1);
  });

  it('a number taken by another request is no matter of trying again', async () => {
    const reused = { status: 409, json: { detail: 'Training request sequence number was reused' } };
    const { model, server } = await rig(training({ 'POST /optim_step': reused }));
    await expect(model.optimStep({ learningRate: 1 })).rejects.toEqual(coded('TINKER_SEQUENCE_REUSED'));
    expect(server.to('/optim_step')).toHaveLength(1);
  });
});

describe('a server that does not look at numbers', () => {
  it('is sent no gradient and no step twice, but passes without gradient', async () => {
    const { session, server } = await rig(
      training({
        'POST /optim_step': 'drop',
        'POST /forward_backward': { status: 502, text: '' },
        'POST /forward': ['drop', promise('11')],
        'POST /retrieve_future': { json: trainingOutputToJson(output([1])) },
      }),
    );
    session.knowsRepetitions = false;
    const model = (id: string) => session.attachModel(id, { nextSequence: 1 });
    const lost = coded('TINKER_UNCERTAIN');
    await expect(model('a').optimStep({ learningRate: 1 })).rejects.toEqual(lost);
    await expect(model('b').forwardBackward([datum(1)], loss)).rejects.toEqual(lost);
    await model('c').forward([datum(1)], loss);
    expect([server.to('/optim_step').length, server.to('/forward_backward').length]).toEqual([1, 1]);
  });

  it('that forgot what it promised (410) is not asked again for a step', async () => {
    const { session, server } = await rig(training({ 'POST /retrieve_future': { status: 410, json: {} } }));
    session.knowsRepetitions = false;
    const model = session.attachModel('a', { nextSequence: 1 });
    await expect(model.optimStep({ learningRate: 1 })).rejects.toEqual(coded('TINKER_PROMISE_LOST'));
    expect(server.to('/optim_step')).toHaveLength(1);
  });
});

describe('a large batch', () => {
  const five = [1, 2, 3, 4, 5].map(datum);
  const config = { fwdbwd_max_chunk_len: 2 };

  it('goes in parts that share a turn, the first part last, and comes back in order', async () => {
    const { model, server } = await rig(training(), { config });
    const gradient = model.forwardBackward(five, loss);
    const step = model.optimStep({ learningRate: 1 });
    expect((await gradient).outputs).toEqual([1, 2, 3, 4, 5].map(logprobs));
    expect((await gradient).metrics).toEqual({ 'loss:sum': 5 });
    await step;
    const numbers = server.to('/forward_backward').map(({ json }) => json.seq_id);
    expect(numbers[2]).toBe(1);
    expect(numbers.toSorted()).toEqual([1, 2, 3]);
    expect(server.to('/optim_step')[0]!.json.seq_id).toBe(4);
  });

  it('goes part by part where the server wants it so', async () => {
    const { model, server } = await rig(training(), { config: { ...config, parallel_fwdbwd_chunks: false } });
    await model.forward(five, loss);
    expect(server.to('/forward').map(({ json }) => json.seq_id)).toEqual([1, 2, 3]);
  });

  it('that arrived in part leaves a gradient that nobody asked for', async () => {
    const half = ({ json }: Request): Step =>
      json.seq_id === 2 ? promise('12') : { status: 422, json: { detail: 'x' } };
    const { model } = await rig(training({ 'POST /forward_backward': half }), { config });
    await expect(model.forwardBackward(five, loss)).rejects.toEqual(coded('TINKER_REFUSED'));
    await expect(model.optimStep({ learningRate: 1 })).rejects.toEqual(coded('TINKER_MODEL_UNCERTAIN'));
  });

  it('is sent within the budget of bytes', async () => {
    let now = 0;
    let most = 0;
    const counted = async ({ json }: Request): Promise<Step> => {
      most = Math.max(most, ++now);
      // Long enough for another to arrive beside it.
      await new Promise((resolve) => setTimeout(resolve, 10));
      now--;
      return promise(String(10 + json.seq_id));
    };
    const done = { json: trainingOutputToJson(output([1])) };
    const bytes = 2 * (4 + 8 + 4);
    const { model } = await rig(
      { 'POST /forward_backward': counted, 'POST /retrieve_future': done },
      { config: { fwdbwd_max_chunk_len: 1, fwdbwd_dispatch_bytes_semaphore_size: 2 * bytes } },
    );
    await model.forwardBackward(
      Array.from({ length: 12 }, () => datum(1)),
      loss,
    );
    expect(most).toBe(2);
  });
});

describe('protobuf', () => {
  const steps = {
    'POST /forward_backward': promise('11'),
    'POST /retrieve_future': { bytes: trainingOutputToProtobuf(output([1])) },
  };

  it('carries request and result, and says by a flag what has no gradient', async () => {
    const { model, server } = await rig(steps, { protobuf: true });
    expect(await model.forward([datum(1)], { name: 'ppo', config: { clip_low_threshold: 0.8 } })).toEqual(output([1]));
    const { headers, bytes } = server.to('/forward_backward')[0]!;
    expect(headers['content-type']).toBe('application/x-protobuf');
    expect(headers['content-encoding']).toBeUndefined();
    expect(trainingRequestFromProtobuf(bytes)).toEqual({
      modelId: 'model_1',
      seqId: 1,
      data: [datum(1)],
      lossFn: 'ppo',
      lossFnConfig: { clip_low_threshold: 0.8 },
      forwardOnly: true,
    });
  });

  it.runIf(zstdAvailable)(
    'is compressed where the server takes it and this Node can, with its size in the frame',
    async () => {
      const { model, server } = await rig(steps, { protobuf: true, zstd: true });
      await model.forwardBackward([datum(1)], loss);
      const { headers, bytes } = server.to('/forward_backward')[0]!;
      expect(headers['content-encoding']).toBe('zstd');
      const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync(bytes: Uint8Array): Uint8Array };
      expect(trainingRequestFromProtobuf(zstdDecompressSync(bytes)).data).toEqual([datum(1)]);
      // Frame header descriptor: one of the sizes' forms, or a single segment, whose size is always there.
      expect(bytes[4]! & 0b1110_0000).not.toBe(0);
    },
  );
});

describe('what is wrong before or after', () => {
  it.each([
    ['no datum', []],
    ['a datum without targets', [{ tokens: Int32Array.of(1), inputs: {} }]],
    ['inputs of another length', [{ ...datum(1), tokens: Int32Array.of(1) }]],
  ])('%s is not sent', async (_, data) => {
    const { model, server } = await rig({});
    await expect(model.forwardBackward(data, loss)).rejects.toEqual(coded('TINKER_DATUM'));
    expect(server.requests).toHaveLength(0);
  });

  it('outputs for another number of datums are no answer', async () => {
    const wrong = { json: trainingOutputToJson(output([1, 2])) };
    const { model } = await rig(training({ 'POST /retrieve_future': wrong }));
    await expect(model.forwardBackward([datum(1)], loss)).rejects.toEqual(coded('TINKER_ANSWER'));
  });
});

it('loads weights with or without the optimizer, and always says which', async () => {
  const { model, server } = await rig(training());
  await model.loadWeights('tinker://model_0/weights/best', { optimizer: false });
  expect(server.to('/load_weights')[0]!.json).toEqual({
    model_id: 'model_1',
    path: 'tinker://model_0/weights/best',
    optimizer: false,
    seq_id: 1,
  });
  await expect(model.loadWeights('best', { optimizer: false })).rejects.toEqual(coded('TINKER_PATH'));
});

it('unloads after what was asked for is sent; what is gone already is well', async () => {
  const { model, server } = await rig(
    training({ 'POST /unload_model': { json: { request_id: '1', model_id: 'model_1' } } }),
  );
  const step = model.optimStep({ learningRate: 1 });
  await Promise.all([model.unload(), step]);
  expect(server.requests.map(({ path }) => path).filter((path) => path !== '/retrieve_future')).toEqual([
    '/optim_step',
    '/unload_model',
  ]);
  server.playing(() => ({ status: 404, json: { detail: 'Model not found' } }));
  await model.unload();
});
