/** What a probe found, in words, and what follows from it. Pure. */
import { SoarError } from '../../../errors.js';
import type { TinkerProfile } from '../profiles/profile.js';
import type { Measured } from './measure-profile.js';

export interface ProbeRow {
  readonly what: string;
  readonly found: string;
  /** Or taken from the profile of the server that it looks like. */
  readonly measured: boolean;
  /** What it means for a run. */
  readonly meaning: string;
}

type Words = Pick<ProbeRow, 'what' | 'found' | 'meaning'>;

export function describeProfile({ profile, measured }: Measured): ProbeRow[] {
  const rows = Object.entries(wordsFor).map(([fact, words]) => {
    const key = fact as keyof typeof wordsFor;
    return { ...words(profile), measured: measured.includes(key) };
  });
  return [...rows, ...untried(profile).map((words) => ({ ...words, measured: false }))];
}

/** What would take many more requests, or would reach or displace other clients' adapters. */
const untried = ({ name, fixedOptimizer }: TinkerProfile): Words[] => [
  {
    what: 'betas of a step',
    found: `assumed to be ${fixedOptimizer.beta1 === undefined ? 'honoured, since epsilon is' : 'ignored, since epsilon is'}`,
    meaning: '',
  },
  {
    what: 'weight decay of a step',
    found: name === 'skyrl-jax' ? 'reaches every adapter' : 'reaches its own adapter',
    meaning: name === 'skyrl-jax' ? 'a config that asks for some is refused' : '',
  },
  {
    what: 'adapters at once',
    found: 'no server says how many it has places for',
    meaning: 'engine.maxAdapters must be no more',
  },
];

const wordsFor = {
  loss: ({ loss }) => ({
    what: 'loss',
    found: [
      `${loss.overTokens} over tokens`,
      {
        sum: 'sum over datums',
        'mean-since-step': 'mean over all datums since the last step',
        'mean-of-request': 'mean over the datums of a request',
      }[loss.overDatums],
      ...(loss.weights === 'mask' ? ['weights only mask'] : []),
      ...(loss.clipsRatios ? ['ratios are clipped'] : []),
    ].join(', '),
    meaning: loss.clipsRatios
      ? 'undone; a forward pass before each update keeps ratios from being clipped'
      : loss.overTokens === 'sum' && loss.overDatums === 'sum'
        ? 'as the objective says'
        : 'undone by scaling advantages',
  }),
  fixedOptimizer: ({ fixedOptimizer }) => {
    const names = Object.entries(fixedOptimizer);
    return {
      what: 'optimizer step',
      found:
        names.length === 0
          ? 'epsilon and clipping are honoured'
          : `not honoured: ${names.map(([name, value]) => (value === 'unknown' ? name : `${name} (is ${value})`)).join(', ')}`,
      meaning:
        names.length === 0 ? '' : 'a config that asks for other values is refused; engine.allowIgnored lets it pass',
    };
  },
  weightsOnlyLoad: ({ weightsOnlyLoad }) => ({
    what: 'weights loaded without optimizer',
    found: weightsOnlyLoad === 'holds' ? 'stay' : 'are undone by the first step',
    meaning: weightsOnlyLoad === 'holds' ? 'students can be forked from a promoted one' : 'no promotions: see below',
  }),
  snapshots: ({ snapshots }) => ({
    what: 'snapshots to sample from',
    found: {
      kept: 'kept',
      latest: 'only the latest of a model',
      live: 'share a slot with training, which an old one rolls back',
    }[snapshots],
    meaning: 'only the newest is sampled, and never across a step',
  }),
  baseSampling: ({ baseSampling }) => ({
    what: 'base model',
    found: baseSampling ? 'can be sampled' : 'cannot be sampled',
    meaning: baseSampling ? '' : 'an untouched adapter stands for it and takes a place',
  }),
  promptLogprobs: ({ promptLogprobs }) => ({
    what: 'log-probabilities of a prompt',
    found: {
      'leading-null': 'one per token, none for the first',
      shorter: 'one per token but the first',
      none: 'none',
    }[promptLogprobs],
    meaning: promptLogprobs === 'none' ? 'an untouched adapter scores for the base model and takes a place' : '',
  }),
  seededSamples: ({ seededSamples }) => ({
    what: 'seeds',
    found: seededSamples ? 'fix samples' : 'are not looked at',
    meaning: seededSamples ? '' : 'runs are not repeatable; work that is done again after a crash comes out otherwise',
  }),
  knowsRepetitions: ({ knowsRepetitions }) => ({
    what: 'repeated requests',
    found: knowsRepetitions ? 'are recognised' : 'are done again',
    meaning: knowsRepetitions ? '' : 'a training request whose answer is lost ends the run; `soar resume` goes on',
  }),
  gradientsOutliveModel: ({ gradientsOutliveModel }) => ({
    what: 'gradients of an adapter that is let go',
    found: gradientsOutliveModel ? 'reach the next one in its place' : 'are gone with it',
    meaning: gradientsOutliveModel ? 'a step of no length takes them before an adapter is let go' : '',
  }),
  takesWeights: ({ takesWeights }) => ({
    what: 'weights beside advantages',
    found: takesWeights ? 'are taken' : 'are refused',
    meaning: '',
  }),
} satisfies Partial<Record<keyof TinkerProfile, (profile: TinkerProfile) => Words>>;

/** What makes the server unfit for a run that promotes. */
export function loadUndone(where: string): SoarError {
  return new SoarError(
    'TINKER_LOAD_UNDONE',
    'the first optimizer step after loading weights starts from the base model again (NovaSky-AI/SkyRL#2149): students of a promoted baseline would not be its students',
    {
      where,
      kind: 'environment',
      remedy:
        'use a server with that change, or the JAX back-end; for runs without promotions (soar.promotion.enabled=false) it is fit',
    },
  );
}
