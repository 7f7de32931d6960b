/** Candidates for the world's hard set: long programs, distinct, drawn from one named stream. */
import { randomStream } from '../../rl/random.js';
import type { Problem } from '../problem.js';
import { drawProgram, drawQuestion, type OtherFamily } from './corpus.js';
import { answerOf, writeProgram } from './programs.js';
import { describeQuestion } from './questions.js';
import type { WorldSettings } from './settings.js';

export function hardCandidates(settings: WorldSettings): Problem[] {
  const random = randomStream(`world/${settings.seed}`);
  const [least, most] = settings.hardLengths;
  return distinctPrograms(settings.candidates, () => drawProgram(random, least + random.integer(most - least + 1)));
}

/** `count` programs of one length with their right answers, distinct, from a named stream: what an oracle would ask. */
export function oraclePrograms(length: number, count: number, seed: string): Problem[] {
  const random = randomStream(`world/oracle/${seed}`);
  return distinctPrograms(count, () => drawProgram(random, length));
}

/** What a real problem set would be in this world: programs of every length below the hard ones, rightly answered. */
export function realPrograms(): Problem[] {
  return [1, 2, 3, 4, 5, 6, 7].flatMap((length) => oraclePrograms(length, 32, `real/${length}`));
}

/** Questions of the families that are no programs, with right answers: what cannot help on the hard problems. */
export function irrelevantQuestions(count: number, seed: string): Problem[] {
  const random = randomStream(`world/irrelevant/${seed}`);
  const families: readonly OtherFamily[] = ['addition', 'sort', 'maximum', 'repeat', 'coin'];
  return Array.from({ length: count }, (_, i) => {
    const question = drawQuestion(random, families[i % families.length] as OtherFamily);
    const { kind, answers } = describeQuestion(question);
    return { id: `${i}-${question}`, question, gold: answers[0] as string, source: 'programs', subject: kind };
  });
}

function distinctPrograms(count: number, draw: () => ReturnType<typeof drawProgram>): Problem[] {
  const found = new Map<string, Problem>();
  while (found.size < count) {
    const program = draw();
    const question = writeProgram(program);
    const level = String(program.operations.length);
    found.set(question, {
      id: question,
      question,
      gold: answerOf(program),
      source: 'programs',
      subject: 'program',
      level,
    });
  }
  return [...found.values()];
}
