/** The server without a model: answers of the asked sizes, and nothing else is different. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeServer, startFakeServer } from './fake-server.js';
import { datum, modelInput, PlainClient } from './plain-client.js';
import { profiles } from './profile.js';

/** Built by `npm test` before. */
const script = fileURLToPath(new URL('../../../../dist/engine/tinker/testing/null-server.js', import.meta.url));

const stepOf = (model: string) => ({ model_id: model, adam_params: { learning_rate: 0.1 } });

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('the null server', () => {
  it.each(Object.values(profiles))('$name: answers in the asked sizes', async (profile) => {
    server = await startFakeServer({ profile, model: { vocabularySize: 50 }, baseModel: 'tiny' });
    const client = new PlainClient(server.url);
    const model = await client.model();
    const tokens = Array.from({ length: 101 }, (_, i) => i % 50);
    const { body } = await client.pass(model, [datum(tokens), datum(tokens.slice(0, 11))]);
    expect(body.loss_fn_outputs.map(({ logprobs }: { logprobs: { data: number[] } }) => logprobs.data.length)).toEqual([
      100, 10,
    ]);
    expect((await client.step(model)).status).toBe(200);
    const session = await client.snapshot(model);
    const sampled = await client.sample(session, { num_samples: 3, sampling_params: { max_tokens: 64, seed: 40 } });
    for (const sequence of sampled.body.sequences) {
      expect([sequence.tokens.length, sequence.logprobs.length, sequence.stop_reason]).toEqual([64, 64, 'length']);
      expect(sequence.tokens.every((token: number) => token >= 0 && token < 50)).toBe(true);
    }
    expect(server.log.of('sample')).toMatchObject([{ asked: 'step-1', used: 'step-1' }]);
    expect(server.traffic.received).toBeGreaterThan(500);
    expect(server.traffic.sent).toBeGreaterThan(500);
  });

  it('ends completions as it is told to, and forgets what it told', async () => {
    const model = { vocabularySize: 50, endings: [[7, 8, 9], [3]] };
    server = await startFakeServer({ profile: profiles.hosted, model, baseModel: 'tiny', forgetsResults: true });
    const client = new PlainClient(server.url);
    const session = await client.snapshot(await client.model());
    const asked = { sampling_session_id: session, seq_id: 0, num_samples: 4, prompt: modelInput([1]) };
    const promised = await client.post('/asample', { ...asked, sampling_params: { max_tokens: 5, seed: 0 } });
    const { body } = await client.result(promised);
    const ends = body.sequences.map(({ tokens }: { tokens: number[] }) => tokens.slice(-3));
    expect(ends.map((end: number[]) => end.at(-1))).toEqual([9, 3, 9, 3]);
    expect(ends[2]).toEqual([7, 8, 9]);
    expect((await client.result(promised)).status).toBe(404);
  });

  it('takes the time that it is told to', async () => {
    const pace = { workMilliseconds: { optimStep: 40 } };
    server = await startFakeServer({ profile: profiles['skyrl-jax'], model: { vocabularySize: 50 }, pace });
    const client = new PlainClient(server.url);
    const model = await client.model();
    const [before] = [performance.now()];
    await client.step(model);
    expect(performance.now() - before).toBeGreaterThan(38);
    // Two side by side leave no gap; the pause after them is one once there is something to do again.
    const old = server.busy;
    const promised = [await client.post('/optim_step', stepOf(model)), await client.post('/optim_step', stepOf(model))];
    await Promise.all(promised.map((one) => client.result(one)));
    const idle = server.busy.idleSeconds;
    await setTimeout(150);
    expect(server.busy.idleSeconds).toBe(idle);
    await client.step(model);
    const { seconds, idleSeconds } = server.busy;
    expect(idleSeconds - idle).toBeGreaterThan(0.14);
    expect(idleSeconds - idle).toBeLessThan(0.4);
    expect(seconds - old.seconds).toBeGreaterThan(0.15 + 3 * 0.038);
  });

  it('on SkyRL, a step that comes within a round does not overtake the pass that came before it', async () => {
    const pace = { workMilliseconds: { forward: 150 } };
    server = await startFakeServer({ profile: profiles['skyrl-jax'], model: { vocabularySize: 50 }, pace });
    const client = new PlainClient(server.url);
    const [busy, other] = [await client.model(), await client.model()];
    const input = { data: [datum([0, 1, 2])], loss_fn: 'cross_entropy' };
    const round = await client.post('/forward', { model_id: busy, forward_input: input });
    await setTimeout(50);
    const pass = await client.post('/forward_backward', { model_id: other, forward_backward_input: input });
    const step = await client.post('/optim_step', stepOf(other));
    await Promise.all([round, pass, step].map((one) => client.result(one)));
    const kinds = server.log.operations.filter(({ model }) => model === other).map(({ kind }) => kind);
    expect(kinds).toEqual(['createModel', 'forwardBackward', 'optimStep']);
  });

  it('runs in a process of its own, which ends with its input', async () => {
    const child = spawn(process.execPath, [script, '--profile', 'skyrl-jax', '--seconds', '60']);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value as string);
    const { url } = await next();
    const client = new PlainClient(url);
    expect((await client.pass(await client.model(), [datum([0, 1, 2])])).status).toBe(200);
    child.stdin.end();
    const number = expect.any(Number);
    expect(await next()).toEqual({ received: number, sent: number, seconds: number, idleSeconds: number });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
