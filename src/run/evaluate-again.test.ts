import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Call } from '../../test/method/scripted.js';
import { scriptedBench, scriptedConfig } from '../../test/scripted-run.js';
import { evaluateAgain } from './evaluate-again.js';
import type { RunEvent } from './events.js';
import { runFingerprint } from './fingerprint.js';
import { startRun } from './run.js';
import { runPaths } from './run-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'soar-again-'));
afterAll(() => rmSync(folder, { recursive: true }));
const bench = () => scriptedBench();

/** A run stopped at an event. */
async function stoppedAt(name: string, event: RunEvent['event']) {
  const stop = new AbortController();
  const listener = (seen: RunEvent) => {
    if (seen.event === event) stop.abort();
  };
  const starting = startRun(scriptedConfig({ name }), folder, { bench, signal: stop.signal, listener });
  await expect(starting).rejects.toMatchObject({ code: 'RUN_INTERRUPTED' });
  return runPaths(join(folder, name));
}

describe('evaluating a run again', () => {
  it('takes other settings, keeps its own units, and leaves the run as it is', async () => {
    const { paths, results: ofRun } = await startRun(scriptedConfig({ name: 'whole' }), folder, { bench });
    const before = runFingerprint(paths.folder);
    const sets = ['evaluate.arms=[pq, base]', 'evaluate.seeds=2'];
    const { results, paths: made } = await evaluateAgain(paths, sets, { bench });
    expect(results.evaluation?.units.map(({ arm, seed }) => `${arm}-${seed}`)).toEqual([
      'pq-0',
      'pq-1',
      'base-0',
      'base-1',
    ]);
    // The first seeds are those of the run.
    const unit = (of: typeof results) => of.evaluation?.units.find(({ arm, seed }) => arm === 'pq' && seed === 0);
    expect(unit(results)).toEqual(unit(ofRun));
    expect(readFileSync(made.report, 'utf8')).toContain('html');

    const calls: Call[] = [];
    await evaluateAgain(paths, sets, { bench: () => scriptedBench(calls) });
    expect(calls.filter(({ call }) => call === 'sample')).toEqual([]);
    await evaluateAgain(paths, ['evaluate.arms=[base]'], { bench });
    expect(readdirSync(join(paths.folder, 'evaluations'))).toHaveLength(2);
    expect(runFingerprint(paths.folder)).toEqual(before);
  });

  it('evaluates a run that was stopped between steps, with the teacher and the promotions so far', async () => {
    const paths = await stoppedAt('half', 'step');
    const { results } = await evaluateAgain(paths, [], { bench });
    expect(results.promotions).toHaveLength(1);
    expect(results.evaluation?.units.map(({ arm }) => arm)).toEqual(['base', 'hard-only', 'grounded-t', 'pq', 'ps']);
    expect(existsSync(paths.results)).toBe(false);
  });

  it('refuses arms that all need what the run does not have', async () => {
    const paths = await stoppedAt('unpromoted', 'studied');
    await expect(evaluateAgain(paths, ['evaluate.arms=[grounded-t, ps]'], { bench })).rejects.toMatchObject({
      code: 'EVALUATE_NOTHING',
      message: expect.stringMatching(/grounded-t: there is no trained teacher; ps: the run promoted nothing/),
    });
  });

  it('refuses other sections, and a run without hard problems', async () => {
    const early = startRun(scriptedConfig({ name: 'early' }), folder, { bench, signal: AbortSignal.abort() });
    await expect(early).rejects.toMatchObject({ code: 'RUN_INTERRUPTED' });
    const paths = runPaths(join(folder, 'early'));
    await expect(evaluateAgain(paths, ['soar.repeats=3'], { bench })).rejects.toMatchObject({
      code: 'RUN_CONFIG_CHANGED',
    });
    await expect(evaluateAgain(paths, [], { bench })).rejects.toMatchObject({
      code: 'RUN_NOTHING_TO_EVALUATE',
      remedy: expect.stringContaining('soar resume'),
    });
  });
});
