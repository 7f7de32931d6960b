/** Which loops run and which cells are filled for a study. Pure. */
import { SoarError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { arms } from '../arms/index.js';
import { builtInLoops, builtInRows, type StudyRow } from './rows.js';
import type { StudySettings } from './settings.js';

export interface PlannedRow extends StudyRow {
  readonly name: string;
}

export interface StudyCell {
  readonly row: PlannedRow;
  /** Seed of the loop, from 1; of a row without one, the group that the student counts to. */
  readonly teacher: number;
  /** From 0, within the teacher. */
  readonly student: number;
}

export interface StudyPlan {
  readonly rows: readonly PlannedRow[];
  /** Loops that the rows need, with the settings that they change. */
  readonly loops: readonly { readonly name: string; readonly changes: Readonly<Record<string, unknown>> }[];
  readonly cells: readonly StudyCell[];
}

/** @throws SoarError STUDY_UNKNOWN_ROW, STUDY_UNKNOWN_LOOP, STUDY_ROW_NEEDS_LOOP */
export function planStudy(settings: StudySettings): StudyPlan {
  const known: Readonly<Record<string, StudyRow>> = {
    ...builtInRows,
    ...(settings.ownRows as Record<string, StudyRow>),
  };
  const knownLoops: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    ...builtInLoops,
    ...settings.loops,
  };
  const names = [...new Set([...settings.rows, settings.reference])];
  const rows = names.map((name): PlannedRow => {
    const row = known[name];
    if (!row) {
      const where = settings.rows.includes(name) ? 'study.rows' : 'study.reference';
      throw unknown('STUDY_UNKNOWN_ROW', 'row', name, Object.keys(known), where);
    }
    if (row.loop !== undefined && !knownLoops[row.loop]) {
      throw unknown('STUDY_UNKNOWN_LOOP', 'loop', row.loop, Object.keys(knownLoops), `study.ownRows.${name}.loop`);
    }
    if (row.loop === undefined && arms[row.arm].needsLoop) {
      throw new SoarError('STUDY_ROW_NEEDS_LOOP', `row '${name}' shows arm ${row.arm}, which needs a loop`, {
        where: `study.ownRows.${name}`,
        remedy: `name the loop whose teacher and promotions it shows: ${Object.keys(knownLoops).join(', ')}`,
      });
    }
    return { ...row, name };
  });
  const loopNames = [...new Set(rows.flatMap(({ loop }) => loop ?? []))];
  return {
    rows,
    loops: loopNames.map((name) => ({ name, changes: knownLoops[name] as Readonly<Record<string, unknown>> })),
    cells: rows.flatMap((row) =>
      Array.from({ length: settings.teachers }, (_, t) =>
        Array.from({ length: settings.students }, (_, student) => ({ row, teacher: t + 1, student })),
      ).flat(),
    ),
  };
}

function unknown(code: string, what: string, name: string, known: readonly string[], where: string): SoarError {
  const guess = nearest(name, known);
  return new SoarError(code, `there is no ${what} '${name}'${guess ? `, did you mean '${guess}'?` : ''}`, {
    where,
    remedy: `there are ${known.join(', ')}`,
  });
}
