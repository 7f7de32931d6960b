/**
 * The teacher's update (method.md 1.4): RLOO over datasets. Every completion of X_k carries the advantage of R_k among the
 * datasets' rewards; malformed completions are not among them.
 *
 * KL in the reward: a completion's own KL is its own doing, so it is compared with that of all the other completions rather
 * than pooled over its dataset. Either way the advantages sum to zero.
 */
import type { Policy, UpdateMetrics } from '../engine/engine.js';
import type { Domain } from '../problems/domain.js';
import { leaveOneOutAdvantages } from '../rl/advantages.js';
import { optimizerStep } from '../rl/optimizer.js';
import { learningRate } from '../rl/schedules.js';
import type { Proposal } from './memory.js';
import { partition } from './proposal.js';
import { payKl, policyGradientBatch, rolloutsOf, withReference } from './rollouts.js';
import type { TeacherSettings } from './settings.js';

export interface TeacherUpdateRequest {
  /** Trained in place. */
  readonly teacher: Policy;
  readonly domain: Domain;
  /** Frozen; needed when settings.kl.coefficient > 0. */
  readonly reference?: Policy;
  /** g*n in the order sampled. */
  readonly proposals: readonly Proposal[];
  /** R_k, [dataset]. */
  readonly rewards: readonly number[];
  readonly settings: TeacherSettings;
  /** Outer step, from 0, and their number: the learning rate's schedule runs over them. */
  readonly step: number;
  readonly outerSteps: number;
}

export interface TeacherUpdate {
  /** A_k, [dataset]; they sum to zero. */
  readonly advantages: readonly number[];
  /** max R_k - min R_k. */
  readonly rewardSpread: number;
  /** The spread was below soar.teacher.minimalRewardSpread: no step was made. */
  readonly skipped: boolean;
  readonly learningRate: number;
  /** One per optimizer step made. */
  readonly updates: readonly UpdateMetrics[];
}

/** @throws SoarError METHOD_REFERENCE_MISSING; whatever the engine throws. */
export async function updateTeacher(request: TeacherUpdateRequest): Promise<TeacherUpdate> {
  const { teacher, domain, proposals, rewards, settings } = request;
  const advantages = leaveOneOutAdvantages(rewards, settings.advantage);
  const rewardSpread = Math.max(...rewards) - Math.min(...rewards);
  const rate = learningRate(settings.schedule, request.step, request.outerSteps);
  const facts = { advantages, rewardSpread, learningRate: rate };
  if (rewardSpread < settings.minimalRewardSpread) return { ...facts, skipped: true, updates: [] };

  const prompt = teacher.tokenizer.encode(domain.teacherPrompt);
  const rollouts = await withReference(rolloutsOf([prompt], [proposals]), settings.kl, request.reference);
  const size = proposals.length / rewards.length;
  const kl = leaveOneOutAdvantages(
    payKl(
      proposals.map(() => 0),
      rollouts,
      settings.kl,
    ),
  );
  const credited = rollouts.map((one, i) => ({ one, advantage: advantages[Math.floor(i / size)] + kl[i] }));

  const updates: UpdateMetrics[] = [];
  for (const share of equalShares(partition(credited, size), settings.updatesPerStep)) {
    const batch = policyGradientBatch(
      share.map(({ one }) => one),
      share.map(({ advantage }) => advantage),
      settings.kl,
    );
    updates.push(await teacher.update(batch, optimizerStep(settings.optimizer, rate)));
  }
  return { ...facts, skipped: false, updates };
}

/** Cuts every dataset into `parts` and joins the parts of the same number, so that each share holds as many of each dataset. */
function equalShares<T>(datasets: readonly (readonly T[])[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, u) =>
    datasets.flatMap((dataset) => {
      const size = dataset.length / parts;
      return dataset.slice(u * size, (u + 1) * size);
    }),
  );
}
