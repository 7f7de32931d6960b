/**
 * A domain: what the teacher is asked, how its text becomes a question and an answer, how a student is asked, and how a
 * student's text is judged. The method knows a domain only through this interface; it trusts `grade` never to hang.
 */
import type { Prompt, Tokenizer } from '../checkpoints/tokenizer.js';
import type { Problem } from './problem.js';

/** A parsed teacher completion. `answer` is the teacher's own and may be wrong (method.md 2.4 accepts by form, not by truth). */
export type ParsedProposal =
  | { readonly accepted: true; readonly question: string; readonly answer: string }
  | { readonly accepted: false; readonly reason: RejectionReason };

/**
 * Proposals in two turns (method.md 2.2): p asks for a question alone, then p' for an answer to it. No filter of form: what is dropped
 * is what nobody could be asked, or what no answer could be compared with.
 */
export interface ProposalTurns {
  /** p, the same at every step. */
  readonly questionPrompt: Prompt;
  /** Texts that end a question. */
  readonly questionStops: readonly string[];
  /** What a first turn asks; empty when it asks nothing. */
  question(completion: string): string;
  /** p, the question, p'. */
  answerPrompt(question: string): Prompt;
  /** What a second turn answers. */
  parseAnswer(
    completion: string,
    finished: boolean,
  ): { readonly answer: string } | { readonly reason: RejectionReason };
}

/** Why a teacher completion was dropped and sampled again; each is counted. */
export type RejectionReason =
  /** The completion hit its token limit before its end. */
  | 'unfinished'
  /** The question or its marks are missing. */
  | 'no-question'
  /** The answer or its marks are missing. */
  | 'no-answer'
  /** The answer is there but the verifier cannot read it. */
  | 'unreadable-answer';

export interface Grade {
  /** A final answer was given in the asked form (boxed, in mathematics). */
  readonly answered: boolean;
  /** The verifier accepts it as equal to the gold. Implies `answered`. */
  readonly correct: boolean;
  /** The gold's text occurs within the given answer (method.md 1.5, the 20-point case). Implies `answered`. */
  readonly containsGold: boolean;
}

/** What can be said exactly of a question and the answer that a teacher gave it. */
export interface Assessment {
  /** It asks something, and one thing only. */
  readonly wellPosed: boolean;
  /** The answer is right. */
  readonly correct: boolean;
  /** What is wrong: `malformed`, `ambiguous`, `wrong-answer`; null when nothing is. */
  readonly error: 'malformed' | 'ambiguous' | 'wrong-answer' | null;
}

export interface AnswerToGrade {
  readonly gold: string;
  readonly completion: string;
  /** The problem's own, where it has one. */
  readonly verification?: Problem['verification'] | undefined;
}

export const answerOf = ({ gold, verification }: Problem, completion: string): AnswerToGrade => ({
  gold,
  completion,
  verification,
});

export interface Domain {
  readonly name: string;
  /** What the teacher is asked; the same at every step. */
  readonly teacherPrompt: Prompt;
  /** Texts that end a completion, beside the model's end tokens. */
  readonly stopStrings: readonly string[];
  /** `finished`: the completion stopped by itself rather than at its token limit. */
  parseProposal(completion: string, finished: boolean): ParsedProposal;
  readonly turns: ProposalTurns;
  studentPrompt(question: string): Prompt;
  /** Judges each completion against its gold, in order. Never throws for what a model wrote. */
  grade(answers: readonly AnswerToGrade[]): Promise<Grade[]>;
  /** The kind of a question, for counts and charts ("program-4", "addition", "Algebra"). */
  kind(question: string): string;
  /** Present where the domain can solve its own questions. */
  assess?(question: string, answer: string): Assessment;
  /** @throws SoarError DOMAIN_TOKENIZER, CHAT_TEMPLATE_* when the tokenizer cannot write what the domain asks. */
  checkTokenizer(tokenizer: Tokenizer): void;
  /** Ends what it started; nothing is graded afterwards. */
  close(): Promise<void>;
}
