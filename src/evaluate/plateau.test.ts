import { describe, expect, it } from 'vitest';
import { plateauStep } from './plateau.js';

const settings = { window: 3, slopeShare: 0.15 };

describe('the plateau of a training curve', () => {
  it('begins where the smoothed slope falls below its share of the steepest', () => {
    // Averages of three: 0, 10/3, 10, 50/3, 20, 20; slopes 3.3, 6.7, 6.7, 3.3, 0. Slope 4 lies between steps 5 and 6.
    expect(plateauStep([0, 0, 0, 10, 20, 20, 20, 20], settings)).toBe(6);
  });

  it('is not sought before the steepest rise: a slow start is none', () => {
    const late = [...Array(20).fill(0), ...Array.from({ length: 10 }, (_, i) => i * 5), ...Array(20).fill(50)];
    const at = plateauStep(late, settings) as number;
    expect(at).toBeGreaterThan(28);
    expect(at).toBeLessThan(34);
  });

  it('is not there while the curve rises, and never for a flat one', () => {
    expect(plateauStep([0, 1, 2, 3, 4, 5, 6], settings)).toBeUndefined();
    expect(plateauStep(Array(30).fill(10), settings)).toBeUndefined();
    expect(plateauStep([1, 2], settings)).toBeUndefined();
    expect(plateauStep([], settings)).toBeUndefined();
  });

  it('of an exponential approach is where theory puts it: e^(-t/T) = share', () => {
    const T = 40;
    const curve = Array.from({ length: 400 }, (_, t) => 1 - Math.exp(-t / T));
    const at = plateauStep(curve, { window: 25, slopeShare: 0.15 }) as number;
    // The steepest smoothed slope is at the first full window, so the whole shifts by half of it.
    expect(Math.abs(at - (12 - T * Math.log(0.15)))).toBeLessThan(3);
  });
});
