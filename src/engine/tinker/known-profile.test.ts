import { expect, it } from 'vitest';
import { knownProfile } from './engine.js';
import { noJournal } from './journal.js';
import { profiles, type TinkerProfile } from './profiles/profile.js';
import { tinkerSettings } from './settings.js';

const baseUrl = 'http://127.0.0.1:1';
const settings = tinkerSettings.parse({ kind: 'tinker', baseUrl, loraRank: 4 });
const measured = (profile: TinkerProfile, model = 'm') => ({ event: 'measured', baseUrl, model, profile }) as const;

it('a profile that was measured before is taken up, the last one of this model', () => {
  const past = [measured(profiles.hosted), measured({ ...profiles.twinkle, powerOfTwoRanks: true } as TinkerProfile)];
  expect(knownProfile(settings, 'm', { ...noJournal, past })).toEqual(past[1]?.profile);
  expect(knownProfile(settings, 'other', { ...noJournal, past })).toBeUndefined();
});

it('what it does not say, since it was measured by an earlier version, is as with its kind', () => {
  const { stepsOvertake, ...earlier } = profiles['skyrl-jax'];
  const past = [measured({ ...earlier, weightsOnlyLoad: 'undone' } as TinkerProfile)];
  expect(stepsOvertake).toBe(true);
  expect(knownProfile(settings, 'm', { ...noJournal, past })).toEqual({
    ...profiles['skyrl-jax'],
    weightsOnlyLoad: 'undone',
  });
});
