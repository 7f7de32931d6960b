/**
 * The client against a server that breaks at planned places: whatever happens, no step is made twice, none is missing, and what could not
 * be done is a coded error. The server's own log is the oracle.
 */
import { expect, it, onTestFinished } from 'vitest';
import { SoarError } from '../../../errors.js';
import { startFakeServer } from '../testing/fake-server.js';
import { drawFaultPlan, printFaultPlan } from '../testing/fault-plan.js';
import { hosted, type ServerProfile, skyrlJax, twinkle } from '../testing/profile.js';
import type { Datum } from '../wire/index.js';
import { connect } from './connect.js';
import { SwiftClock } from './scripted/swift-clock.js';

const seeds = Array.from({ length: 12 }, (_, i) => i);
const steps = 4;

const datum = (step: number, part: number): Datum => ({
  tokens: Int32Array.of(1, 2 + part, 3),
  inputs: {
    target_tokens: { dtype: 'int64', data: Int32Array.of(2 + part, 3, 4) },
    logprobs: { dtype: 'float32', data: Float32Array.of(0, -1, -1) },
    advantages: { dtype: 'float32', data: Float32Array.of(0, step + 1, part + 1) },
  },
});

async function study(profile: ServerProfile, seed: number) {
  const plan = drawFaultPlan(`client/${profile.name}/${seed}`);
  const server = await startFakeServer({
    profile,
    model: { vocabularySize: 16 },
    baseModel: 'tiny',
    faults: plan,
    futureWaitMilliseconds: 20,
  });
  onTestFinished(() => server.close());
  const client = await connect({ baseUrl: server.url, apiKey: '', clock: new SwiftClock(), exclusive: true });
  let done = 0;
  try {
    const session = await client.openSession();
    session.knowsRepetitions = profile.numbered.includes('passes');
    const model = await session.createModel({ baseModel: 'tiny', rank: 4 });
    for (let step = 0; step < steps; step++) {
      const sampler = await model.sampler();
      const prompts = [1, 2, 3].map((token) => sampler.sample(Int32Array.of(token), { samples: 2, maxTokens: 3 }));
      await Promise.all(prompts);
      const data = [0, 1, 2].map((part) => datum(step, part));
      const learning = [
        model.forwardBackward(data, { name: 'importance_sampling' }),
        model.optimStep({ learningRate: 1 }),
      ];
      const ends = await Promise.allSettled(learning);
      const failure = ends.find((end) => end.status === 'rejected');
      if (failure) throw failure.reason;
      done++;
    }
    await model.saveWeights('best');
    await model.unload();
    return { server, plan, model, done, failure: undefined };
  } catch (failure) {
    return { server, plan, model: undefined, done, failure };
  } finally {
    await client.close().catch(() => {});
  }
}

it.each([skyrlJax, hosted])('$name: 12 plans, every step made once, every run to its end', async (profile) => {
  for (const seed of seeds) {
    const { server, plan, model, failure } = await study(profile, seed);
    const said = printFaultPlan(plan);
    expect(failure, said).toBeUndefined();
    const made = server.log.of('optimStep').filter(({ failed }) => failed === undefined);
    expect(
      made.map((one) => one.model),
      said,
    ).toEqual(Array(steps).fill(model!.id));
    expect(
      made.map(({ passes }) => passes?.length),
      said,
    ).toEqual(Array(steps).fill(1));
    expect(server.log.repeatedData(), said).toEqual([]);
    expect(server.checkpoints, said).toContain(`${model!.id}/weights/best`);
    // A creation that came twice on its way made two adapters, of which nobody but the server knows: it clears the session.
    const twice = plan.faults.filter(({ call, happening }) => call === 'createModel' && happening.what === 'duplicate');
    expect(server.loaded.length, said).toBeLessThanOrEqual(twice.length);
  }
});

it('twinkle, which knows no repetition: 12 plans, no step made twice, every run to its end or to a coded error', async () => {
  const codes = new Set<string>();
  for (const seed of seeds) {
    const { server, plan, done, failure } = await study(twinkle, seed);
    const said = printFaultPlan(plan);
    const made = server.log.of('optimStep').filter(({ failed }) => failed === undefined);
    // What arrived twice on its own way is not the client's doing.
    const doubled = plan.faults.some(({ happening }) => happening.what === 'duplicate');
    if (!doubled) {
      expect(server.log.repeatedData(), said).toEqual([]);
      expect([done, done + 1], said).toContain(made.length);
    }
    if (failure === undefined) continue;
    expect(failure, said).toBeInstanceOf(SoarError);
    codes.add((failure as SoarError).code);
  }
  expect([...codes].filter((code) => code !== 'TINKER_UNCERTAIN')).toEqual([]);
});
