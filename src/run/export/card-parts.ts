/** What the cards of models and of question sets have in common: front matter, how the run was made, its numbers, the licence. Pure. */
import { stringify } from 'yaml';
import { plural } from '../../report/format.js';
import { evaluationMarkdown, markdownTable } from '../../report/index.js';
import type { Schedule } from '../../rl/schedules.js';
import type { RunConfig } from '../config/config.js';
import { type History, stateOf } from '../entries.js';
import type { RunResults } from '../results.js';
import type { BaseCard } from './base-card.js';
import type { ExportChoice } from './choice.js';
import { commandOf } from './made-with.js';

export interface CardFacts {
  /** The run's name. */
  readonly run: string;
  readonly choice: ExportChoice;
  readonly config: RunConfig;
  readonly history: History;
  /** Undefined while the run goes on. */
  readonly results?: RunResults;
  readonly base: BaseCard;
  /** The model that an exported adapter is put on: `base`, but for a run that started from an adapter. */
  readonly frozen: string;
  /** Of this package. */
  readonly version: string;
}

export const frontMatter = (fields: object) => `---\n${stringify(fields)}---\n`;

/** Front matter that every export has. */
export const tags = ['soar', 'reinforcement-learning', 'self-play'];

export const paper = '[SOAR](https://arxiv.org/abs/2601.18778) (Self-Optimization via Asymmetric RL)';

/** A table of settings and facts, and the two commands. */
export function howMade(facts: CardFacts): string {
  const { run, choice, config, history, version, base } = facts;
  const { soar, world } = config;
  const { what, format, promotion } = choice;
  const { finished, promotions } = stateOf(history);
  const questions = history.steps.flatMap((step) => step.promotion?.questions.length ?? []);
  const hard = history.hardSet;
  const rows = [
    ['Preset', config.preset],
    ['Base model', base.name],
    ['Domain', config.domain],
    ['Seed', config.domain === 'programs' ? `${config.seed}; of the world: ${world.seed}` : `${config.seed}`],
    ...(hard ? [['Hard problems', `${hard.train.length} to train and reward on, ${hard.test.length} held out`]] : []),
    ['Outer steps', `${history.steps.length} of at most ${soar.outerSteps}; ${ends[finished ?? 'open']}`],
    [
      'Promotions',
      promotions
        .map(({ step }, i) => `${i + 1} at outer step ${step + 1} (${plural(questions[i], 'question')})`)
        .join(', ') || 'none',
    ],
    ['Promotion threshold', `${soar.promotion.threshold}, moving average of ${plural(soar.promotion.window, 'step')}`],
    [
      'Datasets per outer step',
      `${soar.datasets} of ${soar.datasetSize} questions, each studied by ${plural(soar.repeats, 'student')}`,
    ],
    ['Learning rate, teacher', rate(soar.teacher.schedule)],
    ['Learning rate, students', rate(soar.student.schedule)],
  ];
  const columns = ['Setting', 'Value'].map((header) => ({ header, align: 'left' as const }));
  const picked = promotion === undefined ? '' : ` --promotion ${promotion}`;
  return `${markdownTable({ columns, rows })}

Made by soar-rl ${version}:

    ${commandOf(config, base.name)}
    npx soar export ${run} --what ${what} --format ${format}${picked}`;
}

const ends = {
  'outer-steps': 'all of them were made',
  'baseline-accuracy': 'the baseline had become accurate enough',
  open: 'the run was not finished when this was exported',
} as const;

function rate({ kind, learningRate, warmupSteps, horizon, floor }: Schedule): string {
  const until = horizon === 'run' ? 'the end' : `step ${horizon}`;
  const after = kind === 'constant' ? 'constant' : `${kind} to ${floor * learningRate} at ${until}`;
  return `${learningRate}, ${after}${warmupSteps > 0 ? ` after ${warmupSteps} steps of warm-up` : ''}`;
}

/** @param note about the table, for a run that has one */
export function numbers({ results }: CardFacts, note: string): string {
  const evaluation = results?.evaluation;
  if (evaluation) return `${evaluationMarkdown(evaluation.summary, evaluation.skipped)}\n\n${note}`.trimEnd();
  return results
    ? 'The run compared no arms at its end.'
    : 'The run was not finished when this was exported: no evaluation.';
}

export function licence({ base }: CardFacts, what: string): string {
  const { license } = base.license;
  const said = [license].flat().join(', ');
  return said === 'other' && base.license.license_name === undefined
    ? `The folder of the base model ${base.name} states no licence. ${what} derives from it: find its terms before you pass this on.`
    : `The base model ${base.name} is under the licence ${base.license.license_name ?? said}; ${what} derives from it.`;
}

export const aboutDomain = ({ config }: CardFacts) =>
  config.domain === 'programs'
    ? 'Its problems are digit programs, a world made to show the mechanism: it plants the skill that is found again, and nothing here is evidence about other problems or larger models.'
    : 'Its problems are mathematics with one final answer; other kinds of problems were not looked at.';
