import { describe, expect, it } from 'vitest';
import { planStudy } from './plan.js';
import { studySettingsSchema } from './settings.js';

const plan = (given: object) => planStudy(studySettingsSchema.parse(given));

describe('the plan of a study', () => {
  it('runs one loop for all rows that it feeds, by teachers', () => {
    const { loops, cells, rows } = plan({ rows: ['hard-only', 'pq', 'ps', 'grounded-t'], teachers: 3, students: 2 });
    expect(loops.map(({ name }) => name)).toEqual(['soar']);
    expect(rows.map(({ arm }) => arm)).toEqual(['hard-only', 'pq', 'ps', 'grounded-t']);
    expect(cells).toHaveLength(4 * 3 * 2);
    expect(new Set(cells.map(({ row, teacher, student }) => `${row.name}/${teacher}/${student}`)).size).toBe(24);
  });

  it('feeds the same arm from several loops', () => {
    const { loops, rows } = plan({ rows: ['pq', 'frozen-pq', 'intrinsic-t'] });
    expect(rows.map(({ arm, loop }) => `${arm} of ${loop}`)).toEqual([
      'pq of soar',
      'pq of frozen',
      'grounded-t of intrinsic',
      // Always there: what the others are compared with.
      'hard-only of undefined',
    ]);
    expect(loops.find(({ name }) => name === 'frozen')?.changes).toEqual({ 'soar.teacher.schedule.learningRate': 0 });
  });

  it('takes loops and rows of one’s own', () => {
    const own = {
      rows: ['mine'],
      loops: { small: { 'soar.datasetSize': 8 } },
      ownRows: { mine: { title: 'Mine', arm: 'pq', loop: 'small' } },
    };
    expect(plan(own).loops).toEqual([{ name: 'small', changes: { 'soar.datasetSize': 8 } }]);
  });

  it('says what there is not', () => {
    expect(() => plan({ rows: ['hard-onli'] })).toThrow(/no row 'hard-onli', did you mean 'hard-only'/);
    expect(() => plan({ reference: 'nothing-like-it' })).toThrow(
      expect.objectContaining({ code: 'STUDY_UNKNOWN_ROW', where: 'study.reference' }),
    );
    expect(() => plan({ rows: ['mine'], ownRows: { mine: { title: 'Mine', arm: 'ps' } } })).toThrow(
      expect.objectContaining({ code: 'STUDY_ROW_NEEDS_LOOP', remedy: expect.stringContaining('soar, frozen') }),
    );
    const row = { title: 'Mine', arm: 'pq', loop: 'frosen' };
    expect(() => plan({ rows: ['mine'], ownRows: { mine: row } })).toThrow(/no loop 'frosen', did you mean 'frozen'/);
  });
});
