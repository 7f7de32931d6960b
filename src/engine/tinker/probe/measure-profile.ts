/**
 * Finds out what kind of server one is talking to, by what it does: about twenty tiny requests to two adapters of its own, one after
 * the other. The first shows how losses are normalised, what a step listens to and what snapshots are; it is let go with a gradient that
 * waits for its step. The second is loaded with the weights of the first: does a load last, has the gradient come over, is a request
 * that comes twice done twice? What would reach or displace other clients' adapters is taken from the profile of the server that it
 * looks like.
 */
import { SoarError } from '../../../errors.js';
import type { FixedOptimizer } from '../../engine.js';
import type { TinkerClient, TinkerModel, TinkerSession } from '../client/index.js';
import { creationFault } from '../policy/faults.js';
import { type LossRule, type ProfileName, profiles, type TinkerProfile } from '../profiles/profile.js';
import { type Drawn, draw, drawFromBase, refused, unlessRefused } from './draws.js';
import { idle, idles, one, type Probe, sizeOf } from './loss-rules.js';
import { most, ruleOf, type Sized, sizeGradients } from './normalisation.js';
import { apart, gradNormOf, noticeable, plainDescent, rise, still, Trial } from './trial.js';

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

/**
 * Leaves `session.knowsRepetitions` at false: what was found is the caller's to set.
 * @throws SoarError TINKER_PROFILE where nothing shows how losses are normalised, TINKER_UNCERTAIN where the connection broke;
 * TINKER_RANK, TINKER_SLOTS, TINKER_*
 */
export async function measureProfile({ client, session, baseModel, rank }: Probing): Promise<Measured> {
  // Until more is known, nothing is sent twice.
  session.knowsRepetitions = false;
  const made = new Set<TinkerModel>();
  const create = async () => {
    const model = await session.createModel({ baseModel, rank, seed: 0 }).catch((error: unknown) => {
      throw creationFault(error, rank);
    });
    made.add(model);
    return new Trial(model);
  };
  const snapshots = new Set<string>();
  const snapshot = async ({ model }: Trial) => {
    const sampler = await model.sampler();
    if (sampler.checkpoint) snapshots.add(sampler.checkpoint);
    return sampler;
  };
  let path: string | undefined;
  try {
    const base = await drawFromBase(session, baseModel);
    const trial = await create();
    // Without log-probabilities nothing shows what a snapshot holds.
    const old = base?.form === 'none' ? undefined : await snapshot(trial);
    const start = await trial.logprobs();
    const sized = await sizeGradients(trial, start, refused);
    if (!sized) throw unknownServer();
    let rule = sized.saysNorm ? await ruleOf(trial, sized, sized.own) : undefined;
    const clipped = rule && sized.honoursEpsilon ? await moveClipped(trial, sized, rule) : undefined;

    const latest = old && (await snapshot(trial));
    path = await trial.model.saveWeights('probe');
    const seen = old && (await unlessRefused(() => draw(old)));
    // Where norms are said, also what is to be found in the next adapter in this place, or not.
    const now = await trial.pass(sized.saysNorm ? [faint] : idles, sized.own);
    if (!sized.saysNorm) rule = await ruleOf(trial, seenFrom(sized, start, now), now);
    if (!rule) throw unknownServer();
    const seeds = await measureSeeds({ base, seen, latest });
    for (const checkpoint of snapshots) {
      snapshots.delete(checkpoint);
      await client.deleteCheckpoint(checkpoint);
    }
    await trial.model.unload();
    made.delete(trial.model);

    const other = await create();
    other.takesWeights = trial.takesWeights;
    const next = await measureNext(other, session, path, { sized, rule, start, now });
    const { mine } = next;
    if (apart(mine, start) < 2 * noticeable) throw unknownServer();
    const rolledBack = apart(now, start) < apart(now, mine);
    const form = base?.form ?? seen?.form ?? seeds.form;
    const alike = profiles[looksLike(rule, sized.saysNorm)];
    const facts = {
      loss: { ...rule, ...(rule.overTokens === 'mean' && { weights: alike.loss.weights }) },
      takesWeights: trial.takesWeights,
      fixedOptimizer: fixedOptimizer(alike, sized.honoursEpsilon, clipped?.(mine) ?? next.clips),
      baseSampling: base !== undefined,
      promptLogprobs: form,
      seededSamples: seeds.fixSamples,
      weightsOnlyLoad: next.weightsOnlyLoad,
      knowsRepetitions: next.knowsRepetitions,
      ...(next.leaks !== undefined && { gradientsOutliveModel: next.leaks }),
      ...(rolledBack && { snapshots: 'live' as const }),
      ...(!rolledBack && old && form !== 'none' && { snapshots: snapshotsOf(seen, start, mine) }),
    };
    return { profile: { ...alike, ...facts }, measured: Object.keys(facts) as (keyof TinkerProfile)[] };
  } catch (error) {
    throw cutOff(error);
  } finally {
    await Promise.allSettled(Array.from(made, (model) => model.unload()));
    for (const checkpoint of [...snapshots, ...(path ? [path] : [])]) {
      await client.deleteCheckpoint(checkpoint).catch(() => undefined);
    }
  }
}

function looksLike({ overDatums }: LossRule, saysNorm: boolean): ProfileName {
  if (overDatums === 'mean-since-step') return 'skyrl-jax';
  if (overDatums === 'mean-of-request') return 'twinkle';
  return saysNorm ? 'skyrl-megatron' : 'hosted';
}

/**
 * Epsilon and clipping are tried. Betas are assumed to fare as epsilon does: a first step does not show them. Weight decay is not tried: on
 * one kind of server it reaches everybody's adapters.
 */
function fixedOptimizer(alike: TinkerProfile, honoursEpsilon: boolean, clips: boolean): FixedOptimizer {
  if (!honoursEpsilon) return profiles['skyrl-megatron'].fixedOptimizer;
  const decay = alike.name === 'skyrl-jax' ? { weightDecay: 0 } : {};
  return { ...decay, ...(!clips && { maxGradNorm: 0 }) };
}

const snapshotsOf = (
  seen: Drawn | undefined,
  start: readonly number[],
  mine: readonly number[],
): TinkerProfile['snapshots'] => (seen && apart(seen.logprobs, start) < apart(seen.logprobs, mine) ? 'kept' : 'latest');

/** Against the gradient of a next tenant it is nothing; it can be told from none at all. */
const faint: Probe = { advantage: -1e-3 };

/** How far a step goes that is not clipped, and how much less one that is. */
const stride = 1.6;
const clipping = 8;

/** A step that is seen in either case. @returns what the weights after it say: was it clipped? */
async function moveClipped(trial: Trial, { reference, own }: Sized, rule: LossRule) {
  const norm =
    (reference.size * sizeOf(rule, [[one]], trial.takesWeights)) /
    sizeOf(rule, reference.experiment, trial.takesWeights);
  // The advantages' direction rises by rate * |g| * (|g| / the share of it that the loss keeps).
  const rate = (stride * sizeOf(rule, [[one]], trial.takesWeights)) / norm ** 2;
  await trial.pass([one], own);
  await trial.model.optimStep({ ...plainDescent(rate), gradClipNorm: norm / clipping });
  return (mine: readonly number[]) => rise(own, mine) < stride / Math.sqrt(clipping);
}

/** What was found by a step: if its place in the weights was not lost since, and it was neither too short nor so long that it bent. */
function seenFrom(sized: Sized, start: readonly number[], now: readonly number[]): Sized {
  const { finding, own } = sized;
  const risen = rise(own, now);
  if (apart(now, start) < apart(now, own) || risen < noticeable || risen > most) return sized;
  return { ...sized, finding: { ...finding, size: risen / finding.rate } };
}

/** Does the same seed give the same from the same weights? */
async function measureSeeds({
  base,
  seen,
  latest,
}: {
  readonly base: Drawn | undefined;
  readonly seen: Drawn | undefined;
  readonly latest: Drawn['sampler'] | undefined;
}): Promise<{ fixSamples: boolean; form: Drawn['form'] }> {
  // Most often of one and the same weights: then there is nothing more to ask.
  if (base && seen && base.tokens === seen.tokens) return { fixSamples: true, form: seen.form };
  const first = seen ?? base ?? (latest && (await draw(latest)));
  if (!first) return { fixSamples: false, form: 'none' };
  const again = await draw(first.sampler);
  return { fixSamples: first.tokens === again.tokens, form: again.form };
}

interface Before {
  readonly sized: Sized;
  readonly rule: LossRule;
  /** log pi of the four tokens: of adapters as they are made; of the first adapter at its end. */
  readonly start: readonly number[];
  readonly now: readonly number[];
}

/** Of an adapter that was just made. */
async function measureNext(trial: Trial, session: TinkerSession, path: string, { sized, rule, start, now }: Before) {
  const { saysNorm, reference } = sized;
  const { takesWeights, model } = trial;
  await model.loadWeights(path, { optimizer: false });
  const request = [saysNorm ? idle : one];
  let accepted = { sequence: 0, requestIds: [] as readonly string[] };
  const mine = await trial.pass(request, now, {
    onAccepted: (receipt) => {
      accepted = receipt;
    },
  });
  const knowsRepetitions = await isKnown(session, trial, request, now, accepted);
  // Seen where nothing clips it, and small against what was loaded.
  const little = Math.max(noticeable, rise(start, mine) / 4);
  const size =
    (reference.size * sizeOf(rule, [[one]], takesWeights)) / sizeOf(rule, reference.experiment, takesWeights);
  const step = saysNorm ? still : { ...plainDescent(little / size), gradClipNorm: 1e-9 };
  const norm = gradNormOf(await model.optimStep(step));
  const after = await trial.logprobs();
  const holds = apart(after, mine) < apart(after, start);
  return {
    mine,
    weightsOnlyLoad: holds ? ('holds' as const) : ('undone' as const),
    knowsRepetitions,
    clips: rise(holds ? mine : start, after) < little / 3,
    ...(saysNorm && norm !== undefined && { leaks: norm > 0 }),
  };
}

/** The same request under the same number, as after a lost answer, and the same promise for it. */
async function isKnown(
  session: TinkerSession,
  { model, takesWeights }: Trial,
  request: readonly Probe[],
  own: readonly number[],
  { sequence, requestIds }: { readonly sequence: number; readonly requestIds: readonly string[] },
): Promise<boolean> {
  const twin = new Trial(session.attachModel(model.id, { nextSequence: sequence }));
  twin.takesWeights = takesWeights;
  let again: readonly string[] = [];
  const options = {
    onAccepted: (receipt: { readonly requestIds: readonly string[] }) => {
      again = receipt.requestIds;
    },
  };
  const answered = await unlessRefused(() => twin.pass(request, own, options));
  return answered !== undefined && again.join() === requestIds.join();
}

const unknownServer = () =>
  new SoarError('TINKER_PROFILE', 'nothing that the server does shows how it normalises losses', {
    kind: 'environment',
    remedy: 'name its kind in engine.profile; docs/cluster.md says how they differ',
  });

/** A connection that breaks within a request ends the probe. */
function cutOff(error: unknown): unknown {
  if (!(error instanceof SoarError && error.code === 'TINKER_UNCERTAIN')) return error;
  return new SoarError(error.code, `the probe was cut off: ${error.message}`, {
    ...(error.where !== undefined && { where: error.where }),
    kind: error.kind,
    cause: error,
    remedy: 'nothing was concluded and no run is touched: measure again, or name the kind of server in engine.profile',
  });
}
