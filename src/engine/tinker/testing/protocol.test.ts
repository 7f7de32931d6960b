/** The protocol's manners, by plain fetch: sessions, futures, numbers, refusals. Facts marked (skyrl) were observed on SkyRL's API server. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModels } from '../../conformance/tiny-model.js';
import { protobufType } from '../wire/calls.js';
import { sampleOutputFromProtobuf, sampleOutputJson } from '../wire/sampling.js';
import { forwardBackwardBody, trainingRequestOf, trainingRequestToProtobuf } from '../wire/training.js';
import { trainingOutputFromProtobuf, trainingOutputJson } from '../wire/training-output.js';
import { type FakeServer, type FakeServerOptions, startFakeServer } from './fake-server.js';
import { datum, modelInput, PlainClient } from './plain-client.js';
import { hosted, profiles, type ServerProfile, skyrlJax, skyrlMegatron, twinkle } from './profile.js';

let models: Awaited<ReturnType<typeof writeTinyModels>>;
let server: FakeServer;
let client: PlainClient;

const start = async (profile: ServerProfile, options: Partial<FakeServerOptions> = {}) => {
  server = await startFakeServer({
    profile,
    model: { folder: models.folder('untied') },
    baseModel: 'tiny',
    ...options,
  });
  client = new PlainClient(server.url, options.apiKey ? { 'x-api-key': options.apiKey } : {});
};
const text = [0, 1, 2, 9, 3, 4, 5];
const passBody = (model: string, seq_id: number, data: object[] = [datum(text, 4)]) => ({
  model_id: model,
  seq_id,
  forward_backward_input: { data, loss_fn: 'cross_entropy' },
});

beforeAll(async () => {
  models = await writeTinyModels();
});
afterEach(() => server.close());
afterAll(() => models.remove());

describe('a promised result', () => {
  const wait = { futureWaitMilliseconds: 5 };

  it('(skyrl) 408 while it is not there, 400 when it failed, 404 when nobody knows it', async () => {
    await start(skyrlJax, wait);
    const model = await client.model();
    server.pause();
    const { body } = await client.post('/forward_backward', passBody(model, 1));
    expect(body).toEqual({ future_id: body.request_id, status: 'pending', request_id: body.request_id });
    const ask = (request_id: string) => client.post('/retrieve_future', { request_id });
    expect(await ask(body.request_id)).toEqual({ status: 408, body: { detail: 'Timeout waiting for result' } });
    server.resume();
    const { status, body: result } = await client.result({ status: 200, body });
    expect([status, result.loss_fn_output_type, result.metrics]).toEqual([200, 'scalar', {}]);
    expect(Object.keys(result.loss_fn_outputs[0])).toEqual(['logprobs', 'elementwise_loss']);
    expect(result.loss_fn_outputs[0].logprobs).toMatchObject({ dtype: 'float32', shape: [6] });
    // As often as one likes.
    expect((await ask(body.request_id)).body).toEqual(result);
    expect(await ask('4711')).toEqual({ status: 404, body: { detail: 'Future not found' } });
    expect(await ask('one')).toEqual({ status: 500, body: 'Internal Server Error' });
    const failed = await client.pass(await client.model(), [datum([0, 99])]);
    expect([failed.status, Object.keys(failed.body)]).toEqual([400, ['detail']]);
  });

  it('twinkle and hosted: in words of their own', async () => {
    for (const profile of [twinkle, hosted]) {
      if (profile === hosted) await server.close();
      await start(profile, wait);
      const model = await client.model();
      server.pause();
      const { body } = await client.post('/forward_backward', passBody(model, 1, [datum([0, 99])]));
      const ask = () => client.post('/retrieve_future', { request_id: body.request_id });
      const again = { type: 'try_again', request_id: body.request_id, queue_state: 'active' };
      if (profile === hosted) expect(await ask()).toEqual({ status: 408, body: { queue_state: 'active' } });
      expect(await ask()).toEqual({ status: 200, body: again });
      server.resume();
      const failed = await client.result({ status: 200, body });
      expect(failed).toEqual({
        status: 200,
        body: { error: expect.stringContaining('ENGINE_BAD_TOKEN'), category: 'user' },
      });
    }
  });

  it('hosted: says its size first, where it is large and the client allows it', async () => {
    await start({ ...hosted, metadataAbove: 100 });
    const model = await client.model();
    const { body } = await client.post('/forward_backward', passBody(model, 1));
    const ask = (allow: boolean) =>
      client.post('/retrieve_future', { request_id: body.request_id, allow_metadata_only: allow });
    await client.result({ status: 200, body });
    const whole = await ask(false);
    expect(await ask(true)).toEqual({
      status: 200,
      body: { status: 'complete_metadata', response_payload_size: JSON.stringify(whole.body).length },
    });
  });
});

describe('sequence numbers', () => {
  it('(skyrl) the same request is one request, another one is refused', async () => {
    await start(skyrlJax);
    const model = await client.model();
    const [first, again] = [
      await client.post('/forward_backward', passBody(model, 1)),
      await client.post('/forward_backward', passBody(model, 1)),
    ];
    expect(again).toEqual(first);
    const other = passBody(model, 1, [datum(text, 3)]);
    const refused = { status: 409, body: { detail: 'Training request sequence number was reused' } };
    expect(await client.post('/forward_backward', other)).toEqual(refused);
    const step = { model_id: model, seq_id: 1, adam_params: { learning_rate: 0.1 } };
    expect(await client.post('/optim_step', step)).toEqual(refused);
    const steps = [
      { ...step, seq_id: 2 },
      { ...step, seq_id: 2 },
    ];
    for (const one of steps) await client.result(await client.post('/optim_step', one));
    expect(server.log.of('optimStep')).toHaveLength(1);
    expect(server.log.of('optimStep')[0]?.passes).toHaveLength(1);
    // Without a number a repetition is another step: the oracle sees that by its data.
    for (let i = 0; i < 2; i++) {
      const { seq_id, ...bare } = passBody(model, 9);
      await client.result(await client.post('/forward_backward', bare));
      await client.result(await client.post('/optim_step', { model_id: model, adam_params: { learning_rate: 0.1 } }));
    }
    expect(server.log.of('optimStep')).toHaveLength(3);
    expect(server.log.repeatedSteps()).toEqual([]);
    expect(server.log.repeatedData()).toHaveLength(2);
  });

  it('twinkle: mean nothing: a repetition is done again', async () => {
    await start(twinkle);
    const model = await client.model();
    const step = { model_id: model, seq_id: 2, adam_params: { learning_rate: 0.1 } };
    for (let i = 0; i < 2; i++) {
      await client.result(await client.post('/forward_backward', passBody(model, 1)));
      await client.result(await client.post('/optim_step', step));
    }
    expect(server.log.of('optimStep').map(({ seq }) => seq)).toEqual([2, 2]);
    expect(server.log.repeatedSteps()).toHaveLength(1);
    // Nothing waits any more.
    const { body } = await client.result(await client.post('/optim_step', { ...step, seq_id: 3 }));
    expect(body.error).toContain('No accumulated gradients');
  });

  it('hosted: run in their order, whatever the order of arrival', async () => {
    await start(hosted, { futureWaitMilliseconds: 30 });
    const model = await client.model();
    const step = await client.post('/optim_step', { model_id: model, seq_id: 2, adam_params: { learning_rate: 0.1 } });
    const early = await client.post('/retrieve_future', { request_id: step.body.request_id });
    expect(early.status).toBe(408);
    const pass = await client.post('/forward_backward', passBody(model, 1));
    await client.result(pass);
    await client.result(step);
    expect(server.log.operations.slice(1).map(({ kind, seq }) => [kind, seq])).toEqual([
      ['forwardBackward', 1],
      ['optimStep', 2],
    ]);
    expect(server.log.of('optimStep')[0]?.passes).toHaveLength(1);
  });

  it('hosted: saves have one too, and must', async () => {
    await start(hosted);
    const model = await client.model();
    const save = { model_id: model, path: 'kept', seq_id: 1 };
    const [first, again] = [await client.post('/save_weights', save), await client.post('/save_weights', save)];
    expect(again).toEqual(first);
    expect((await client.post('/save_weights', { model_id: model, path: 'kept' })).status).toBe(422);
  });
});

describe('checkpoints', () => {
  it('(skyrl) a name is used once; while it is made it cannot be used', async () => {
    await start(skyrlJax);
    const model = await client.model();
    server.pause();
    const saved = await client.post('/save_weights_for_sampler', { model_id: model, path: 'named' });
    const twice = await client.post('/save_weights_for_sampler', { model_id: model, path: 'named' });
    expect(twice).toEqual({ status: 409, body: { detail: `Checkpoint 'named' already exists for model '${model}'` } });
    const sample = {
      num_samples: 1,
      prompt: modelInput([0]),
      sampling_params: { max_tokens: 1 },
      model_path: `tinker://${model}/named`,
    };
    const early = { status: 425, body: { detail: 'Checkpoint is still being created' } };
    expect(await client.post('/asample', sample)).toEqual(early);
    expect(await client.call('DELETE', `/training_runs/${model}/checkpoints/sampler_weights/named`)).toEqual(early);
    server.resume();
    expect((await client.result(saved)).body).toEqual({
      path: `tinker://${model}/named`,
      type: 'save_weights_for_sampler',
      sampling_session_id: null,
    });
    expect((await client.result(await client.post('/asample', sample))).status).toBe(200);
  });

  it('(skyrl) an ephemeral one is a sampling session, and has a path as well', async () => {
    await start(skyrlJax);
    const model = await client.model();
    const asked = { model_id: model, sampling_session_seq_id: 3, seq_id: 8 };
    const { body } = await client.result(await client.post('/save_weights_for_sampler', asked));
    expect(body).toEqual({
      path: null,
      type: 'save_weights_for_sampler',
      sampling_session_id: expect.stringMatching(/^sampling_[0-9a-f]{8}$/),
    });
    expect((await client.post('/save_weights_for_sampler', asked)).status).toBe(409);
    const path = `tinker://${model}/sampler_weights/ss3_seq8`;
    expect((await client.call('GET', `/samplers/${body.sampling_session_id}`)).body).toEqual({
      sampler_id: body.sampling_session_id,
      base_model: 'tiny',
      model_path: path,
    });
    // Whoever lost the answer opens another session on it.
    const opened = await client.post('/create_sampling_session', {
      session_id: await client.sessionId(),
      sampling_session_seq_id: 9,
      model_path: path,
    });
    expect((await client.sample(opened.body.sampling_session_id)).body).toEqual(
      (await client.sample(body.sampling_session_id)).body,
    );
  });

  it('(skyrl) are listed and deleted, after unloading too', async () => {
    await start(skyrlJax);
    const model = await client.model();
    await client.ask('/save_weights', model, { path: 'one' });
    await client.ask('/save_weights_for_sampler', model, { path: 'two' });
    const list = async () => (await client.call('GET', `/training_runs/${model}/checkpoints`)).body.checkpoints;
    expect(await list()).toMatchObject([
      { checkpoint_id: 'one', checkpoint_type: 'training', tinker_path: `tinker://${model}/weights/one` },
      { checkpoint_id: 'two', checkpoint_type: 'sampler', tinker_path: `tinker://${model}/sampler_weights/two` },
    ]);
    expect((await client.post('/weights_info', { tinker_path: `tinker://${model}/weights/one` })).body).toEqual({
      base_model: 'tiny',
      is_lora: true,
      lora_rank: 4,
    });
    await client.result(await client.post('/unload_model', { model_id: model }));
    const drop = (path: string) => client.call('DELETE', `/training_runs/${model}/checkpoints/${path}`);
    expect((await drop('weights/one')).status).toBe(204);
    expect((await drop('weights/one')).status).toBe(404);
    expect((await drop('elsewhere/two')).status).toBe(400);
    expect(await list()).toHaveLength(1);
    expect((await client.call('GET', '/training_runs')).body).toMatchObject({
      training_runs: [{ training_run_id: model, lora_rank: 4 }],
      cursor: { offset: 0, limit: 20, total_count: 1 },
    });
  });
});

describe('models and sessions', () => {
  it('(skyrl) any base model is trained as the one that is there; a repeated creation is a second model', async () => {
    await start(skyrlJax);
    expect(await fetch(server.url).then((response) => response.json())).toEqual({ name: 'Tinker API Mock' });
    expect((await client.call('GET', '/get_server_capabilities')).body).toEqual({
      supported_models: [{ model_name: 'tiny' }],
    });
    const asked = { session_id: await client.sessionId(), base_model: 'other/model', lora_config: { rank: 4 } };
    const [one, two] = [await client.post('/create_model', asked), await client.post('/create_model', asked)];
    expect(one.body).toMatchObject({ base_model: 'other/model', status: 'created', lora_config: { rank: 4 } });
    expect(one.body.model_id).not.toBe(two.body.model_id);
    expect((await client.result(one)).body).toMatchObject({
      base_model: 'other/model',
      lora_config: { rank: 4, alpha: 32 },
    });
    await client.result(two);
    expect(server.loaded).toHaveLength(2);
    const lost = await client.post('/create_model', { ...asked, session_id: 'session_gone' });
    expect(lost).toEqual({ status: 404, body: { detail: 'Session not found' } });
    const { lora_config, ...bare } = asked;
    expect((await client.post('/create_model', bare)).status).toBe(422);
  });

  it('(skyrl) a pass behind a creation that is not there yet fails; a load between holds it back', async () => {
    await start(skyrlJax);
    const first = await client.model();
    const path = (await client.ask('/save_weights', first, { path: 'one' })).body.path;
    server.pause();
    const create = async () =>
      (
        await client.post('/create_model', {
          session_id: await client.sessionId(),
          base_model: 'tiny',
          lora_config: { rank: 4 },
        })
      ).body.model_id;
    const [bare, loaded] = [await create(), await create()];
    const fails = await client.post('/forward_backward', passBody(bare, 1));
    await client.post('/load_weights', { model_id: loaded, seq_id: 1, path, optimizer: false });
    const works = await client.post('/forward_backward', passBody(loaded, 2));
    server.resume();
    expect(await client.result(fails)).toEqual({ status: 400, body: { detail: `Model ${bare} not loaded` } });
    expect((await client.result(works)).status).toBe(200);
  });

  it('hosted: models are numbered, bodies are strict', async () => {
    await start(hosted);
    const session_id = await client.sessionId();
    const asked = { session_id, base_model: 'tiny', lora_config: { rank: 4 }, model_seq_id: 2 };
    const [one, again] = [await client.post('/create_model', asked), await client.post('/create_model', asked)];
    expect([Object.keys(one.body), again.body]).toEqual([['request_id'], one.body]);
    expect((await client.result(one)).body.model_id).toBe(`${session_id}:train:2`);
    expect((await client.post('/create_model', { ...asked, model_role: 'policy', model_seq_id: 3 })).status).toBe(422);
    expect((await client.post('/create_model', { ...asked, model_seq_id: undefined })).status).toBe(422);
    expect((await client.post('/create_model', { ...asked, base_model: 'other', model_seq_id: 4 })).status).toBe(400);
  });

  it('(skyrl) a session without heartbeats for too long loses its models; one that never had any does not', async () => {
    await start(skyrlJax, { sessionTimeoutMilliseconds: 60 });
    const silent = await client.model();
    const other = new PlainClient(server.url);
    const lost = await other.model();
    expect((await other.post('/session_heartbeat', { session_id: await other.sessionId() })).body).toEqual({
      type: 'session_heartbeat',
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.loaded).toEqual([silent]);
    expect((await other.pass(lost, [datum(text)])).body.detail).toBe(`Model ${lost} not loaded`);
    expect(server.log.of('session-expired')).toMatchObject([{ model: lost }]);
    expect((await client.post('/session_heartbeat', { session_id: 'session_gone' })).status).toBe(404);
  });

  it.each(Object.values(profiles))('$name: asks for the key', async (profile) => {
    await start(profile, { apiKey: 'tml-test' });
    expect((await new PlainClient(server.url).post('/create_session', { tags: [], sdk_version: '0' })).status).toBe(
      401,
    );
    expect(await client.sessionId()).toMatch(/^session_/);
  });

  it('hosted: changes the key for a token', async () => {
    await start(hosted, { apiKey: 'tml-test', pjwt: true });
    expect((await client.post('/client/config', { sdk_version: '0' })).body.pjwt_auth_enabled).toBe(true);
    const session = { tags: [], sdk_version: '0' };
    expect((await client.post('/create_session', session)).status).toBe(401);
    const { body } = await client.post('/auth/token', {});
    const holder = new PlainClient(server.url, { 'x-api-key': body.jwt });
    expect((await holder.post('/create_session', session)).status).toBe(200);
  });
});

describe('bodies', () => {
  it('(skyrl) that cannot be right are refused', async () => {
    await start(skyrlJax);
    const model = await client.model();
    const refused = async (data: object[], loss_fn = 'cross_entropy', more: object = {}) =>
      (await client.post('/forward_backward', { model_id: model, forward_backward_input: { data, loss_fn, ...more } }))
        .status;
    const { model_input, loss_fn_inputs } = datum(text);
    expect(await refused([datum(text)], 'dro')).toBe(422);
    expect(await refused([datum(text)], 'ppo', { loss_fn_config: { strange: 1 } })).toBe(422);
    expect(await refused([{ model_input, loss_fn_inputs: { weights: loss_fn_inputs.weights } }])).toBe(500);
    expect(await refused([{ model_input }])).toBe(422);
    const sample = (sampling_params: object) =>
      client.post('/asample', { base_model: 'tiny', prompt: modelInput([0]), sampling_params });
    expect((await sample({ max_tokens: 0 })).status).toBe(400);
    expect((await sample({})).status).toBe(400);
    expect((await sample({ max_tokens: 1, stop: '.' })).status).toBe(422);
    expect(
      (await client.post('/asample', { prompt: modelInput([0]), sampling_params: { max_tokens: 1 } })).status,
    ).toBe(422);
    expect((await client.pass(model, [datum(text)], 'gspo')).status).toBe(400);
    expect((await client.post('/forward_backward', passBody('model_gone', 1))).body).toEqual({
      detail: 'Model not found',
    });
    expect((await client.call('GET', '/nowhere')).status).toBe(404);
  });

  it('targets that are not what follows are the client’s mistake', async () => {
    await start(hosted);
    const model = await client.model();
    const { model_input, loss_fn_inputs } = datum(text);
    const shifted = { ...loss_fn_inputs, target_tokens: { ...loss_fn_inputs.target_tokens, data: text.slice(0, -1) } };
    const { body } = await client.pass(model, [{ model_input, loss_fn_inputs: shifted }]);
    expect(body.error).toContain('target_tokens[0] is not the token that follows');
  });

  it('may be protobuf, and answers too: the same content', async () => {
    await start(skyrlMegatron);
    const model = await client.model();
    const json = passBody(model, 1);
    const request = trainingRequestOf(forwardBackwardBody.parse(json));
    const send = (body: Uint8Array, headers: Record<string, string> = {}) =>
      fetch(`${server.url}/api/v1/forward_backward`, {
        method: 'POST',
        headers: { 'content-type': protobufType, ...headers },
        body: body as Uint8Array<ArrayBuffer>,
      });
    const first = (await (await send(trainingRequestToProtobuf(request))).json()) as { request_id: string };
    // In the other form it is the same request.
    expect((await client.post('/forward_backward', json)).body.request_id).toBe(first.request_id);
    const binary = async (request_id: string) => {
      const answer = await fetch(`${server.url}/api/v1/retrieve_future`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: protobufType },
        body: JSON.stringify({ request_id }),
      });
      expect(answer.headers.get('content-type')).toBe(protobufType);
      return new Uint8Array(await answer.arrayBuffer());
    };
    const plain = await client.result({ status: 200, body: first });
    expect(trainingOutputFromProtobuf(await binary(first.request_id))).toEqual(trainingOutputJson.parse(plain.body));
    const session = await client.snapshot(model);
    const asked = {
      sampling_session_id: session,
      seq_id: 1,
      num_samples: 2,
      prompt: modelInput([0, 1]),
      prompt_logprobs: true,
    };
    const sampled = await client.post('/asample', { ...asked, sampling_params: { max_tokens: 3, seed: 1 } });
    const output = await client.result(sampled);
    expect(sampleOutputFromProtobuf(await binary(sampled.body.request_id))).toEqual(
      sampleOutputJson.parse(output.body),
    );
    // Forward alone is a flag of the same message.
    const forward = (await (
      await send(trainingRequestToProtobuf({ ...request, seqId: 2, forwardOnly: true }))
    ).json()) as { request_id: string };
    expect((await client.result({ status: 200, body: forward })).body).toEqual(plain.body);
    expect(server.log.of('forward')).toHaveLength(1);
    expect((await send(Uint8Array.of(255, 255))).status).toBe(422);
    expect((await send(Uint8Array.of(), { 'content-encoding': 'br' })).status).toBe(415);
  });
});
