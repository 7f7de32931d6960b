/** The screen itself, batch after batch. */
import type { Policy } from '../../engine/engine.js';
import type { Domain } from '../../problems/domain.js';
import type { Problem } from '../../problems/problem.js';
import { attempt, type ScreenedProblem } from '../../problems/screening.js';
import type { Askable } from '../asking.js';
import { problemsPerBatch, workInBatches } from '../batches.js';
import type { Disk } from '../disk.js';
import type { ScreenIdentity } from '../hard-set-folder.js';
import type { PrepareOptions, PrepareRequest } from './request.js';

/** [problem]; what the journal has is not done again. */
export async function screenAll(
  asked: Askable,
  policy: Policy,
  domain: Domain,
  identity: ScreenIdentity,
  { out }: PrepareRequest,
  { onProgress, signal }: PrepareOptions,
  disk: Disk,
): Promise<ScreenedProblem[]> {
  const { problems, prompts } = asked;
  const { attempts, stopAtFirstSuccess, sampling, seed } = identity;
  const size = problemsPerBatch(attempts);
  const screened = await workInBatches({
    folder: out,
    identity,
    what: { name: 'screen', otherCode: 'PREPARE_OTHER' },
    batches: Math.ceil(problems.length / size),
    make: (b) =>
      attempt(policy, domain, problems.slice(b * size, (b + 1) * size), `${seed}/batch-${b}`, {
        ...sampling,
        attempts,
        stopAtFirstSuccess,
        promptOf: (problem: Problem) => prompts.get(problem) as Int32Array,
      }),
    onDone(done, before) {
      const all = [...done.values()].flat();
      onProgress?.({
        done: all.length,
        of: problems.length,
        before: [...before].flatMap((b) => done.get(b) as readonly ScreenedProblem[]).length,
        solved: all.filter((one) => one.first !== null).length,
        tokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
      });
    },
    signal,
    disk,
  });
  return screened.flat();
}
