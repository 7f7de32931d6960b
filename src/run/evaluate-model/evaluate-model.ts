/**
 * `soar evaluate --model <model> --problems <set>`: pass@k of any model as it stands on any set of problems, every completion kept. The
 * same command continues where it stopped and ends with the same bytes.
 */
import { join } from 'node:path';
import { modelPass } from '../../evaluate/model-pass.js';
import { checkKs } from '../../evaluate/pass-at-k.js';
import { countReasons } from '../../problems/sets/read-problem-set.js';
import { type Asked, withAsked } from '../asking.js';
import { type Disk, nodeDisk } from '../disk.js';
import { acquireLock } from '../lock.js';
import { jsonLinesText, writeWhole } from '../write-whole.js';
import { type AnsweredProblem, answerAll } from './answering.js';
import {
  type ModelEvaluation,
  type ModelEvaluationIdentity,
  type ModelEvaluationOptions,
  type ModelEvaluationRequest,
  modelEvaluationFiles,
} from './request.js';

/**
 * @throws SoarError EVALUATE_K_TOO_LARGE, EVALUATE_OTHER, EVALUATE_DAMAGED, PROBLEMS_*, HUB_*, MODEL_*, CHAT_TEMPLATE_*, PREPARE_NO_ROOM,
 * RUN_INTERRUPTED, RUN_LOCKED
 */
export async function evaluateModel(
  request: ModelEvaluationRequest,
  options: ModelEvaluationOptions = {},
): Promise<ModelEvaluation> {
  const { out, ks, samples } = request;
  const { disk = nodeDisk, onFetch } = options;
  checkKs(ks, samples);
  const evaluate = async (place: Asked) => {
    const seed = `evaluate/${place.request.config.seed}`;
    const identity: ModelEvaluationIdentity = { ...place.identity, samples, seed };
    await disk.makeFolder(out);
    const lock = await acquireLock(out);
    try {
      const answered = await answerAll(place, identity, out, options, disk);
      return await writeResults(place, identity, answered, request, disk);
    } finally {
      await lock.release();
    }
  };
  return withAsked(request, evaluate, onFetch);
}

async function writeResults(
  { set, asked, request: { config } }: Asked,
  identity: ModelEvaluationIdentity,
  answered: readonly AnsweredProblem[],
  { out, ks, samples }: ModelEvaluationRequest,
  disk: Disk,
): Promise<ModelEvaluation> {
  const { problems, tooLong, cut, unwritable } = asked;
  const refused = [...set.refused, ...tooLong];
  const sum = (key: keyof AnsweredProblem) => answered.reduce((total, one) => total + one[key], 0);
  const completions = problems.length * samples;
  const rows = problems.map((problem, p) => {
    const { id, question, gold, subject, level, source } = problem;
    const groups = { ...(subject !== undefined && { subject }), ...(level !== undefined && { level }) };
    return { id, question, gold, ...groups, source, ...(cut.has(problem) && { cut: true }), samples, ...answered[p] };
  });
  const results: ModelEvaluation = {
    made: 'soar evaluate',
    evaluation: identity,
    model: { name: config.model, sha256: identity.model },
    dataset: { name: set.name, format: set.format, source: set.source, sha256: set.sha256 },
    counts: {
      rows: set.rows,
      refused: Object.fromEntries(countReasons(refused)),
      beyondLimit: set.beyondLimit,
      problems: problems.length,
      completions,
      cutPrompts: cut.size,
      unwritablePrompts: unwritable,
      tokens: sum('tokens'),
    },
    correct: sum('successes') / completions,
    answered: sum('answered') / completions,
    finished: sum('finished') / completions,
    pass: modelPass(
      problems.map(({ subject, level }, p) => ({
        subject,
        level,
        successes: (answered[p] as AnsweredProblem).successes,
      })),
      samples,
      ks,
    ),
  };
  const write = (name: keyof typeof modelEvaluationFiles, text: string) =>
    writeWhole(join(out, modelEvaluationFiles[name]), text, disk);
  await write('problems', jsonLinesText(rows));
  await write('refused', jsonLinesText(refused));
  await write('results', `${JSON.stringify(results, null, 2)}\n`);
  await disk.syncFolder(out);
  return results;
}
