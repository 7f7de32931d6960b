/**
 * What a teacher writes when it is asked for proposals, in one turn (method.md 2.1, 2.4) or in two (2.2), what becomes of each
 * attempt, and the same turns again as rollouts for its gradient.
 */
import type { Prompt } from '../checkpoints/tokenizer.js';
import type { Completion, Policy, Tokens } from '../engine/engine.js';
import type { Domain, RejectionReason } from '../problems/domain.js';
import type { Proposal, Turn } from './memory.js';
import { type Rollout, rolloutsOf } from './rollouts.js';
import { samplingOptions } from './sampling.js';
import type { ProposalForm, SamplingSettings } from './settings.js';

export interface Asking {
  readonly teacher: Policy;
  readonly domain: Domain;
  readonly form: ProposalForm;
  /** Of one turn. */
  readonly sampling: SamplingSettings;
  /** Tokens that a student may answer with; a question that leaves less room in the context is rejected. */
  readonly answerTokens: number;
}

/** Any of the domain's reasons, or a question that leaves no room to answer it. */
export type Rejection = RejectionReason | 'question-too-long';

export interface Attempt {
  /** As the teacher wrote it, all turns. */
  readonly text: string;
  /** Completion tokens of all turns. */
  readonly tokens: number;
  readonly outcome: Proposal | Rejection;
}

/** `seed` names the random streams; those of the answers are `<seed>/answers`. */
export async function writeProposals(asking: Asking, count: number, seed: string): Promise<Attempt[]> {
  return asking.form === 'single-turn' ? inOneTurn(asking, count, seed) : inTwoTurns(asking, count, seed);
}

async function inOneTurn(asking: Asking, count: number, seed: string): Promise<Attempt[]> {
  const { teacher, domain } = asking;
  const [completions] = await ask(asking, [domain.teacherPrompt], domain.stopStrings, count, seed);
  return (completions as Completion[]).map((completion) => {
    const text = textOf(completion, teacher);
    const parsed = domain.parseProposal(text, completion.stopReason === 'stop');
    const facts = { text, tokens: completion.tokens.length };
    if (!parsed.accepted) return { ...facts, outcome: parsed.reason };
    if (!leavesRoom(asking, parsed.question)) return { ...facts, outcome: 'question-too-long' };
    return { ...facts, outcome: proposal(asking, parsed, completion) };
  });
}

async function inTwoTurns(asking: Asking, count: number, seed: string): Promise<Attempt[]> {
  const { teacher, domain } = asking;
  const { turns } = domain;
  const [completions] = await ask(asking, [turns.questionPrompt], turns.questionStops, count, seed);
  const asked = (completions as Completion[]).map((completion) => {
    const text = textOf(completion, teacher);
    const question = turns.question(text);
    const rejection: Rejection | undefined =
      question === '' ? 'no-question' : leavesRoom(asking, question) ? undefined : 'question-too-long';
    return { completion, text, question, rejection };
  });
  const usable = asked.filter(({ rejection }) => rejection === undefined);
  const prompts = usable.map(({ question }) => turns.answerPrompt(question));
  const answers = usable.length === 0 ? [] : await ask(asking, prompts, domain.stopStrings, 1, `${seed}/answers`);
  const answerTo = new Map(usable.map((one, i) => [one, (answers[i] as Completion[])[0] as Completion]));
  return asked.map((one) => {
    const { completion, text, question, rejection } = one;
    const answer = answerTo.get(one);
    if (rejection !== undefined || !answer) {
      return { text, tokens: completion.tokens.length, outcome: rejection ?? 'no-answer' };
    }
    const said = textOf(answer, teacher);
    const facts = { text: `${text}${said}`, tokens: completion.tokens.length + answer.tokens.length };
    const parsed = turns.parseAnswer(said, answer.stopReason === 'stop');
    if ('reason' in parsed) return { ...facts, outcome: parsed.reason };
    return { ...facts, outcome: proposal(asking, { question, ...parsed }, completion, answer) };
  });
}

/**
 * The turns of proposals as rollouts, with the proposal that each belongs to: the log-probability of a proposal is the sum over its
 * turns (method.md 2.2), as over the tokens of one.
 */
export function turnsOf(
  proposals: readonly Proposal[],
  teacher: Policy,
  domain: Domain,
  form: ProposalForm,
): { readonly rollout: Rollout; readonly proposal: number }[] {
  const encode = (prompt: Prompt) => teacher.tokenizer.encode(prompt);
  const first = form === 'single-turn' ? domain.teacherPrompt : domain.turns.questionPrompt;
  const found = rolloutsOf([encode(first)], [proposals]).map((rollout, proposal) => ({ rollout, proposal }));
  const prompts: Tokens[] = [];
  const answers: Turn[][] = [];
  const owners: number[] = [];
  for (const [i, { question, answerTurn }] of proposals.entries()) {
    if (!answerTurn) continue;
    prompts.push(encode(domain.turns.answerPrompt(question)));
    answers.push([answerTurn]);
    owners.push(i);
  }
  return [...found, ...rolloutsOf(prompts, answers).map((rollout, i) => ({ rollout, proposal: owners[i] as number }))];
}

function ask(
  { teacher, domain, sampling }: Asking,
  prompts: readonly Prompt[],
  stopStrings: readonly string[],
  samplesPerPrompt: number,
  seed: string,
): Promise<Completion[][]> {
  return teacher.sample(
    prompts.map((prompt) => teacher.tokenizer.encode(prompt)),
    { ...samplingOptions(teacher, domain, sampling, samplesPerPrompt, seed), stopStrings },
  );
}

/** For a student's answer, and for the teacher's own where that is a turn of its own. */
function leavesRoom({ teacher, domain, form, sampling, answerTokens }: Asking, question: string): boolean {
  const fits = (prompt: Prompt, answer: number) =>
    teacher.tokenizer.encode(prompt).length + answer <= teacher.contextLength;
  if (!fits(domain.studentPrompt(question), answerTokens)) return false;
  return form === 'single-turn' || fits(domain.turns.answerPrompt(question), sampling.maxNewTokens);
}

function proposal(
  { domain }: Asking,
  { question, answer }: { readonly question: string; readonly answer: string },
  { tokens, logprobs }: Completion,
  second?: Completion,
): Proposal {
  return {
    question,
    answer,
    kind: domain.kind(question),
    tokens,
    logprobs,
    ...(second && { answerTurn: { tokens: second.tokens, logprobs: second.logprobs } }),
  };
}

const textOf = (completion: Completion, teacher: Policy): string => teacher.tokenizer.decode(completion.tokens);
