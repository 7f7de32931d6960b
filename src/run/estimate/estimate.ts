/**
 * What a run will take, before anything is opened: from its settings alone, part by part, in three cases. The counts that do
 * not hang on an assumption are exact; the assumptions are in `assumptions.ts` and are part of the answer. Pure.
 */
import type { ArmName } from '../../evaluate/settings.js';
import { priceOfStorage, priceOfWork } from '../bill/bill.js';
import type { RunConfig } from '../config/config.js';
import { noWork, type Role, sumWork, timesWork, type Work } from '../usage.js';
import { type Assumptions, assumptionsOf, assumptionsText, type ByCase, type Case, cases } from './assumptions.js';
import { unitWork } from './evaluation.js';
import { outerStepWork, sampling } from './loop.js';

/** Problems to train on and held out. */
export interface HardSetSizes {
  readonly train: number;
  readonly test: number;
}

export interface EstimateRow {
  readonly part: string;
  readonly role: Role;
  /** Outer steps, or units of an evaluation. */
  readonly times: number;
  /** One of them, as expected: the first outer step, before any promotion. */
  readonly each: Work;
  readonly total: ByCase<Work>;
}

export interface Estimate {
  readonly rows: readonly EstimateRow[];
  readonly total: ByCase<Work>;
  /** Money, storage included, and GPU-hours where those are paid; null without prices. */
  readonly bill: ByCase<{ readonly money: number; readonly gpuHours: number | null }> | null;
  readonly unit: string;
  readonly assumptions: readonly string[];
}

export function estimateRun(config: RunConfig, hardSet: HardSetSizes): Estimate {
  const { evaluate } = config;
  const arms = evaluate.arms.map((arm) => ({ arm, times: evaluate.seeds, name: arm }));
  return estimateOf(config, [...screeningRow(config), ...loopRows(config, hardSet), ...armRows(config, hardSet, arms)]);
}

export const estimateTitle = ({ preset, soar, evaluate }: RunConfig): string =>
  `estimate of a run of preset ${preset}: ${soar.outerSteps} outer steps, then ${evaluate.arms.length} arms x ${evaluate.seeds} seeds`;

export function estimateOf(config: RunConfig, rows: readonly EstimateRow[]): Estimate {
  const total = byCase((name) => sumWork(rows.map((row) => row.total[name])));
  const priced = (work: Work) => {
    const bill = priceOfWork(work, config.prices);
    return bill && { money: bill.money + priceOfStorage(config.prices), gpuHours: bill.gpuHours };
  };
  const bills = byCase((name) => priced(total[name]));
  const { least, expected, most } = bills;
  return {
    rows,
    total,
    bill: least && expected && most && { least, expected, most },
    unit: config.prices.unit,
    assumptions: assumptionsText(config),
  };
}

/** The rows with what they cost; null without prices. Storage belongs to no row. */
export const priceRows = ({ prices }: Pick<RunConfig, 'prices'>, rows: readonly EstimateRow[]) =>
  rows.map((row) => {
    const { least, expected, most } = byCase((name) => priceOfWork(row.total[name], prices)?.money ?? null);
    const money = least === null || expected === null || most === null ? null : { least, expected, most };
    return { ...row, money };
  });

/** Looking for hard problems in the built-in world; a hard set that was prepared costs nothing more. */
export function screeningRow(config: RunConfig): EstimateRow[] {
  const { domain, problems, world } = config;
  if (domain !== 'programs' || problems.hardSet !== null) return [];
  const assumed = assumptionsOf(config);
  const total = byCase((name) =>
    sampling(world.candidates, world.attempts, assumed[name].prompts.student, assumed[name].tokens.student),
  );
  return [{ part: 'hard set', role: 'base', times: 1, each: total.expected, total }];
}

/** What outer step `t` is expected to take. */
export const stepWork = (config: RunConfig, hardTrain: number, t: number): Work =>
  sumWork(outerStepWork(config.soar, hardTrain, t, assumptionsOf(config).expected).map(({ work }) => work));

/** A row per part of an outer step, over all steps. */
export function loopRows(config: RunConfig, hardSet: HardSetSizes, loops = 1, prefix = ''): EstimateRow[] {
  const { soar } = config;
  const assumed = assumptionsOf(config);
  const steps = byCase((name) =>
    Array.from({ length: soar.outerSteps }, (_, t) => outerStepWork(soar, hardSet.train, t, assumed[name])),
  );
  return (steps.expected[0] ?? []).flatMap(({ part, role, work }, i) => {
    const total = byCase((name) =>
      timesWork(sumWork(steps[name].map((parts) => (parts[i] as (typeof parts)[number]).work)), loops),
    );
    const row = { part: `${prefix}${part}`, role, times: soar.outerSteps * loops, each: work, total };
    return isNothing(total.most) ? [] : [row];
  });
}

export interface ArmUnits {
  readonly arm: ArmName;
  readonly name: string;
  readonly times: number;
  /** Questions sampled from a teacher, in place of the settings'. */
  readonly sampled?: number;
}

/** A row per arm; the reference policy of all of them, and the choice of the promotion that arm `ps` shows, have rows of their own. */
export function armRows(config: RunConfig, hardSet: HardSetSizes, arms: readonly ArmUnits[]): EstimateRow[] {
  const { soar, evaluate } = config;
  const world = config.domain === 'programs';
  const assumed = assumptionsOf(config);
  const units = arms.map(({ arm, name, times, sampled }) => {
    const of = byCase((at) => {
      const promotions = promotionsOf(soar.outerSteps, assumed[at]);
      const asked = evaluate.questions.sampled;
      const count = sampled ?? (asked === 'as-promoted' ? promotions * soar.datasetSize : asked);
      return unitWork(arm, { soar, evaluate, hardTest: hardSet.test, sampled: count, promotions, world }, assumed[at]);
    });
    return { name, times, of };
  });
  const rows = units.map(({ name, times, of }): EstimateRow => {
    const total = byCase((at) => timesWork(of[at].work, times));
    return { part: name, role: 'evaluation', times, each: of.expected.work, total };
  });
  const reference = byCase((at) => sumWork(units.map(({ of, times }) => timesWork(of[at].reference, times))));
  const trained = units.filter(({ of }) => !isNothing(of.most.reference));
  const choosing = byCase((at) => {
    const { prompts, tokens } = assumed[at];
    const shown = arms.filter(({ arm }) => arm === 'ps').length > 0 ? promotionsOf(soar.outerSteps, assumed[at]) : 0;
    return timesWork(sampling(hardSet.train, 1, prompts.student, tokens.student), shown);
  });
  return [
    ...rows,
    ...(isNothing(choosing.most)
      ? []
      : [
          {
            part: 'ps: which promotion',
            role: 'evaluation' as const,
            times: 1,
            each: choosing.expected,
            total: choosing,
          },
        ]),
    ...(isNothing(reference.most)
      ? []
      : [
          {
            part: 'reference of the arms',
            role: 'base' as const,
            times: trained.reduce((sum, { times }) => sum + times, 0),
            each: trained[0]?.of.expected.reference ?? noWork,
            total: reference,
          },
        ]),
  ];
}

const promotionsOf = (outerSteps: number, { promotionsBefore }: Assumptions) => promotionsBefore(outerSteps);

const isNothing = (work: Work) => Object.values(work).every((value) => value === 0);

export function byCase<T>(of: (name: Case) => T): ByCase<T> {
  return Object.fromEntries(cases.map((name) => [name, of(name)])) as Record<Case, T>;
}
