/** What a question is: its family, whether it is well-posed, and which answers are right. The world's exact judge. */
import { marks } from './alphabet.js';
import { answerOf, parseProgram } from './programs.js';

export interface QuestionFacts {
  /** `program-<length>`, `textbook-<length>`, `addition`, `sort`, `maximum`, `repeat`, `coin`, or `malformed`. */
  readonly kind: string;
  /** Every right answer; none when the question is malformed. A coin has two when its digits differ: it is ambiguous. */
  readonly answers: readonly string[];
}

const malformed: QuestionFacts = { kind: 'malformed', answers: [] };

/** Sizes of the families' questions, in digits. */
export const sizes = { addition: [1, 3], sort: [3, 5], maximum: [3, 5], repeat: [1, 3] } as const;

export function describeQuestion(text: string): QuestionFacts {
  const mark = text[0] ?? '';
  const rest = text.slice(1);
  if (mark === marks.textbook) {
    const program = parseProgram(rest);
    return program ? { kind: `textbook-${program.operations.length}`, answers: [answerOf(program)] } : malformed;
  }
  if (mark === marks.sort && digits(rest, sizes.sort)) return one('sort', [...rest].sort().join(''));
  if (mark === marks.maximum && digits(rest, sizes.maximum)) return one('maximum', [...rest].sort().at(-1) as string);
  if (mark === marks.repeat && digits(rest, sizes.repeat)) return one('repeat', rest + rest);
  if (mark === marks.coin && digits(rest, [2, 2])) return { kind: 'coin', answers: [...new Set(rest)] };
  const [a, b, ...others] = text.split('+');
  if (others.length === 0 && digits(a, sizes.addition) && digits(b, sizes.addition)) {
    return one('addition', String(Number(a) + Number(b)));
  }
  const program = parseProgram(text);
  return program ? { kind: `program-${program.operations.length}`, answers: [answerOf(program)] } : malformed;
}

const one = (kind: string, answer: string): QuestionFacts => ({ kind, answers: [answer] });

const digits = (text: string | undefined, [least, most]: readonly [number, number]): boolean =>
  text !== undefined && text.length >= least && text.length <= most && /^\d+$/.test(text);
