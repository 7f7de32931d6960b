/**
 * The prompts of the paper, clause by clause (method.md 2.1 and 2.3), in our words: the paper prints its own as a listing with
 * misprints. Everything that a model is asked in this domain stands in this file, as plain text to go on with, which is how the
 * paper's student prompt reads, or as a conversation for the model's chat template (method.md 7, 10).
 */
import type { ChatMessage, Prompt } from '../../checkpoints/tokenizer.js';
import type { MathematicsSettings } from './settings.js';

export interface MathematicsPrompts {
  readonly teacher: Prompt;
  /** p of a proposal in two turns (method.md 2.2; the paper prints neither text). */
  readonly question: Prompt;
  /** p, q and p': the answer to the problem that was just written. */
  answer(question: string): Prompt;
  student(question: string): Prompt;
  /** Texts that end a completion. */
  readonly stopStrings: readonly string[];
}

type Asking = Pick<MathematicsSettings, 'field' | 'topics' | 'prompt' | 'system' | 'chatTemplate'>;

export function mathematicsPrompts(settings: Asking): MathematicsPrompts {
  return settings.prompt === 'chat' ? inChat(settings) : inText(settings);
}

const inText = (settings: Asking): MathematicsPrompts => ({
  teacher: proposalRequest(settings),
  question: `${questionRequest(settings)}\n\nProblem:\n`,
  answer: (question) =>
    `${questionRequest(settings)}\n\nProblem:\n${question}\n\nNow solve this problem: show ${steps}\n\nSolution:\n`,
  student: (question) => `${conversation}\n\nUser: ${question}\nAssistant:`,
  // The student would go on and play the user.
  stopStrings: ['\nUser:'],
});

/** Cues to go on are left out, and so is the play of User and Assistant: the template says who speaks. */
function inChat(settings: Asking): MathematicsPrompts {
  const { system, chatTemplate } = settings;
  const first: readonly ChatMessage[] = system === null ? [] : [{ role: 'system', content: system }];
  const chat = (...messages: readonly ChatMessage[]): Prompt => ({
    messages: [...first, ...messages],
    ...(chatTemplate !== null && { template: chatTemplate }),
  });
  const asks = (content: string): ChatMessage => ({ role: 'user', content });
  const request = asks(questionRequest(settings));
  return {
    teacher: chat(asks(proposalRequest(settings).trimEnd())),
    question: chat(request),
    answer: (question) =>
      chat(request, { role: 'assistant', content: question }, asks(`Now solve this problem: show ${steps}`)),
    student: (question) => chat(asks(`${question}\n\nShow ${steps}`)),
    stopStrings: [],
  };
}

const steps = 'the complete reasoning, step by step, and then give the final answer within \\boxed{}.';

const conversation = `A conversation between User and Assistant. The user asks a question and the assistant solves it. The assistant first shows its complete reasoning, step by step, and then gives the final answer within \\boxed{}, in this pattern:
User: [question]
Assistant: [detailed reasoning] The final answer is: \\boxed{[answer]}`;

function proposalRequest({ field, topics }: Pick<MathematicsSettings, 'field' | 'topics'>): string {
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

function questionRequest({ field, topics }: Pick<MathematicsSettings, 'field' | 'topics'>): string {
  return `Write one new ${field} problem that a ${field} assistant will be trained on.

Choose its topic from this list: ${topics.join(', ')}.

Constraints:
- The problem is original and challenging: it takes at least 2-3 steps of reasoning.
- Write exactly ONE problem, complete in itself, with a single final answer.
- Write the problem alone: no solution and no comment.`;
}
