/** The problems that can be asked of the model at hand, and how. */
import type { Prompt } from '../checkpoints/tokenizer.js';
import { contextText } from '../engine/checks.js';
import type { Policy } from '../engine/engine.js';
import { fixingSettings } from '../engine/settings.js';
import { SoarError } from '../errors.js';
import type { HubProgress } from '../hub/hub.js';
import type { SamplingSettings } from '../method/index.js';
import type { Domain } from '../problems/domain.js';
import { hardCandidates } from '../problems/index.js';
import type { Problem } from '../problems/problem.js';
import type { ProblemSet, ReadOptions, RefusedRow } from '../problems/sets/problem-set.js';
import { readProblemSet } from '../problems/sets/read-problem-set.js';
import type { RunConfig } from './config/config.js';
import { promptForm } from './hard-set-folder.js';
import { modelFolder, withPinnedModel } from './model-place.js';
import { openDomain } from './open-domain.js';
import { openEngine } from './open-workbench.js';
import { sha256 } from './snapshots.js';
import { samplingWorkload } from './workload.js';
import { jsonLinesText } from './write-whole.js';

/** Which problems are asked, and how. */
export interface AskRequest {
  /** A path, `hf:org/dataset@revision`, `-`, or `world` for the built-in one. */
  readonly dataset: string;
  readonly read?: ReadOptions;
  /** Only the first so many usable problems. */
  readonly limit?: number;
  /** Model, domain, engine, seed, and the student's sampling. */
  readonly config: RunConfig;
  /** What becomes of a question whose prompt leaves no room for an answer: refused, or cut to its last tokens. */
  readonly longPrompts: 'refuse' | 'cut';
}

export interface TakenSet extends ProblemSet {
  /** Usable problems that were not asked for. */
  readonly beyondLimit: number;
}

/** Everything that is needed to ask. */
export interface Asked {
  /** With the model's commit in its config. */
  readonly request: AskRequest;
  readonly set: TakenSet;
  readonly domain: Domain;
  readonly policy: Policy;
  readonly asked: Askable;
  readonly identity: AskIdentity;
}

/**
 * Opens what a request names, lets `act` work with it and closes it. The problems are read first: what is wrong with them should
 * not wait for a model.
 * @param onFetch while a model of the hub arrives
 * @throws SoarError PROBLEMS_*, HUB_*, MODEL_*, CHAT_TEMPLATE_*, PREPARE_NO_ROOM, and what `act` throws
 */
export async function withAsked<Result>(
  given: AskRequest,
  act: (asked: Asked) => Promise<Result>,
  onFetch?: (progress: HubProgress) => void,
): Promise<Result> {
  const set = await readSet(given);
  const request = { ...given, config: await withPinnedModel(given.config, onFetch) };
  const { config } = request;
  const engine = await openEngine(config, samplingWorkload(config));
  const domain = openDomain(config);
  try {
    const policy = await engine.open({ folder: await modelFolder(config) });
    domain.checkTokenizer(policy.tokenizer);
    const asked = askable(set, policy, domain, request);
    const identity = askIdentity(request, set, policy, domain);
    return await act({ request, set, domain, policy, asked, identity });
  } finally {
    await Promise.all([engine.close(), domain.close()]);
  }
}

/** @throws SoarError PROBLEMS_*, HUB_* */
export async function readSet({ dataset, read, limit, config }: AskRequest): Promise<TakenSet> {
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
  // Some tokenizers write letters and their accents as one.
  const [text, composed] = [said.normalize(), (part: string) => part.normalize()];
  if (typeof prompt === 'string') return text.endsWith(composed(prompt.trimStart()));
  return prompt.messages.every(({ content }) => text.includes(composed(content.trim())));
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
function askable(set: ProblemSet, policy: Policy, domain: Domain, { config, longPrompts }: AskRequest): Askable {
  const { maxNewTokens } = config.soar.student.sampling;
  const room = policy.contextLength - maxNewTokens;
  if (room < 1) {
    throw new SoarError(
      'PREPARE_NO_ROOM',
      `the context holds ${contextText(policy)}: no room for a question beside an answer of ${maxNewTokens} tokens`,
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
    throw new SoarError(
      'PROBLEMS_EMPTY',
      `no prompt fits: all ${tooLong.length} have more than ${room} tokens, the context holds ${contextText(policy)}`,
      {
        where: set.source,
        remedy: 'take a model with a longer context, lower --max-new-tokens, or cut prompts with --long-prompts cut',
      },
    );
  }
  return { problems: [...prompts.keys()], prompts, tooLong, cut, unwritable };
}

/** What fixes the answers beside the seed and their number. */
export interface AskIdentity {
  readonly version: 1;
  readonly model: string;
  readonly dataset: string;
  readonly limit: number | null;
  readonly domain: string;
  readonly verifier: string;
  /** As `promptForm` has it. */
  readonly prompt: string;
  readonly longPrompts: AskRequest['longPrompts'];
  readonly sampling: SamplingSettings;
  readonly engine: string;
}

function askIdentity(
  { config, limit, longPrompts }: AskRequest,
  set: ProblemSet,
  policy: Policy,
  domain: Domain,
): AskIdentity {
  const { temperature, maxNewTokens, topP, topK } = config.soar.student.sampling;
  const { verifier, policy: comparison, deadline } = config.mathematics;
  return {
    version: 1,
    model: policy.model,
    dataset: set.sha256,
    limit: limit ?? null,
    domain: domain.name,
    verifier:
      config.domain === 'mathematics' ? JSON.stringify({ verifier, policy: comparison, deadline }) : domain.name,
    prompt: promptForm(domain, policy.tokenizer),
    longPrompts,
    sampling: { temperature, maxNewTokens, topP, topK },
    engine: JSON.stringify(fixingSettings(config.engine)),
  };
}
