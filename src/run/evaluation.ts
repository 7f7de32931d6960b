/** The final evaluation of a run: its units remembered in the journal, its policies opened from the run's snapshots. */
import type { Policy } from '../engine/engine.js';
import { type EvaluationOutcome, evaluateArms, planEvaluation, shareCorrect } from '../evaluate/index.js';
import { evaluationKey, promotionsOf } from './entries.js';
import type { OpenRun } from './open-run.js';
import { openPromoted, openTeacher } from './outer-loop.js';
import type { HardSet } from './workbench.js';

export async function evaluateRun(run: OpenRun, hardSet: HardSet): Promise<EvaluationOutcome> {
  const { bench, config, history, emit, record, signal } = run;
  const promotions = promotionsOf(history).map(({ questions }) => questions);
  const examined = async (policy: Promise<Policy>) => bench.ledger.as('evaluation', await policy);
  const policies = {
    base: () => examined(bench.base.fork()),
    ...(history.steps.length > 0 && { teacher: () => examined(openTeacher(run)) }),
    promoted: (index: number) => examined(openPromoted(run, index)),
  };
  const plan = { domain: bench.domain, realProblems: bench.realProblems };
  const { units } = planEvaluation({ ...plan, promotions, policies, settings: config.evaluate });
  const spend = run.meter('evaluation');
  const began = new Map<string, number>();
  return evaluateArms(
    {
      policies,
      reference: bench.base,
      ...plan,
      hardTrain: hardSet.train,
      hardTest: hardSet.test,
      promotions,
      soar: config.soar,
      settings: config.evaluate,
      seed: String(config.seed),
      concurrentUnits: bench.plan.concurrentStudies,
      signal,
      progress: {
        working({ arm, seed, step, steps, correct }) {
          emit({ event: 'evaluating', unit: evaluationKey(arm, seed), step, of: steps, correct });
        },
        finished(result) {
          const { arm, seed } = result;
          const unit = evaluationKey(arm, seed);
          spend('evaluation');
          emit({
            event: 'evaluated',
            unit,
            correct: shareCorrect(result),
            done: history.evaluations.size,
            of: units.length,
            seconds: run.seconds() - (began.get(unit) ?? 0),
          });
        },
      },
    },
    {
      // Asked when the unit's turn comes.
      result(arm, seed) {
        began.set(evaluationKey(arm, seed), run.seconds());
        return history.evaluations.get(evaluationKey(arm, seed));
      },
      recordResult: (result) => record({ unit: 'evaluation', result }),
      promotedAccuracies: () => history.promotedAccuracies,
      recordPromotedAccuracies: (accuracies) => record({ unit: 'promoted-accuracies', accuracies }),
    },
  );
}
