/** The student's shaped reward (method.md 1.5): four levels, by what the verifier says of a completion. Pure. */
import type { Grade } from '../../problems/domain.js';
import type { ShapedReward } from '../settings.js';

export function studentReward(grade: Grade, levels: ShapedReward): number {
  if (grade.correct) return levels.correct;
  if (grade.containsGold) return levels.containsGold;
  return grade.answered ? levels.answered : levels.none;
}
