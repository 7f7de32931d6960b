/**
 * Questions with a final answer in a box, as in the paper: mathematics by default, another field by its settings. Answers are judged
 * in threads that are stopped when one takes too long.
 */

import { lastBoxed } from '../../verify/extract/boxed.js';
import { createVerifier, parseGold, type Verification, type Verifier } from '../../verify/index.js';
import type { Domain, Grade } from '../domain.js';
import { kindOf } from './kinds.js';
import { mathematicsPrompts } from './prompts.js';
import { parseAnswerTurn, parseProposal, questionOfTurn } from './proposal.js';
import type { MathematicsSettings } from './settings.js';

/**
 * @param folder what the path of a verifier of one's own is relative to
 * @throws SoarError VERIFIER_UNKNOWN
 */
export function mathematicsDomain(settings: MathematicsSettings, folder?: string): Domain {
  const { verifier: name, policy, workers, deadline, topics } = settings;
  const verifier = createVerifier(name, { policy, workers, deadline, ...(folder !== undefined && { folder }) });
  const readable = (answer: string) => name !== 'mathematics' || isReadable(answer);
  const prompts = mathematicsPrompts(settings);
  const { stopStrings } = prompts;
  return {
    name: settings.field,
    teacherPrompt: prompts.teacher,
    stopStrings,
    parseProposal: (completion, finished) => parseProposal(completion, finished, readable),
    turns: {
      questionPrompt: prompts.question,
      questionStops: stopStrings,
      question: (completion) => questionOfTurn(completion, stopStrings),
      answerPrompt: prompts.answer,
      parseAnswer: (completion, finished) => parseAnswerTurn(completion, finished, readable),
    },
    studentPrompt: prompts.student,
    grade: (answers) =>
      Promise.all(
        answers.map(async ({ gold, completion, verification }) =>
          gradeOf(gold, await judge(verifier, gold, completion, verification)),
        ),
      ),
    kind: (question) => kindOf(question, topics),
    checkTokenizer(tokenizer) {
      tokenizer.write(prompts.teacher);
      tokenizer.write(prompts.student('What is $1+1$?'));
    },
    close: () => verifier.close(),
  };
}

const judge = (verifier: Verifier, gold: string, text: string, policy: Parameters<Verifier['verify']>[2]) =>
  verifier.verify(gold, text, policy);

/** Boxed and verified; boxed with the gold's text within; boxed; none (method.md 1.5). */
function gradeOf(gold: string, { verdict, extracted }: Verification): Grade {
  const text = (lastBoxed(gold) ?? gold).trim();
  return {
    answered: extracted !== null,
    correct: verdict === 'correct',
    containsGold: verdict === 'correct' || (extracted !== null && text !== '' && extracted.includes(text)),
  };
}

function isReadable(answer: string): boolean {
  try {
    parseGold(answer);
    return true;
  } catch {
    return false;
  }
}
