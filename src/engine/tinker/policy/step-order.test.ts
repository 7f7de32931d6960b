/** When a step goes out: behind its gradient at once, or once the gradient's result is there where it could be made without it. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { mixedBatch } from '../../conformance/batches.js';
import { writeTinyModels } from '../../conformance/tiny-model.js';
import type { CallReport } from '../client/index.js';
import { openTinkerEngine } from '../engine.js';
import { noJournal } from '../journal.js';
import { profiles as known, type ProfileName, profileNames } from '../profiles/profile.js';
import { tinkerSettings } from '../settings.js';
import { startFakeServer } from '../testing/fake-server.js';
import type { Fault } from '../testing/fault-plan.js';
import { profiles } from '../testing/profile.js';

const step = { learningRate: 0.02, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 };
const allowIgnored = ['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'];

async function policyOn(name: ProfileName, work: object = {}, faults: readonly Fault[] = []) {
  const models = await writeTinyModels();
  const folder = models.folder('untied');
  const server = await startFakeServer({
    profile: profiles[name],
    model: { folder },
    pace: { workMilliseconds: work },
    faults: { name: 'planned', faults },
  });
  const settings = { kind: 'tinker', baseUrl: server.url, loraRank: 4, profile: name, allowIgnored };
  const reports: CallReport[] = [];
  const observe = (report: CallReport) => void reports.push(report);
  const engine = await openTinkerEngine(tinkerSettings.parse(settings), noJournal, { observe });
  onTestFinished(async () => {
    await engine.close();
    await server.close();
    await models.remove();
  });
  return { engine, policy: await engine.open({ folder }), server, reports };
}

it.each(profileNames)('on %s', async (name) => {
  const { policy, reports } = await policyOn(name, { forwardBackward: 100 });
  await policy.update(await mixedBatch(policy, 'policy-gradient', 0), step);
  const result = reports.findIndex(({ call, of }) => call === 'retrieveFuture' && of === 'forwardBackward');
  const sent = reports.findIndex(({ call }) => call === 'optimStep');
  expect(Math.min(result, sent)).toBeGreaterThanOrEqual(0);
  expect(sent > result).toBe(known[name].stepsOvertake);
  expect(known[name].stepsOvertake).toBe(name.startsWith('skyrl'));
});

it('a policy whose gradient was accepted and failed is lost; one whose gradient was refused is as it was', async () => {
  const { policy, server } = await policyOn('skyrl-jax');
  const batch = await mixedBatch(policy, 'policy-gradient', 0);
  await policy.update(batch, step);
  const steps = server.log.of('optimStep').length;
  // Its adapter goes while the pass is under way.
  server.pause();
  const failing = policy.update(batch, step);
  failing.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.expireSessions();
  server.resume();
  await expect(failing).rejects.toMatchObject({ code: expect.stringMatching(/^TINKER_/) });
  await expect(policy.update(batch, step)).rejects.toMatchObject({ code: 'TINKER_POLICY_LOST' });
  expect(server.log.of('optimStep')).toHaveLength(steps);
});

it('closed before it was known whether a gradient arrived, takes it away by a step of rate 0 before the adapter goes', async () => {
  // It arrives, its answer does not, and the engine closes before the request is repeated.
  const lost: Fault = { call: 'forwardBackward', nth: 1, happening: { what: 'drop', applied: true } };
  const { engine, policy, server } = await policyOn('skyrl-jax', {}, [lost]);
  const batch = await mixedBatch(policy, 'policy-gradient', 0);
  await policy.update(batch, step);
  const update = policy.update(batch, step);
  update.catch(() => undefined);
  await vi.waitFor(() => expect(server.met).toHaveLength(1));
  await engine.close();
  await expect(update).rejects.toThrow();
  const { model } = server.log.of('forwardBackward').at(-1) as { model: string };
  const kinds = ['forwardBackward', 'optimStep', 'unloadModel'];
  const last = server.log.operations.filter((one) => one.model === model && kinds.includes(one.kind)).slice(-3);
  expect(last.map(({ kind }) => kind)).toEqual(kinds);
  expect(last[1]?.passes).toEqual([last[0]?.payload]);
  expect(last[1]?.to).toBe(last[1]?.from);
});
