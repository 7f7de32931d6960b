/**
 * Finds out what kind of server one is talking to, by what it does: some fifty tiny requests on two adapters of its own, all of the same
 * two shapes. What would touch other clients' adapters is not tried; it is taken from the profile of the server that it looks like.
 */
import { SoarError } from '../../../errors.js';
import type { FixedOptimizer } from '../../engine.js';
import type { TinkerClient, TinkerModel, TinkerSession } from '../client/index.js';
import { creationFault } from '../policy/faults.js';
import { type ProfileName, profiles, type TinkerProfile } from '../profiles/profile.js';
import { measureNormalisation, type Normalisation } from './normalisation.js';
import { apart, noticeable, plainDescent, Trial, text, trained, type Values } from './trial.js';

export interface Probing {
  readonly client: TinkerClient;
  readonly session: TinkerSession;
  readonly baseModel: string;
  readonly rank: number;
}

export interface Measured {
  readonly profile: TinkerProfile;
  /** Facts of the profile that were measured; the others are those of the server that it looks like. */
  readonly measured: readonly (keyof TinkerProfile)[];
}

/** @throws SoarError TINKER_PROFILE where nothing shows how losses are normalised; TINKER_RANK, TINKER_SLOTS, TINKER_* */
export async function measureProfile({ client, session, baseModel, rank }: Probing): Promise<Measured> {
  const made: TinkerModel[] = [];
  const create = async () => {
    const model = await session.createModel({ baseModel, rank, seed: 0 }).catch((error: unknown) => {
      throw creationFault(error, rank);
    });
    made.push(model);
    return new Trial(model);
  };
  try {
    const trial = await create();
    trial.takesWeights = await takesWeights(trial);
    const step = await measureStep(trial);
    const normalisation = await measureNormalisation(trial, await trial.logprobs(), step);
    if (!normalisation) throw unknownServer();
    const baseSampling = await samplesBase(session, baseModel);
    const seededSamples = await measureSeeds(client, trial);
    const { snapshots, promptLogprobs } = await measureSnapshots(client, trial);
    const weightsOnlyLoad = await measureLoad(client, trial, create);
    const alike = profiles[looksLike(normalisation)];
    const facts = {
      // Under a mean over tokens a common factor of the weights does not show, and does not matter.
      loss: { ...normalisation.loss, ...(normalisation.loss.overTokens === 'mean' && { weights: alike.loss.weights }) },
      takesWeights: trial.takesWeights,
      fixedOptimizer: fixedOptimizer(alike, step),
      baseSampling,
      seededSamples,
      promptLogprobs,
      snapshots: snapshots ?? alike.snapshots,
      weightsOnlyLoad,
    };
    return { profile: { ...alike, ...facts }, measured: Object.keys(facts) as (keyof TinkerProfile)[] };
  } finally {
    await Promise.allSettled(made.map((model) => model.unload()));
  }
}

function looksLike({ loss, saysNorm }: Normalisation): ProfileName {
  if (loss.overDatums === 'mean-since-step') return 'skyrl-jax';
  if (loss.overDatums === 'mean-of-request') return 'twinkle';
  return saysNorm ? 'skyrl-megatron' : 'hosted';
}

/** Weight decay is not tried: on one kind of server it reaches everybody's adapters. */
function fixedOptimizer(alike: TinkerProfile, { honoursEpsilon, clips }: StepFacts): FixedOptimizer {
  if (!honoursEpsilon) return profiles['skyrl-megatron'].fixedOptimizer;
  const decay = alike.name === 'skyrl-jax' ? { weightDecay: 0 } : {};
  return { ...decay, ...(!clips && { maxGradNorm: 0 }) };
}

async function samplesBase(session: TinkerSession, baseModel: string): Promise<boolean> {
  try {
    const sampler = await session.openSampler({ baseModel });
    await sampler.sample(text, { maxTokens: 1, seed: 0 });
    return true;
  } catch (error) {
    if (refused(error)) return false;
    throw error;
  }
}

/** A strict server refuses what a loss does not need. */
async function takesWeights(trial: Trial): Promise<boolean> {
  try {
    await trial.step([[{ advantages: idle }]], await trial.logprobs(), { learningRate: 0, weightDecay: 0 });
    return true;
  } catch (error) {
    if (refused(error)) return false;
    throw error;
  }
}

const idle = [0, 0, 0, 0];
const pull: Values = { advantages: [1, 1, 0, 0] };
const usual = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 };

export interface StepFacts {
  /** Then a step is made as asked. */
  readonly honoursEpsilon: boolean;
  readonly clips: boolean;
  /** Of plain descent, whose steps can be seen. */
  readonly rate: number;
}

const leastRate = 1e-4;

/** Does a step listen to epsilon, and to clipping? */
async function measureStep(trial: Trial): Promise<StepFacts> {
  const before = await trial.logprobs();
  // By its own epsilon this is no step at all.
  await trial.step([[pull]], before, { ...plainDescent(0), learningRate: 0.05 });
  if (apart(before, await trial.logprobs()) > noticeable) {
    return { honoursEpsilon: false, clips: false, rate: leastRate };
  }
  const moved = async (rate: number, gradClipNorm?: number) => {
    const from = await trial.logprobs();
    await trial.step([[pull]], from, { ...plainDescent(rate), ...(gradClipNorm !== undefined && { gradClipNorm }) });
    return apart(from, await trial.logprobs());
  };
  let rate = leastRate;
  while (rate < 1e4 && (await moved(rate)) < noticeable) rate *= 4;
  return { honoursEpsilon: true, clips: (await moved(rate, 1e-9)) < noticeable / 10, rate };
}

/** One step of Adam large enough to be seen. @throws SoarError TINKER_PROFILE */
async function move(trial: Trial): Promise<{ before: number[]; after: number[] }> {
  for (const learningRate of [0.02, 0.1, 0.5]) {
    const before = await trial.logprobs();
    await trial.step([[pull]], before, { ...usual, learningRate });
    const after = await trial.logprobs();
    if (apart(before, after) > noticeable) return { before, after };
  }
  throw unknownServer();
}

async function measureSnapshots(
  client: TinkerClient,
  trial: Trial,
): Promise<{ snapshots?: TinkerProfile['snapshots']; promptLogprobs: TinkerProfile['promptLogprobs'] }> {
  await move(trial);
  const old = await trial.model.sampler();
  const { before, after } = await move(trial);
  const latest = await trial.model.sampler();
  const options = { maxTokens: 1, seed: 0, promptLogprobs: true };
  const found = await Promise.allSettled([old.sample(text, options)]);
  trial.forget();
  const now = await trial.logprobs();
  const { promptLogprobs } = await latest.sample(text, options);
  trial.forget();
  for (const { checkpoint } of [old, latest]) if (checkpoint) await client.deleteCheckpoint(checkpoint);
  if (!promptLogprobs) return { promptLogprobs: 'none' };
  const [sampled] = found;
  const seen = Array.from((sampled.status === 'fulfilled' && sampled.value.promptLogprobs?.slice(-trained)) || []);
  const rolledBack = apart(now, before) < apart(now, after);
  return {
    snapshots: rolledBack ? 'live' : seen.length > 0 && apart(seen, before) < apart(seen, after) ? 'kept' : 'latest',
    promptLogprobs: promptLogprobs.length === text.length ? 'leading-null' : 'shorter',
  };
}

/** The same twice by one seed, where hot sampling would hardly give the same twice by chance. */
async function measureSeeds(client: TinkerClient, trial: Trial): Promise<boolean> {
  const sampler = await trial.model.sampler();
  const draw = async () => {
    const { sequences } = await sampler.sample(text, { samples: 2, maxTokens: 8, temperature: 2, seed: 7 });
    return sequences.map(({ tokens }) => tokens.join()).join('/');
  };
  const [first, again] = [await draw(), await draw()];
  if (sampler.checkpoint) await client.deleteCheckpoint(sampler.checkpoint);
  return first === again;
}

/** Weights loaded without their optimizer must outlive the first step. */
async function measureLoad(
  client: TinkerClient,
  trial: Trial,
  create: () => Promise<Trial>,
): Promise<TinkerProfile['weightsOnlyLoad']> {
  const mine = await trial.logprobs();
  const path = await trial.model.saveWeights('probe');
  const other = await create();
  other.takesWeights = trial.takesWeights;
  await other.model.loadWeights(path, { optimizer: false });
  await other.step([[{ advantages: idle }]], mine, { learningRate: 0, weightDecay: 0 });
  const stepped = await other.logprobs();
  await client.deleteCheckpoint(path);
  return apart(mine, stepped) < noticeable ? 'holds' : 'undone';
}

/** The server has answered, and will not do it. */
const refused = (error: unknown): boolean =>
  error instanceof SoarError &&
  ['TINKER_REFUSED', 'TINKER_FAILED', 'TINKER_NOT_FOUND', 'TINKER_UNAVAILABLE'].includes(error.code);

const unknownServer = () =>
  new SoarError('TINKER_PROFILE', 'nothing that the server does shows how it normalises losses', {
    kind: 'environment',
    remedy: 'name its kind in engine.profile; docs/cluster.md says how they differ',
  });
