import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { soarSettingsSchema } from './settings.js';

const messages = (section: unknown) =>
  soarSettingsSchema.safeParse(section).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];

describe('the soar section', () => {
  it("has the paper's Table 3 for defaults", () => {
    expect(soarSettingsSchema.parse({})).toMatchObject({
      outerSteps: 200,
      datasets: 4,
      datasetSize: 64,
      repeats: 4,
      teacher: {
        sampling: { temperature: 1, maxNewTokens: 512 },
        kl: { coefficient: 0.001 },
        schedule: { kind: 'cosine', learningRate: 1e-5, warmupSteps: 20 },
      },
      student: {
        promptsPerStep: 8,
        groupSize: 32,
        sampling: { temperature: 1, maxNewTokens: 1024 },
        shapedReward: { correct: 120, containsGold: 20, answered: 10, none: 0 },
        kl: { coefficient: 0.001 },
        schedule: { kind: 'cosine', learningRate: 1e-5, warmupSteps: 0 },
      },
      inner: { steps: 10, stepsPerPromotion: 5, maximumSteps: 20 },
      reward: { questions: 64, decoding: 'greedy' },
      promotion: { threshold: 0.01, window: 3 },
    });
  });

  it.each([
    [{ datasets: 1 }, 'datasets: leave-one-out advantages compare datasets: set datasets to 2 or more'],
    [
      { student: { groupSize: 1 } },
      'student.groupSize: a leave-one-out group needs at least 2 completions: set groupSize to 2 or more',
    ],
    [
      { promotion: { window: 0 } },
      'promotion.window: the moving average needs at least 1 step: set window to 1 or more',
    ],
    [
      { datasetSize: 6, student: { promptsPerStep: 8 } },
      'student.promptsPerStep: a batch of 8 questions would repeat some of a dataset of 6: set promptsPerStep to datasetSize or less',
    ],
    [
      { teacher: { updatesPerStep: 5 } },
      'teacher.updatesPerStep: datasetSize (64) does not divide into 5 equal teacher updates: choose a divisor of datasetSize',
    ],
    [{ inner: { steps: 30 } }, 'inner.maximumSteps: maximumSteps is below steps: raise it to at least steps'],
    [
      { reward: { samplesPerQuestion: 16 } },
      'reward.samplesPerQuestion: greedy decoding says the same every time: leave the numbers of samples out, or set decoding to sampled',
    ],
    [
      { student: { shapedReward: { answered: 30 } } },
      'student.shapedReward: rewards must fall from correct over containsGold and answered to none: put them in that order',
    ],
    [{ student: { lr: 1 } }, 'student: Unrecognized key: "lr"'],
  ])('refuses %j', (section, message) => {
    expect(messages(section)).toEqual([message]);
  });

  it('takes the divisors of the dataset size, and samples where decoding samples', () => {
    expect(messages({ teacher: { updatesPerStep: 32 } })).toEqual([]);
    expect(messages({ reward: { decoding: 'sampled', samplesPerQuestion: 16 } })).toEqual([]);
  });

  it('describes every field and section', () => {
    const bare: string[] = [];
    const visit = (schema: z.core.JSONSchema.BaseSchema, path: string) => {
      for (const [key, child] of Object.entries(schema.properties ?? {})) {
        if (typeof child === 'boolean') continue;
        visit(child, `${path}.${key}`);
        if (!child.description) bare.push(`${path}.${key}`);
      }
    };
    visit(z.toJSONSchema(soarSettingsSchema, { io: 'input' }), 'soar');
    expect(bare).toEqual([]);
  });
});
