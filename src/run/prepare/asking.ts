/** The problems that can be asked of the model at hand, and how. */
import type { Prompt } from '../../checkpoints/tokenizer.js';
import type { Policy } from '../../engine/engine.js';
import { SoarError } from '../../errors.js';
import type { Domain } from '../../problems/domain.js';
import { hardCandidates } from '../../problems/index.js';
import type { Problem } from '../../problems/problem.js';
import type { ProblemSet, RefusedRow } from '../../problems/sets/problem-set.js';
import { readProblemSet } from '../../problems/sets/read-problem-set.js';
import type { RunConfig } from '../config/config.js';
import { sha256 } from '../snapshots.js';
import { jsonLinesText } from '../write-whole.js';
import type { PrepareRequest } from './request.js';

export interface TakenSet extends ProblemSet {
  /** Usable problems that were not asked for. */
  readonly beyondLimit: number;
}

/** @throws SoarError PROBLEMS_*, HUB_* */
export async function readSet({ dataset, read, limit, config }: PrepareRequest): Promise<TakenSet> {
  const golds = config.mathematics.verifier === 'mathematics' ? 'mathematics' : 'any';
  const set = dataset === 'world' ? worldSet(config) : await readProblemSet(dataset, { golds, ...read });
  const taken = limit === undefined ? set.problems : set.problems.slice(0, limit);
  return { ...set, problems: taken, beyondLimit: set.problems.length - taken.length };
}

function worldSet({ world }: RunConfig): ProblemSet {
  const problems = hardCandidates(world);
  const hash = sha256(jsonLinesText(problems));
  return {
    name: 'world',
    format: 'mapped',
    source: 'the built-in world',
    sha256: hash,
    rows: problems.length,
    problems,
    refused: [],
  };
}

/** Whether a prompt stands in what its tokens say. A template may take blanks off the ends of messages. */
function saysAll(prompt: Prompt, said: string): boolean {
  if (typeof prompt === 'string') return said.endsWith(prompt.trimStart());
  return prompt.messages.every(({ content }) => said.includes(content.trim()));
}

export interface Askable {
  readonly problems: readonly Problem[];
  readonly prompts: ReadonlyMap<Problem, Int32Array>;
  readonly tooLong: readonly RefusedRow[];
  /** Problems whose prompt was cut, and those whose prompt holds characters that the tokenizer cannot write. */
  readonly cut: ReadonlySet<Problem>;
  readonly unwritable: number;
}

/** The prompts in tokens, with room for an answer. @throws SoarError PREPARE_NO_ROOM */
export function askable(
  set: ProblemSet,
  policy: Policy,
  domain: Domain,
  { config, longPrompts }: PrepareRequest,
): Askable {
  const { maxNewTokens } = config.soar.student.sampling;
  const room = policy.contextLength - maxNewTokens;
  if (room < 1) {
    throw new SoarError(
      'PREPARE_NO_ROOM',
      `the context of ${policy.contextLength} tokens has no room for a question beside an answer of ${maxNewTokens}`,
      { where: config.model, remedy: 'lower --max-new-tokens, or take a model with a longer context' },
    );
  }
  const { tokenizer } = policy;
  const prompts = new Map<Problem, Int32Array>();
  const tooLong: RefusedRow[] = [];
  const cut = new Set<Problem>();
  let unwritable = 0;
  for (const problem of set.problems) {
    const prompt = domain.studentPrompt(problem.question);
    const tokens = tokenizer.encode(prompt);
    if (tokens.length > room && longPrompts === 'refuse') {
      const { id, source } = problem;
      const detail = `its prompt has ${tokens.length} tokens, ${room} fit beside the answer`;
      tooLong.push({ reason: 'too-long', where: source, detail, id });
      continue;
    }
    if (!saysAll(prompt, tokenizer.decode(tokens))) unwritable++;
    if (tokens.length > room) cut.add(problem);
    // The end is what asks: a cut prompt keeps its last tokens.
    prompts.set(problem, tokens.slice(Math.max(0, tokens.length - room)));
  }
  if (prompts.size === 0) {
    throw new SoarError('PROBLEMS_EMPTY', `no prompt fits: all ${tooLong.length} have more than ${room} tokens`, {
      where: set.source,
      remedy: 'take a model with a longer context, lower --max-new-tokens, or cut prompts with --long-prompts cut',
    });
  }
  return { problems: [...prompts.keys()], prompts, tooLong, cut, unwritable };
}
