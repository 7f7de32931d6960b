import { invariant } from '../../errors.js';
import { noCost } from '../../method/index.js';
import type { Arm } from './arm.js';
import { noPromotion } from './teacher-questions.js';

export const ps: Arm = {
  title: 'SOAR-PS',
  summary: 'The best promoted student answers as it is; it never trained on a hard problem.',
  needsLoop: true,
  missing: ({ promotions }) => (promotions.length === 0 ? noPromotion : undefined),
  prepare: async ({ evaluation, promoted }) => {
    invariant(promoted !== undefined, 'the best promotion is chosen before arm ps is prepared');
    return { policy: await evaluation.policies.promoted(promoted), questions: 0, cost: noCost };
  },
};
