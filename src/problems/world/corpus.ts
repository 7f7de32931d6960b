/** Documents of the world, written by a writer who can work carefully and seldom does. Seeded; pure. */
import type { RandomStream } from '../../rl/random.js';
import { end, equals, marks, operationLetters } from './alphabet.js';
import { advance, answerOf, type Program, programDigits, writeProgram } from './programs.js';
import { describeQuestion, sizes } from './questions.js';
import type { CorpusSettings } from './settings.js';

/** `question=step=...=answer.` */
export function writeDocument(random: RandomStream, corpus: CorpusSettings): string {
  const family = pick(random, corpus.shares);
  if (family === 'program') {
    const length = Number(pick(random, corpus.programLengths));
    return casually(random, corpus, drawProgram(random, length));
  }
  if (family === 'textbook') {
    const [least, most] = corpus.textbookLengths;
    return marks.textbook + carefully(drawProgram(random, least + random.integer(most - least + 1)));
  }
  const question = drawQuestion(random, family as OtherFamily);
  const { answers } = describeQuestion(question);
  return question + equals + (answers[random.integer(answers.length)] as string) + end;
}

export type OtherFamily = 'addition' | 'sort' | 'maximum' | 'repeat' | 'coin';

/** A question of a family that is not a program. */
export function drawQuestion(random: RandomStream, family: OtherFamily): string {
  if (family === 'coin') return marks.coin + drawDigits(random, 2);
  const [least, most] = sizes[family];
  const size = () => least + random.integer(most - least + 1);
  if (family === 'addition') return `${drawNumber(random, size())}+${drawNumber(random, size())}`;
  return marks[family] + drawDigits(random, size());
}

export function drawProgram(random: RandomStream, length: number): Program {
  let operations = '';
  for (let i = 0; i < length; i++) operations += operationLetters[random.integer(operationLetters.length)];
  return { operations, digits: drawDigits(random, programDigits) };
}

/** One operation at a time. */
export function carefully(program: Program): string {
  let text = writeProgram(program);
  for (let state = program; state.operations.length > 0; ) {
    state = advance(state);
    text += equals + writeProgram(state);
  }
  return text + end;
}

/**
 * With carefulness c(remaining) the next operation, else a jump to the answer. A jump over two operations is right, over three
 * or more it is random digits.
 */
function casually(random: RandomStream, corpus: CorpusSettings, program: Program): string {
  let text = writeProgram(program);
  for (let state = program; ; ) {
    const remaining = state.operations.length;
    const careful = remaining === 1 || random.float() < carefulnessAt(corpus, remaining);
    if (!careful) {
      const answer = remaining === 2 ? answerOf(state) : drawDigits(random, programDigits);
      return text + equals + answer + end;
    }
    state = advance(state);
    text += equals + writeProgram(state);
    if (state.operations.length === 0) return text + end;
  }
}

/** c(remaining operations), for two or more; a length that is not listed is as the longest that is. */
export function carefulnessAt({ carefulness }: CorpusSettings, remaining: number): number {
  const longest = Math.max(...Object.keys(carefulness).map(Number));
  return carefulness[remaining] ?? carefulness[longest];
}

function drawDigits(random: RandomStream, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += random.integer(10);
  return text;
}

/** Without a leading zero, but for 0 itself. */
function drawNumber(random: RandomStream, size: number): string {
  return String(size === 1 ? random.integer(10) : 10 ** (size - 1) + random.integer(9 * 10 ** (size - 1)));
}

function pick(random: RandomStream, shares: Readonly<Record<string, number>>): string {
  let rest = random.float();
  const names = Object.keys(shares);
  for (const name of names) {
    rest -= shares[name] as number;
    if (rest < 0) return name;
  }
  return names.at(-1) as string;
}
