import { describe, expect, it } from 'vitest';
import { corpusSettingsSchema, worldSettingsSchema } from './settings.js';

const complaint = (result: { error?: { issues: { path: PropertyKey[]; message: string }[] } | undefined }) =>
  result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');

describe('corpus settings', () => {
  it('are consistent by default', () => {
    const { shares, programLengths, carefulness } = corpusSettingsSchema.parse({});
    const total = (of: object) => Object.values(of).reduce((sum: number, share: number) => sum + share, 0);
    expect(total(shares)).toBeCloseTo(1, 9);
    expect(total(programLengths)).toBeCloseTo(1, 9);
    // The writer needs a carefulness for every length but 1.
    expect(Object.keys(carefulness).map(Number)).toEqual(expect.arrayContaining([2, 3, 4]));
  });

  it.each([
    [{ shares: { coin: 0.5 } }, /shares: the shares add up to 1\.37/],
    [{ programLengths: { 1: 0.5, 2: 0.4 } }, /programLengths: the shares add up to 0\.9/],
    [{ textbookLengths: [5, 2] }, /textbookLengths: the least length comes first/],
    [{ carefulness: {} }, /carefulness: list at least one length/],
    [{ carefulness: { two: 0.5 } }, /carefulness/],
    [{ carefulness: { 2: 1.5 } }, /carefulness\.2/],
    [{ careful: {} }, /careful/],
  ])('refuse %j', (input, message) => {
    expect(complaint(corpusSettingsSchema.safeParse(input))).toMatch(message);
  });
});

describe('world settings', () => {
  it.each([
    [{ hardLengths: [9, 8] }, /hardLengths: the least length comes first/],
    [{ candidates: 100, train: 60, test: 50 }, /candidates: 100 candidates cannot give 60 \+ 50/],
    [{ attempts: 0 }, /attempts/],
  ])('refuse %j', (input, message) => {
    expect(complaint(worldSettingsSchema.safeParse(input))).toMatch(message);
  });

  it('take as many candidates as problems', () => {
    expect(worldSettingsSchema.safeParse({ candidates: 110, train: 60, test: 50 }).success).toBe(true);
  });
});
