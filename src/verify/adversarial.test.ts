import { describe, expect, it } from 'vitest';
import { bombs, targets, tricks } from './cases/adversarial.js';
import { parseGold } from './gold.js';
import { verify } from './verify.js';

const golds = targets.map((target) => parseGold(target));
const ceiling = 100;

/** Of the processor, the least of three: what the machine does beside us is not the verifier's. */
function milliseconds(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 && least > ceiling; i++) {
    const started = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(started);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

describe('what an optimiser may write', () => {
  it.each(tricks)('is not paid: %j', (text) => {
    for (const gold of golds) {
      let verdict = '';
      expect(milliseconds(() => (verdict = verify(gold, text).verdict))).toBeLessThan(ceiling);
      expect([gold.source, verdict]).not.toEqual([gold.source, 'correct']);
    }
  });

  it.each(bombs)('does not hang: %s', (_, text) => {
    for (const mode of ['reward', 'evaluation'] as const) {
      for (const gold of golds) {
        let verdict = '';
        expect(milliseconds(() => (verdict = verify(gold, text, { mode }).verdict))).toBeLessThan(ceiling);
        expect([gold.source, verdict]).not.toEqual([gold.source, 'correct']);
      }
    }
  });

  it('a gold that is a bomb is refused or read in time', () => {
    for (const [, text] of bombs) {
      const spent = milliseconds(() => {
        try {
          verify(text, text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'VERIFY_GOLD_UNREADABLE' });
        }
      });
      expect(spent).toBeLessThan(ceiling);
    }
  });

  it('an empty gold never equals an empty answer', () => {
    for (const empty of ['', ' ', '$$', '{}', '\\text{}', '\\boxed{}', '.', ',']) {
      expect(() => verify(empty, `\\boxed{${empty}}`)).toThrow(
        expect.objectContaining({ code: 'VERIFY_GOLD_UNREADABLE' }),
      );
    }
  });
});
