/**
 * The teacher's update (method.md 1.4): RLOO over datasets. Every proposal of X_k carries the advantage of R_k among the
 * datasets' rewards, in each of its turns; malformed ones are not among them.
 *
 * KL in the reward: a proposal's own KL is its own doing, so it is compared with that of all the other proposals rather
 * than pooled over its dataset. Either way the advantages sum to zero.
 */
import type { Policy, UpdateMetrics } from '../engine/engine.js';
import type { Domain } from '../problems/domain.js';
import { leaveOneOutAdvantages } from '../rl/advantages.js';
import { optimizerStep } from '../rl/optimizer.js';
import { learningRate } from '../rl/schedules.js';
import { turnsOf } from './attempts.js';
import type { Proposal } from './memory.js';
import { partition } from './proposal.js';
import { payKl, policyGradientBatch, type Rollout, withReference } from './rollouts.js';
import type { ProposalForm, TeacherSettings } from './settings.js';

export interface TeacherUpdateRequest {
  /** Trained in place. */
  readonly teacher: Policy;
  readonly domain: Domain;
  /** Frozen; needed when settings.kl.coefficient > 0. */
  readonly reference?: Policy;
  readonly form: ProposalForm;
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

  const turns = turnsOf(proposals, teacher, domain, request.form);
  const rollouts = await withReference(
    turns.map(({ rollout }) => rollout),
    settings.kl,
    request.reference,
  );
  const size = proposals.length / rewards.length;
  const paid = proposals.map(() => 0);
  for (const [i, kl] of payKl(
    turns.map(() => 0),
    rollouts,
    settings.kl,
  ).entries()) {
    paid[(turns[i] as (typeof turns)[number]).proposal] += kl;
  }
  const kl = leaveOneOutAdvantages(paid);
  const credited: Credited[] = proposals.map((_, i) => ({
    turns: [],
    advantage: advantages[Math.floor(i / size)] + kl[i],
  }));
  for (const [i, { proposal }] of turns.entries()) credited[proposal].turns.push(rollouts[i] as Rollout);

  const updates: UpdateMetrics[] = [];
  for (const share of equalShares(partition(credited, size), settings.updatesPerStep)) {
    const batch = policyGradientBatch(
      share.flatMap((one) => one.turns),
      share.flatMap((one) => one.turns.map(() => one.advantage)),
      settings.kl,
      share.length,
    );
    updates.push(await teacher.update(batch, optimizerStep(settings.optimizer, rate)));
  }
  return { ...facts, skipped: false, updates };
}

/** A proposal's turns and its advantage. */
interface Credited {
  readonly turns: Rollout[];
  readonly advantage: number;
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
