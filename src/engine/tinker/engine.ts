/**
 * The Tinker engine: policies on a training service, SkyRL, Twinkle or the hosted one. Connects, finds out what kind of server it is,
 * frees what a dead process of the same run left there, and opens policies.
 */
import { createHash } from 'node:crypto';
import { readModelDescription } from '../../checkpoints/model-description.js';
import { SoarError } from '../../errors.js';
import type { Engine, FixedOptimizer } from '../engine.js';
import type { ConnectOptions, TinkerClient, TinkerSession } from './client/index.js';
import { connectTo, servedModel } from './connect-to.js';
import { leftBehind, noJournal, type TinkerJournal } from './journal.js';
import { Checkpoints } from './policy/checkpoints.js';
import { Service } from './policy/service.js';
import { checkpointOf } from './policy/state.js';
import { TinkerPolicy } from './policy/tinker-policy.js';
import { measureProfile } from './probe/measure-profile.js';
import { profiles, type TinkerProfile } from './profiles/profile.js';
import { recover } from './recover.js';
import type { TinkerSettings } from './settings.js';

/**
 * @param connection beside what the settings say, for programs that embed the engine
 * @throws SoarError TINKER_UNREACHABLE, TINKER_WRONG_SERVER, TINKER_BASE_MODEL, TINKER_RANK, TINKER_UNAUTHORIZED, TINKER_*
 */
export async function openTinkerEngine(
  settings: TinkerSettings,
  journal: TinkerJournal = noJournal,
  connection: Partial<ConnectOptions> = {},
): Promise<Engine> {
  const { baseUrl, loraRank: rank } = settings;
  const client = await connectTo(settings, connection);
  try {
    const { baseModel, contextLength } = await servedModel(client, settings);
    const session = await client.openSession({ tags: ['soar'] });
    await journal.record({ event: 'opened', session: session.id, baseUrl, model: baseModel });
    const left = leftBehind(journal.past);
    // Recovery comes before it is known.
    session.knowsRepetitions = false;
    const known = knownProfile(settings, baseModel, journal);
    await recover({ client, session, journal, flush: known?.gradientsOutliveModel ?? false }, left);
    const profile = known ?? (await measured(settings, client, session, baseModel, journal));
    session.knowsRepetitions = profile.knowsRepetitions;
    if (profile.powerOfTwoRanks && !Number.isInteger(Math.log2(rank))) throw badRank(rank);
    const checkpoints = new Checkpoints(client, journal, left.checkpoints);
    const service = new Service({
      client,
      session,
      profile,
      baseModel,
      rank,
      seed: settings.loraSeed,
      journal,
      checkpoints,
    });
    return engineOf(service, settings, baseModel, contextLength);
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
}

/** As the settings say, or as an earlier process of the run measured it. */
export function knownProfile(
  { profile, baseUrl }: TinkerSettings,
  baseModel: string,
  { past }: TinkerJournal,
): TinkerProfile | undefined {
  if (profile !== 'auto') return profiles[profile];
  const found = past.findLast((one) => one.event === 'measured' && one.baseUrl === baseUrl && one.model === baseModel);
  // What a measurement of before did not say is as with its kind.
  return found?.event === 'measured' ? { ...profiles[found.profile.name], ...found.profile } : undefined;
}

async function measured(
  { baseUrl, loraRank: rank }: TinkerSettings,
  client: TinkerClient,
  session: TinkerSession,
  baseModel: string,
  journal: TinkerJournal,
): Promise<TinkerProfile> {
  const { profile } = await measureProfile({ client, session, baseModel, rank });
  await journal.record({ event: 'measured', baseUrl, model: baseModel, profile });
  return profile;
}

function engineOf(service: Service, settings: TinkerSettings, baseModel: string, serverContext: number): Engine {
  const { profile } = service;
  const ignored = new Set<string>(settings.allowIgnored);
  const fixedOptimizer: FixedOptimizer = Object.fromEntries(
    Object.entries(profile.fixedOptimizer).filter(([name]) => !ignored.has(name)),
  );
  return {
    name: `tinker (${profile.name})`,
    capabilities: {
      klLoss: true,
      snapshots: true,
      fullFineTuning: false,
      topP: true,
      topK: true,
      stopStrings: true,
      // Where the base model itself cannot be sampled or scored, an untouched adapter stands for it.
      maxPolicies: settings.maxAdapters - (profile.baseSampling && profile.promptLogprobs !== 'none' ? 0 : 1),
      trainableForks: profile.weightsOnlyLoad === 'holds',
      fixedOptimizer,
      readableStates: false,
      seededSampling: profile.seededSamples,
      exactMetrics: false,
    },
    async open({ folder }) {
      service.checkOpen();
      const model = await readModelDescription(folder);
      const hash = createHash('sha256').update(`${baseModel}\n${model.hash}`).digest('hex');
      const served =
        serverContext < model.contextLength
          ? { contextLength: serverContext, contextFrom: `max_context_length of ${settings.baseUrl}` }
          : {};
      return new TinkerPolicy(service, { ...model, ...served, hash, fixedOptimizer }, 'base');
    },
    retain: (states) => service.checkpoints.retain(new Set(states.flatMap((state) => checkpointOf(state) ?? []))),
    close: () => service.close(),
  };
}

const badRank = (rank: number) =>
  new SoarError('TINKER_RANK', `the service makes no adapter of rank ${rank}: ranks are powers of two`, {
    where: 'engine.loraRank',
    remedy: 'set engine.loraRank to a power of two',
  });
