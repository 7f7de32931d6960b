/** What a run's report shows, from the journal's entries and the metrics. Pure: the same journal, the same samples of questions. */
import { planEvaluation } from '../evaluate/index.js';
import { programsDomain } from '../problems/index.js';
import type { QuestionReport, RunReportData, StageReport, StepReport } from '../report/types.js';
import { randomStream } from '../rl/random.js';
import { spendingReport } from './bill/spending-report.js';
import { configYaml, type RunConfig } from './config/config.js';
import { evaluationKey, historyOf, type OuterStepEntry, promotionsOf, type RunEntry, stateOf } from './entries.js';
import type { MetricsLine } from './metrics.js';
import { realProblemsOf } from './open-domain.js';

export interface ReportSources {
  readonly name: string;
  readonly state: RunReportData['state'];
  readonly config: RunConfig;
  readonly entries: readonly RunEntry[];
  readonly metrics: readonly MetricsLine[];
}

export function reportData({ name, state, config, entries, metrics }: ReportSources): RunReportData {
  const history = historyOf(entries);
  const { promotion } = config.soar;
  const promotions = promotionsOf(history);
  const marks = stateOf(history).promotions;
  return {
    name,
    state,
    facts: facts(config, history.hardSet && [history.hardSet.train.length, history.hardSet.test.length]),
    threshold: promotion.threshold,
    window: promotion.window,
    steps: history.steps.map(stepReport),
    stages: stages(history.steps, entries, config.seed),
    promotionQuestions: promotions.map(({ questions, accuracy }, index) => ({
      step: marks[index].step + 1,
      accuracy,
      questions: questions.map(({ question, gold, subject }) => ({ question, answer: gold, kind: subject ?? '' })),
    })),
    ...(history.evaluations.size > 0 && {
      evaluation: {
        results: unitsInOrder(config).flatMap(([arm, seed]) => history.evaluations.get(evaluationKey(arm, seed)) ?? []),
        skipped: planEvaluation({
          promotions: promotions.map(({ questions }) => questions),
          policies: { base: never, promoted: never, ...(history.steps.length > 0 && { teacher: never }) },
          settings: config.evaluate,
          domain: config.domain === 'programs' ? programsDomain : {},
          realProblems: realProblemsOf(config),
        }).skipped,
        settings: config.evaluate,
      },
    }),
    spending: spendingReport(config, history, metrics, state === 'finished'),
    config: configYaml(config),
  };
}

/** The plan asks only whether there is a teacher; nothing is opened for a report. */
const never = () => Promise.reject(new Error('a report opens no policy'));

function facts(config: RunConfig, hard: readonly [train: number, test: number] | undefined): [string, string][] {
  return [
    ['preset', config.preset],
    ['seed', String(config.seed)],
    ['model', config.model],
    ['domain', config.domain],
    ['engine', config.engine.kind],
    ...(hard ? ([['hard problems', `${hard[0]} to train on, ${hard[1]} held out`]] as [string, string][]) : []),
  ];
}

function stepReport(step: OuterStepEntry): StepReport {
  return {
    step: step.step + 1,
    stepMean: step.stepMean,
    movingAverage: step.movingAverage,
    datasetRewards: step.datasetRewards,
    baselineAccuracy: step.baselineAccuracy,
    validRate: step.validRate,
    kinds: step.kinds,
    promoted: step.promotion !== undefined,
  };
}

const samplesPerStage = 12;

/** Steps between promotions, each with a few of the questions asked in it. */
function stages(steps: readonly OuterStepEntry[], entries: readonly RunEntry[], seed: number): StageReport[] {
  const found: StageReport[] = [];
  for (const { step } of steps) {
    const promotions = steps.filter((earlier) => earlier.step < step && earlier.promotion).length;
    const stage = found[promotions];
    found[promotions] = { promotions, steps: [stage?.steps[0] ?? step, step], samples: [] };
  }
  return found.map((stage) => {
    const asked = entries.flatMap((entry): QuestionReport[] =>
      entry.unit === 'proposals' && entry.step >= stage.steps[0] && entry.step <= stage.steps[1]
        ? entry.record.proposals.map(({ question, answer, kind }) => ({ question, answer, kind }))
        : [],
    );
    const samples = randomStream(`${seed}/report/stage-${stage.promotions}`).shuffle(asked).slice(0, samplesPerStage);
    const [first, last] = stage.steps;
    return { ...stage, steps: [first + 1, last + 1] as const, samples };
  });
}

function unitsInOrder({ evaluate }: RunConfig): [arm: string, seed: number][] {
  return evaluate.arms.flatMap((arm) =>
    Array.from({ length: evaluate.seeds }, (_, seed): [string, number] => [arm, seed]),
  );
}
