/** Whether prompts leave room in the model's context for what the settings let it answer: seen before anything is computed. Pure. */
import type { Prompt } from '../checkpoints/tokenizer.js';
import { contextText } from '../engine/checks.js';
import type { Policy } from '../engine/engine.js';
import { SoarError } from '../errors.js';
import type { Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import type { RunConfig } from './config/config.js';

/** @throws SoarError RUN_CONTEXT_TOO_SHORT */
export function checkContext(
  policy: Pick<Policy, 'tokenizer' | 'contextLength' | 'contextFrom'>,
  domain: Domain,
  { soar, evaluate }: Pick<RunConfig, 'soar' | 'evaluate'>,
  problems: readonly Problem[],
): void {
  const { tokenizer, contextLength } = policy;
  const check = (field: string, what: string, prompt: Prompt, maxNewTokens: number) => {
    const { length } = tokenizer.encode(prompt);
    const room = contextLength - length;
    if (maxNewTokens <= room) return;
    throw new SoarError(
      'RUN_CONTEXT_TOO_SHORT',
      `${what} has ${length} tokens and may get ${maxNewTokens} more, the model's context holds ${contextText(policy)}`,
      {
        where: field,
        remedy: `${room > 0 ? `lower it to ${room} or less` : 'leave it out'}, or take a model with a longer context`,
      },
    );
  };
  const { teacher, student, proposals } = soar;
  const first = proposals.form === 'single-turn' ? domain.teacherPrompt : domain.turns.questionPrompt;
  check('soar.teacher.sampling.maxNewTokens', "the teacher's prompt", first, teacher.sampling.maxNewTokens);
  for (const { id, question } of problems) {
    const [what, prompt] = [`the prompt of problem ${id}`, domain.studentPrompt(question)];
    check('soar.student.sampling.maxNewTokens', what, prompt, student.sampling.maxNewTokens);
    check('evaluate.maxNewTokens', what, prompt, evaluate.maxNewTokens ?? 1);
  }
}
