import { describe, expect, it } from 'vitest';
import { sampleOutputToJson } from '../wire/index.js';
import { promise, rig } from './scripted/rig.js';
import type { Request, Step } from './scripted/scripted-server.js';

const sequence = { tokens: Int32Array.of(5, 6), logprobs: Float32Array.of(-0.5, -0.25), stopReason: 'stop' as const };
const done = (count = 1) => ({ json: sampleOutputToJson({ sequences: Array(count).fill(sequence) }) });
const busy = { status: 429, json: { detail: 'busy' } };

describe('sample', () => {
  it('asks for completions of a prompt, each request numbered', async () => {
    const { sampler, server } = await rig({ 'POST /asample': promise('-4'), 'POST /retrieve_future': done(2) });
    const options = { samples: 2, maxTokens: 8, temperature: 0.7, topP: 0.9, topK: 5, seed: 3, stop: [1, 2] };
    const output = await sampler.sample(Int32Array.of(1, 2), { ...options, promptLogprobs: true });
    expect(output).toEqual({ sequences: [sequence, sequence] });
    await sampler.sample(Int32Array.of(1), { maxTokens: 1, samples: 2 });
    expect(server.to('/asample').map(({ json }) => json)).toEqual([
      {
        num_samples: 2,
        prompt: { chunks: [{ type: 'encoded_text', tokens: [1, 2] }] },
        sampling_session_id: 'sampling_1',
        seq_id: 1,
        sampling_params: { max_tokens: 8, temperature: 0.7, top_p: 0.9, top_k: 5, seed: 3, stop: [1, 2] },
        prompt_logprobs: true,
      },
      {
        num_samples: 2,
        prompt: { chunks: [{ type: 'encoded_text', tokens: [1] }] },
        sampling_session_id: 'sampling_1',
        seq_id: 2,
        sampling_params: { max_tokens: 1 },
      },
    ]);
    expect(server.to('/asample')[0]!.headers['x-tinker-sampling-backpressure']).toBe('1');
  });

  it('repeats what was lost under its number', async () => {
    const { sampler, server } = await rig({ 'POST /asample': ['drop', promise('1')], 'POST /retrieve_future': done() });
    await sampler.sample(Int32Array.of(1), { maxTokens: 1 });
    expect(server.to('/asample').map(({ json }) => json.seq_id)).toEqual([1, 1]);
  });

  it('waits while a checkpoint is in the making', async () => {
    const making = { status: 425, json: { detail: 'Checkpoint is still being created' } };
    const { sampler, clock } = await rig({ 'POST /asample': [making, promise('1')], 'POST /retrieve_future': done() });
    await sampler.sample(Int32Array.of(1), { maxTokens: 1 });
    expect(clock.slept).toEqual([500]);
  });

  it('under back-pressure pauses all new requests, and does not count it as a failure', async () => {
    const { sampler, clock, connection } = await rig(
      { 'POST /asample': [...Array(40).fill(busy), promise('1')], 'POST /retrieve_future': done() },
      { patience: { failing: 10_000 } },
    );
    await sampler.sample(Int32Array.of(1), { maxTokens: 1 });
    expect(clock.slept.filter((wait) => wait === 1_000)).toHaveLength(40);
    expect(connection.pressure.weight(1)).toBe(20);
  });

  it('sends fewer bytes at a time after back-pressure', async () => {
    let now = 0;
    let most = 0;
    const accept = async (): Promise<Step> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return promise('1');
    };
    const config = { sample_dispatch_bytes_semaphore_size: 100 };
    const { sampler, connection } = await rig({ 'POST /asample': accept, 'POST /retrieve_future': done() }, { config });
    const several = () =>
      Promise.all(Array.from({ length: 8 }, () => sampler.sample(Int32Array.of(1), { maxTokens: 1 })));
    await several();
    expect(most).toBeGreaterThan(1);
    // A token is ten bytes, twentyfold two hundred: more than there is at all.
    connection.pressure.refused(10);
    most = 0;
    await several();
    expect(most).toBe(1);
  });

  it('pauses longer after long prompts', async () => {
    const { sampler, clock } = await rig({ 'POST /asample': [busy, promise('1')], 'POST /retrieve_future': done() });
    await sampler.sample(new Int32Array(13_108), { maxTokens: 1 });
    expect(Math.max(...clock.slept)).toBe(5_000);
  });

  it('refuses another number of completions, and log-probabilities of another length', async () => {
    const { sampler, server } = await rig({ 'POST /asample': promise('1'), 'POST /retrieve_future': done(1) });
    const sample = () => sampler.sample(Int32Array.of(1), { maxTokens: 1, samples: 3 });
    await expect(sample()).rejects.toThrow('1 sequences where 3 were asked for');
    const { json } = done(3);
    json.sequences[1]!.logprobs!.pop();
    server.playing(({ path }) => (path === '/asample' ? promise('1') : { json }));
    await expect(sample()).rejects.toThrow('sequences.1.logprobs: 1 log-probabilities for 2 tokens');
  });

  it('keeps no more under way than the server allows', async () => {
    let now = 0;
    let most = 0;
    const accept = (): Step => {
      most = Math.max(most, ++now);
      return promise('1');
    };
    const finish = async (_: Request): Promise<Step> => {
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return done();
    };
    const { sampler } = await rig(
      { 'POST /asample': accept, 'POST /retrieve_future': finish },
      { config: { sample_max_concurrent_requests: 3 } },
    );
    await Promise.all(Array.from({ length: 20 }, () => sampler.sample(Int32Array.of(1), { maxTokens: 1 })));
    expect(most).toBe(3);
  });

  it('hangs hundreds of requests on one signal without a warning', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => warnings.push(warning);
    process.on('warning', hear);
    const { sampler } = await rig({ 'POST /asample': promise('1'), 'POST /retrieve_future': done() });
    const { signal } = new AbortController();
    const sample = () => sampler.sample(Int32Array.of(1), { maxTokens: 1, signal });
    await Promise.all(Array.from({ length: 100 }, sample));
    process.off('warning', hear);
    expect(warnings).toEqual([]);
  });

  it('ends with an abort while it waits for its place', async () => {
    const controller = new AbortController();
    const { sampler, server } = await rig(
      { 'POST /asample': promise('1'), 'POST /retrieve_future': 'hang' },
      { config: { sample_max_concurrent_requests: 1 } },
    );
    const first = sampler.sample(Int32Array.of(1), { maxTokens: 1, signal: controller.signal });
    const second = sampler.sample(Int32Array.of(1), { maxTokens: 1, signal: controller.signal });
    controller.abort('enough');
    await expect(first).rejects.toBe('enough');
    await expect(second).rejects.toBe('enough');
    expect(server.to('/asample').length).toBeLessThan(2);
  });
});
