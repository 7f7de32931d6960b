import { noCost } from '../../method/index.js';
import type { Arm } from './arm.js';

export const base: Arm = {
  title: 'Base model',
  summary: 'The base model answers as it is: what there is to start from.',
  missing: () => undefined,
  prepare: async ({ evaluation }) => ({ policy: await evaluation.policies.base(), questions: 0, cost: noCost }),
};
