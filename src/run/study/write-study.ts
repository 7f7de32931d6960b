/**
 * What a study leaves: study.json, study.md and study.html, from finished loops and cells. study.json knows no clock: it is the same after
 * any kill.
 */
import { basename, join } from 'node:path';
import type { ArmResult } from '../../evaluate/index.js';
import type { PlannedRow, StudyCell } from '../../evaluate/study/plan.js';
import { studyHtml, studyMarkdown } from '../../report/study.js';
import {
  type LoopFacts,
  type StudyClock,
  type StudyFailure,
  type StudyReport,
  studyReport,
} from '../../report/study-data.js';
import { studyFigures } from '../../report/study-figures.js';
import type { RunConfig } from '../config/config.js';
import { nodeDisk } from '../disk.js';
import { writeWhole } from '../write-whole.js';
import type { CellOutcome } from './cells.js';

export interface StudyMaterial {
  readonly config: RunConfig;
  readonly rows: readonly PlannedRow[];
  readonly cells: readonly { readonly cell: StudyCell; readonly outcome: CellOutcome }[];
  readonly loops: readonly LoopFacts[];
  readonly failures: readonly StudyFailure[];
  readonly clock: StudyClock;
}

export interface StudyFacts {
  readonly folder: string;
  readonly report: StudyReport;
  readonly clock: StudyClock;
}

export async function writeStudy(folder: string, material: StudyMaterial): Promise<StudyFacts> {
  const { config, rows, cells, loops, failures, clock } = material;
  const ofRow = (row: PlannedRow) => cells.filter(({ cell }) => cell.row.name === row.name);
  const report = studyReport({
    name: config.name ?? `${config.preset}-study`,
    settings: config.evaluate,
    reference: config.study.reference,
    embedding: config.study.encoder === null ? 'character n-grams' : basename(config.study.encoder),
    rows: rows.map((row) => {
      const found = ofRow(row);
      const done = found.flatMap(({ cell, outcome }): { teacher: number; result: ArmResult }[] =>
        'result' in outcome ? [{ teacher: cell.teacher, result: outcome.result }] : [],
      );
      return {
        ...row,
        results: done.map(({ result }) => result),
        teachers: done.map(({ teacher }) => teacher),
        skipped: found.flatMap(({ cell, outcome }) =>
          'skipped' in outcome ? [{ teacher: cell.teacher, reason: outcome.skipped }] : [],
        ),
      };
    }),
    loops,
    failures,
  });
  await writeWhole(join(folder, 'study.json'), `${JSON.stringify(report, null, 2)}\n`, nodeDisk);
  await writeWhole(join(folder, 'study.md'), studyMarkdown(report, clock), nodeDisk);
  await writeWhole(join(folder, 'study.html'), studyHtml(report, clock), nodeDisk);
  await nodeDisk.makeFolder(join(folder, 'figures'));
  for (const [name, svg] of studyFigures(report))
    await writeWhole(join(folder, 'figures', `${name}.svg`), svg, nodeDisk);
  await nodeDisk.syncFolder(folder);
  return { folder, report, clock };
}
