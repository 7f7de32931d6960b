/** The digit-programs world as a `Domain`. Acceptance is by form alone, as in mathematics: a teacher's answer may be wrong. */
import { SoarError } from '../../errors.js';
import type { Domain, Grade, ParsedProposal } from '../domain.js';
import { alphabet, end, equals } from './alphabet.js';
import { describeQuestion } from './questions.js';

export const programsDomain: Domain = {
  name: 'programs',
  teacherPrompt: '',
  stopStrings: [end],

  parseProposal(completion, finished): ParsedProposal {
    if (!finished) return { accepted: false, reason: 'unfinished' };
    const parts = completion.split(equals);
    const question = parts[0] as string;
    if (question === '' || question.includes(end)) return { accepted: false, reason: 'no-question' };
    const answer = finalAnswer(completion);
    if (parts.length < 2 || answer === undefined) return { accepted: false, reason: 'no-answer' };
    if (!/^\d+$/.test(answer)) return { accepted: false, reason: 'unreadable-answer' };
    return { accepted: true, question, answer };
  },

  // A document read in two parts: the model asks up to the first =, and is asked from there as a student would be.
  turns: {
    questionPrompt: '',
    questionStops: [equals, end],
    question: (completion) => firstPart(firstPart(completion, equals), end),
    answerPrompt: (question) => question + equals,
    parseAnswer(completion, finished) {
      const answer = finalAnswer(completion);
      return answer ? { answer } : { reason: finished ? 'no-answer' : 'unfinished' };
    },
  },

  studentPrompt: (question) => question + equals,

  async grade(answers): Promise<Grade[]> {
    return answers.map(({ gold, completion }) => {
      const answer = finalAnswer(completion);
      if (answer === undefined) return { answered: false, correct: false, containsGold: false };
      return { answered: true, correct: answer === gold, containsGold: answer.includes(gold) };
    });
  },

  kind: (question) => describeQuestion(question).kind,

  assess(question, answer) {
    const { answers } = describeQuestion(question);
    const wellPosed = answers.length === 1;
    const correct = answers.includes(answer);
    if (wellPosed) return { wellPosed, correct, error: correct ? null : 'wrong-answer' };
    return { wellPosed, correct, error: answers.length === 0 ? 'malformed' : 'ambiguous' };
  },

  async close() {},

  checkTokenizer(tokenizer) {
    const text = tokenizer.decode(tokenizer.encode(alphabet));
    if (text === alphabet) return;
    throw new SoarError(
      'DOMAIN_TOKENIZER',
      `this tokenizer does not write the programs world: ${alphabet} becomes ${text}`,
      {
        remedy: 'use a model that `soar pretrain` made, or another domain',
      },
    );
  },
};

const firstPart = (text: string, mark: string): string => text.split(mark)[0] as string;

/** What stands between the last = and the final point; all of it where there is no =. Undefined when it does not end. */
function finalAnswer(completion: string): string | undefined {
  if (!completion.endsWith(end)) return undefined;
  return completion.slice(completion.lastIndexOf(equals) + 1, -end.length);
}
