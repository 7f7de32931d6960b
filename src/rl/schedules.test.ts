import { describe, expect, it } from 'vitest';
import { learningRate, type Schedule, scheduleSchema } from './schedules.js';

const cosine: Schedule = { kind: 'cosine', learningRate: 1, warmupSteps: 0, horizon: 'run', floor: 0 };
const rates = (schedule: Schedule, steps: number[], length: number) =>
  steps.map((step) => Number(learningRate(schedule, step, length).toFixed(6)));

describe('learningRate', () => {
  it('rises in equal parts to the peak, without a step at rate 0', () => {
    expect(rates({ ...cosine, warmupSteps: 4, kind: 'constant' }, [0, 1, 2, 3, 4, 99], 10)).toEqual([
      0.25, 0.5, 0.75, 1, 1, 1,
    ]);
  });

  it('decays along half a cosine to the floor and stays there', () => {
    // cos(pi/3) = 1/2, cos(pi/2) = 0, cos(2pi/3) = -1/2: (1 + cos)/2 = 3/4, 1/2, 1/4.
    expect(rates(cosine, [0, 2, 3, 4, 6, 9], 6)).toEqual([1, 0.75, 0.5, 0.25, 0, 0]);
    // Floor 0.2: 0.2 + 0.8 * 1/2.
    expect(rates({ ...cosine, floor: 0.2 }, [3, 6, 7], 6)).toEqual([0.6, 0.2, 0.2]);
  });

  it('decays in a line, from the end of the warm-up', () => {
    expect(rates({ ...cosine, kind: 'linear', warmupSteps: 2 }, [0, 1, 2, 4, 6, 10], 10)).toEqual([
      0.5, 1, 1, 0.75, 0.5, 0,
    ]);
  });

  it('takes its own horizon before the length of the training', () => {
    // Step 9 of 1500: (1 + cos(0.006 pi)) / 2.
    expect(rates({ ...cosine, horizon: 1500 }, [0, 9], 10)).toEqual([1, 0.999911]);
  });

  it('only warms up where the training is no longer than the warm-up', () => {
    expect(rates({ ...cosine, warmupSteps: 4 }, [0, 1], 2)).toEqual([0.25, 0.5]);
    expect(rates({ ...cosine, warmupSteps: 4 }, [4], 4)).toEqual([0]);
  });
});

describe('scheduleSchema', () => {
  const schema = scheduleSchema({ ...cosine, learningRate: 1e-5, warmupSteps: 20 });

  it('fills in the defaults of its section', () => {
    expect(schema.parse({ kind: 'linear' })).toEqual({
      ...cosine,
      kind: 'linear',
      learningRate: 1e-5,
      warmupSteps: 20,
    });
  });

  it('refuses a warm-up that outlasts the horizon', () => {
    const result = schema.safeParse({ horizon: 20 });
    expect(result.error?.issues).toMatchObject([
      { path: ['warmupSteps'], message: expect.stringContaining('must end before the horizon (20)') },
    ]);
    expect(schema.safeParse({ horizon: 20, kind: 'constant' }).success).toBe(true);
  });

  it('refuses an unknown key', () => {
    expect(schema.safeParse({ warmup: 3 }).success).toBe(false);
  });
});
