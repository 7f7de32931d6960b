/**
 * One outer step of SOAR at the shape of SmolLM2-135M, with adapters of rank 16, two datasets and two students each, through the run
 * itself: journal, snapshots, students on disk. The weights are random and never write what a filter would accept, so the domain is
 * the benchmark's own: any text is a question with an answer, and a text's length says whether it is right. Everything else is real.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { startRun } from '../dist/index.js';
import { planEngine } from '../dist/method/index.js';
import { resolveConfig } from '../dist/run/config/config.js';
import { openLedger } from '../dist/run/ledger.js';
import { workloadOf } from '../dist/run/workload.js';
import { realModel } from './real-shapes.mjs';
import { measure, seconds } from './statistics.mjs';

const parts = ['proposals', 'studies', 'teacher'];
const sets = [
  'soar.outerSteps=1',
  'soar.datasetSize=4',
  'soar.student.groupSize=4',
  'soar.inner.steps=5',
  'soar.student.sampling.maxNewTokens=48',
  'soar.teacher.sampling.maxNewTokens=48',
  'soar.reward.questions=8',
  'evaluate.arms=[]',
];

/** Judged by what a random text has: its length. */
const right = (completion) => completion.length % 3 === 0;
const domain = {
  name: 'any-text',
  teacherPrompt: 'Write one new problem with its answer.\n',
  stopStrings: [],
  parseProposal: (completion) => ({ accepted: true, question: `What is ${completion}?`, answer: '0' }),
  turns: undefined,
  studentPrompt: (question) => `Question: ${question}\nAnswer:`,
  grade: async (answers) =>
    answers.map(({ completion }) => ({
      answered: completion.length > 0,
      correct: completion.length > 0 && right(completion),
      containsGold: completion.length > 0 && right(completion),
    })),
  kind: () => 'text',
  checkTokenizer() {},
  close: async () => undefined,
};

const hard = Array.from({ length: 12 }, (_, i) => ({
  id: `sum-${i}`,
  question: `What is ${17 * i + 5} + ${23 * i + 8}?`,
  gold: String(40 * i + 13),
  source: 'bench',
}));

async function workbench(config, model) {
  const ledger = openLedger();
  const engine = ledger.engine(createEmbeddedEngine(config.engine, workloadOf(config)));
  const base = await engine.open({ folder: model });
  return {
    engine,
    base,
    model: base.model,
    plan: planEngine(config.soar, engine),
    domain: ledger.domain(domain),
    ledger,
    realProblems: [],
    candidates: hard,
    findHardProblems: async () => ({ train: hard.slice(0, 8), test: hard.slice(8), screened: 12, attempts: 1 }),
    close: () => engine.close(),
  };
}

export async function realStep({ folder }) {
  const model = await realModel(process.env.SOAR_BENCH_MODELS ?? folder, 'smollm2-135m');
  const config = { ...resolveConfig({ preset: 'paper-small', sets }), model, name: 'real-step' };
  const runs = join(folder, 'runs');
  const start = performance.now();
  await startRun(config, runs, { bench: (asked) => workbench(asked, model) });
  const whole = (performance.now() - start) / 1000;
  const lines = readFileSync(join(runs, 'real-step', 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = (part) => lines.filter((line) => line.part === part);
  const { soar } = config;
  const peak = process.resourceUsage().maxRSS / 1e6;
  return {
    title: 'An outer step at the shape of SmolLM2-135M, adapters of rank 16',
    measures: [
      seconds('run of one outer step, loading included', [whole]),
      ...parts.map((part) =>
        seconds(
          `of which ${part}`,
          of(part).map((line) => line.seconds),
        ),
      ),
      measure('peak memory', [peak], { unit: 'GB', better: 'lower' }),
    ],
    notes: [
      `random weights, a domain that accepts any text; g = ${soar.datasets}, r = ${soar.repeats}, n = ${soar.datasetSize}; ${soar.inner.steps} inner steps of ${soar.student.promptsPerStep} x ${soar.student.groupSize} completions of at most ${soar.student.sampling.maxNewTokens} tokens; ${soar.reward.questions} reward questions; KL terms with the base as reference`,
      `tokens sampled: ${of('studies').map((line) => line.sampledTokens)} in the studies`,
    ],
    peers: [],
    complete: true,
  };
}
