import { describe, expect, it } from 'vitest';
import { soarSettingsSchema } from '../method/index.js';
import { evaluateSettingsSchema, freshStudentSettings, testSampling } from './settings.js';

const { student } = soarSettingsSchema.parse({});

describe('the evaluate section', () => {
  it("has the paper's defaults where it states one", () => {
    const settings = evaluateSettingsSchema.parse({});
    expect(settings).toMatchObject({ ks: [1, 4, 8, 16, 32], samplesPerProblem: 32, seeds: 6 });
    expect(settings.training).toMatchObject({ steps: 1500, warmupSteps: 20 });
    expect(settings.questions).toMatchObject({ curriculumSteps: 64, sampled: 128 });
  });

  it.each([
    [{ samplesPerProblem: 16 }, 'pass@32 needs at least 32 samples'],
    [{ ks: [4, 1] }, 'rising order'],
    [{ ks: [] }, ''],
    [{ arms: ['pq', 'pq'] }, 'named twice'],
    [{ arms: ['qp'] }, ''],
    [{ training: { groupSize: 1 } }, 'at least 2 completions'],
    [{ seed: 3 }, ''],
  ])('refuses %j', (input, says) => {
    const parsed = evaluateSettingsSchema.safeParse(input);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map(({ message }) => message).join()).toContain(says);
  });

  it('describes every field', () => {
    const undescribed: string[] = [];
    const visit = (schema: { shape?: Record<string, never> }, path: string) => {
      for (const [key, field] of Object.entries(schema.shape ?? {})) {
        let inner = field as { description?: string; shape?: never; def?: { innerType?: never } };
        let described = inner.description;
        while (inner.def?.innerType) {
          inner = inner.def.innerType;
          described ??= inner.description;
        }
        if (inner.shape) visit(inner, `${path}${key}.`);
        else if (!described) undescribed.push(path + key);
      }
    };
    visit(evaluateSettingsSchema as never, '');
    expect(undescribed).toEqual([]);
  });
});

describe('a fresh student', () => {
  it("trains as soar.student does, with evaluation's own warm-up", () => {
    const evaluate = evaluateSettingsSchema.parse({});
    expect(freshStudentSettings(student, evaluate, false)).toEqual({
      ...student,
      schedule: { ...student.schedule, warmupSteps: 20 },
    });
  });

  it('goes without warm-up in a curriculum', () => {
    const evaluate = evaluateSettingsSchema.parse({});
    expect(freshStudentSettings(student, evaluate, true).schedule.warmupSteps).toBe(0);
  });

  it('takes what the evaluation sets', () => {
    const evaluate = evaluateSettingsSchema.parse({
      training: { promptsPerStep: 4, groupSize: 6, schedule: { learningRate: 0.5 }, optimizer: { beta2: 0.9 } },
      temperature: 0.7,
    });
    const fresh = freshStudentSettings(student, evaluate, false);
    expect(fresh).toMatchObject({ promptsPerStep: 4, groupSize: 6 });
    expect(fresh.schedule).toMatchObject({ learningRate: 0.5, horizon: 'run', warmupSteps: 20 });
    expect(fresh.optimizer.beta2).toBe(0.9);
    expect(testSampling(student, evaluate)).toEqual({ ...student.sampling, temperature: 0.7 });
  });
});
