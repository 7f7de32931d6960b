/** What a policy writes: a teacher's proposals and what becomes of them, or a student's answers and their grades. Trains nothing. */
import type { Policy } from '../engine/engine.js';
import { samplingOptions, writeProposals } from '../method/index.js';
import { randomStream } from '../rl/random.js';
import type { RunConfig } from './config/config.js';
import { nodeDisk } from './disk.js';
import { type History, historyOf, promotionsOf, type RunEntry } from './entries.js';
import { readJournal } from './journal.js';
import { openPromoted, openTeacher } from './outer-loop.js';
import { type RunOptions, withWorkbench } from './run.js';
import type { RunPaths } from './run-folder.js';
import { openSnapshots } from './snapshots.js';
import type { Workbench } from './workbench.js';

export interface SampleRequest {
  /** Who writes: the teacher as it is now, or the last promoted student; the base model where there is none yet. */
  readonly as: 'teacher' | 'student';
  readonly count: number;
  readonly seed: string;
  /** Asked of the student; default: held-out hard problems. */
  readonly question?: string;
}

export interface SampledText {
  readonly question: string;
  /** As the policy wrote it. */
  readonly text: string;
  /** A teacher's: the question's kind, or why it is dropped. A student's: correct, wrong, no answer; empty without a gold. */
  readonly verdict: string;
}

/** From the base model of the config, or from the policies of a run made with it. */
export async function samplePolicy(
  config: RunConfig,
  run: RunPaths | undefined,
  request: SampleRequest,
  options: Pick<RunOptions, 'disk' | 'bench'> = {},
): Promise<SampledText[]> {
  return withSampledPolicy(config, run, request.as, options, async ({ bench, history, policy }) => {
    if (request.as === 'teacher') return proposals(bench, config, policy, request);
    const { question, count, seed } = request;
    if (question !== undefined) return ask(bench, config, policy, [{ question, gold: undefined }], count, seed);
    const hard = history.hardSet?.test ?? bench.candidates;
    return ask(bench, config, policy, randomStream(seed).shuffle(hard).slice(0, count), 1, seed);
  });
}

interface SampledPolicy {
  readonly bench: Workbench;
  readonly history: History;
  readonly policy: Policy;
}

/** Opens whom a request means, and closes it afterwards. */
export async function withSampledPolicy<Result>(
  config: RunConfig,
  run: RunPaths | undefined,
  as: SampleRequest['as'],
  options: Pick<RunOptions, 'disk' | 'bench'>,
  act: (sampled: SampledPolicy) => Promise<Result>,
): Promise<Result> {
  const disk = options.disk ?? nodeDisk;
  const history = historyOf(run ? await readJournal<RunEntry>(run.journal, disk) : []);
  return withWorkbench(config, options, async (bench) => {
    const place = { bench, history, snapshots: openSnapshots(run?.snapshots ?? '', disk) };
    const last = promotionsOf(history).length - 1;
    return act({ bench, history, policy: await (as === 'teacher' ? openTeacher(place) : openPromoted(place, last)) });
  });
}

async function proposals(
  { domain }: Workbench,
  { soar }: RunConfig,
  teacher: Policy,
  { count, seed }: SampleRequest,
): Promise<SampledText[]> {
  const { proposals, teacher: own, student } = soar;
  const asking = { form: proposals.form, sampling: own.sampling, answerTokens: student.sampling.maxNewTokens };
  const attempts = await writeProposals({ teacher, domain, ...asking }, count, seed);
  return attempts.map(({ text, outcome }) =>
    typeof outcome === 'string'
      ? { question: '', text, verdict: `dropped: ${outcome}` }
      : { question: outcome.question, text, verdict: outcome.kind },
  );
}

async function ask(
  { domain }: Workbench,
  { soar }: RunConfig,
  student: Policy,
  problems: readonly { readonly question: string; readonly gold: string | undefined }[],
  samplesPerPrompt: number,
  seed: string,
): Promise<SampledText[]> {
  const prompts = problems.map(({ question }) => student.tokenizer.encode(domain.studentPrompt(question)));
  const options = samplingOptions(student, domain, soar.student.sampling, samplesPerPrompt, seed);
  const groups = await student.sample(prompts, options);
  const written = groups.flatMap((group, p) =>
    group.map(({ tokens }) => ({ ...problems[p], completion: student.tokenizer.decode(tokens) })),
  );
  const grades = await domain.grade(written.map(({ gold = '', completion }) => ({ gold, completion })));
  return written.map(({ question, gold, completion }, i) => {
    const { answered, correct } = grades[i];
    const judged = correct ? 'correct' : answered ? `wrong, it is ${gold}` : 'no answer';
    return { question, text: completion, verdict: gold === undefined ? '' : judged };
  });
}
