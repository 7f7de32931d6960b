/** Outer steps of the main job: a run of the preset `programs`, cut short after some of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRun } from '../dist/index.js';
import { resolveConfig } from '../dist/run/config/config.js';
import { measure, rate, ratio, seconds } from './statistics.mjs';

const parts = ['proposals', 'studies', 'teacher'];

/** Tokens a second that were wanted of the main job itself. */
const goals = { sampled: 120_000, trained: 100_000 };

export async function outerStep({ folder, rounds = 6 }) {
  const sets = ['engine.workers=2', `soar.outerSteps=${rounds}`, 'soar.stop.baselineAccuracy=null'];
  const config = resolveConfig({ preset: 'programs', sets });
  const stop = new AbortController();
  let steps = 0;
  const listener = ({ event }) => {
    // What follows the last step is not measured here.
    if (event === 'step' && ++steps === rounds) stop.abort();
  };
  const runs = join(folder, 'runs');
  await startRun({ ...config, name: 'bench' }, runs, { listener, signal: stop.signal }).catch((error) => {
    if (error.code !== 'RUN_INTERRUPTED') throw error;
  });
  const lines = readFileSync(join(runs, 'bench', 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = (part) => lines.filter((line) => line.part === part).slice(0, rounds);
  const times = (part) => of(part).map((line) => line.seconds);
  const whole = of('studies').map((_, step) => parts.reduce((sum, part) => sum + (of(part)[step]?.seconds ?? 0), 0));
  const sampled = of('studies').map((line) => line.sampledTokens);
  const trained = of('studies').map((line) => line.trainedTokens + line.trainedPromptTokens);
  // Sampling and training share the cores, so their rates are judged together: what both took, and what they would take at the goals' rates.
  const atGoals = sampled.map((tokens, step) => tokens / goals.sampled + trained[step] / goals.trained);
  return {
    title: 'An outer step of the main job (preset programs, 2 workers)',
    measures: [
      seconds('outer step', whole, 6),
      ...parts.map((part) => seconds(`of which ${part}`, times(part))),
      rate('sampled in the studies, training going on beside', sampled, times('studies')),
      rate('trained in the studies, prompts counted, sampling going on beside', trained, times('studies')),
      ratio('studies at 120 k sampled and 100 k trained tokens/s / studies', atGoals, times('studies'), 1),
      measure(
        'completion tokens sampled in the studies',
        sampled.map((n) => n / 1000),
        { unit: 'k', better: 'lower' },
      ),
    ],
    notes: [
      'the first steps of seed 1; 16 datasets x 10 inner steps x 256 completions, then 64 hard questions x 8 answers by each student',
    ],
    peers: [],
    complete: true,
  };
}
