/**
 * The prompts of the paper, clause by clause (method.md 2.1 and 2.3), in our words: the paper prints its own as a listing with
 * misprints. Everything that a model is asked in this domain stands in this file.
 */
import type { MathematicsSettings } from './settings.js';

/** Texts that end a completion: the student would go on and play the user. */
export const stopStrings: readonly string[] = ['\nUser:'];

export function teacherPrompt({ field, topics }: Pick<MathematicsSettings, 'field' | 'topics'>): string {
  return `Write one new ${field} problem that a ${field} assistant will be trained on.

Choose its topic from this list: ${topics.join(', ')}.

Output rules (follow them EXACTLY). Your text must end in this form:

<question>
[the problem, complete in itself]
</question>
<answer>
\\boxed{[the final answer]}
</answer>

Explanations and reasoning, if any, stand outside both tags.

Constraints:
- The problem is original and challenging: it takes at least 2-3 steps of reasoning.
- Write exactly ONE problem.
- Keep to the form above to the letter.

Begin now:
`;
}

/** p of a proposal in two turns (method.md 2.2; the paper prints neither text). */
export function questionPrompt({ field, topics }: Pick<MathematicsSettings, 'field' | 'topics'>): string {
  return `Write one new ${field} problem that a ${field} assistant will be trained on.

Choose its topic from this list: ${topics.join(', ')}.

Constraints:
- The problem is original and challenging: it takes at least 2-3 steps of reasoning.
- Write exactly ONE problem, complete in itself, with a single final answer.
- Write the problem alone: no solution and no comment.

Problem:
`;
}

/** p, q and p': the answer to the problem that was just written. */
export function answerPrompt(settings: Pick<MathematicsSettings, 'field' | 'topics'>, question: string): string {
  return `${questionPrompt(settings)}${question}

Now solve this problem: show the complete reasoning, step by step, and then give the final answer within \\boxed{}.

Solution:
`;
}

export function studentPrompt(question: string): string {
  return `A conversation between User and Assistant. The user asks a question and the assistant solves it. The assistant first shows its complete reasoning, step by step, and then gives the final answer within \\boxed{}, in this pattern:
User: [question]
Assistant: [detailed reasoning] The final answer is: \\boxed{[answer]}

User: ${question}
Assistant:`;
}
