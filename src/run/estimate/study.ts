/** What a study takes: every loop once per teacher, then every cell; by the arithmetic of a run. Pure. */
import { planStudy } from '../../evaluate/study/plan.js';
import type { RunConfig } from '../config/config.js';
import { studyLoop, withChanges } from '../study/loops.js';
import { sumWork } from '../usage.js';
import {
  armRows,
  type Estimate,
  type EstimateRow,
  estimateOf,
  type HardSetSizes,
  loopRows,
  screeningRow,
} from './estimate.js';

/** @throws SoarError STUDY_UNKNOWN_ROW, STUDY_UNKNOWN_LOOP, STUDY_BAD_CHANGE */
export function estimateStudy(config: RunConfig, hardSet: HardSetSizes): Estimate {
  const { teachers, students, questions, transfer } = config.study;
  const plan = planStudy(config.study);
  const loops = plan.loops.map((loop) => ({ name: loop.name, config: studyLoop(config, '', loop, 1).config }));
  const second = plan.rows.some((row) => row.transfer) ? [withChanges(config, transfer)] : [];
  const screens = [config, ...second].flatMap(screeningRow);
  const outer = loops.flatMap((loop) => loopRows(loop.config, hardSet, teachers, `${loop.name}: `));
  const cells = plan.rows.flatMap((row) => {
    const ofLoop = loops.find(({ name }) => name === row.loop)?.config;
    // A row's students train as the study says, on what its loop promoted.
    const settings = ofLoop ? { ...config, soar: { ...ofLoop.soar, student: config.soar.student } } : config;
    const asked = config.evaluate.questions.sampled;
    const sampled = row.questions ?? questions ?? (asked === 'as-promoted' ? config.soar.datasetSize : asked);
    return armRows(settings, hardSet, [{ arm: row.arm, name: row.name, times: teachers * students, sampled }]);
  });
  return estimateOf(config, [...screens, ...outer, ...joined(cells)]);
}

/** Rows of the same name as one. */
function joined(rows: readonly EstimateRow[]): EstimateRow[] {
  const found = new Map<string, EstimateRow>();
  for (const row of rows) {
    const before = found.get(row.part);
    found.set(row.part, before ? addRows(before, row) : row);
  }
  return [...found.values()];
}

const addRows = (a: EstimateRow, b: EstimateRow): EstimateRow => ({
  ...a,
  times: a.times + b.times,
  total: {
    least: sumWork([a.total.least, b.total.least]),
    expected: sumWork([a.total.expected, b.total.expected]),
    most: sumWork([a.total.most, b.total.most]),
  },
});
