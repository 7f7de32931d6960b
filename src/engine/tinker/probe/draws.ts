/** What samplers of a probe give: hot draws by one seed, with the prompt's log-probabilities. */
import { SoarError } from '../../../errors.js';
import type { Sampler, TinkerSession } from '../client/index.js';
import type { TinkerProfile } from '../profiles/profile.js';
import { text, trained } from './trial.js';

export interface Drawn {
  readonly sampler: Sampler;
  /** Two completions, where hot sampling would hardly give the same twice by chance. */
  readonly tokens: string;
  readonly form: TinkerProfile['promptLogprobs'];
  /** log pi of the last four tokens; empty where there are none. */
  readonly logprobs: readonly number[];
}

/** @throws SoarError TINKER_* */
export async function draw(sampler: Sampler): Promise<Drawn> {
  const options = { samples: 2, maxTokens: 8, temperature: 2, seed: 7, promptLogprobs: true };
  const { sequences, promptLogprobs: given } = await sampler.sample(text, options);
  return {
    sampler,
    tokens: sequences.map(({ tokens }) => tokens.join()).join('/'),
    form: !given ? 'none' : given.length === text.length ? 'leading-null' : 'shorter',
    logprobs: given ? Array.from(given.slice(-trained)) : [],
  };
}

/** @returns nothing where the base model cannot be sampled */
export const drawFromBase = (session: TinkerSession, baseModel: string): Promise<Drawn | undefined> =>
  unlessRefused(async () => draw(await session.openSampler({ baseModel })));

export async function unlessRefused<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (refused(error)) return undefined;
    throw error;
  }
}

/** The server has answered, and will not do it. */
export const refused = (error: unknown): boolean =>
  error instanceof SoarError &&
  ['TINKER_REFUSED', 'TINKER_FAILED', 'TINKER_NOT_FOUND', 'TINKER_UNAVAILABLE', 'TINKER_CONFLICT'].includes(error.code);
