/**
 * Whether an exported model is the same model elsewhere: makes a small run, one with adapters, and one that starts from the adapter of
 * that one; exports student, teacher and adapter, and has transformers and PEFT compare log-probabilities and token ids with those
 * of the runs' own policies. The same of a model of every family, trained for two steps.
 *
 *   SOAR_PYTHON=<python> node bench/exports.mjs [-- arguments of `soar run`, default: --preset smoke, with problems of middle length]
 *
 * Prints the largest differences; beside them how far the base model is, which a mix-up would show. Exits with 1 when one is
 * past what single precision explains, or ids differ.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runPaths } from '../dist/index.js';
import { nodeDisk } from '../dist/run/disk.js';
import { historyOf, promotionsOf } from '../dist/run/entries.js';
import { readJournal } from '../dist/run/journal.js';
import { openWorkbench } from '../dist/run/open-workbench.js';
import { openPromoted, openTeacher } from '../dist/run/outer-loop.js';
import { readRunConfig } from '../dist/run/run-folder.js';
import { openSnapshots } from '../dist/run/snapshots.js';
import { familyExports, said } from './family-exports.mjs';
import { soar } from './soar-command.mjs';

const largest = 1e-4;
// Of middle length some are solved, so that rewards differ and the teacher is updated.
const small = ['--preset', 'smoke', '--set', 'world.hardLengths=[3,4]', '--set', 'world.attempts=1'];
const { positionals } = parseArgs({ allowPositionals: true });
const settings = positionals.length > 0 ? positionals : small;
const folder = mkdtempSync(join(tmpdir(), 'soar-exports-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const rank = ['engine.lora.rank=4', 'soar.student.schedule.learningRate=0.01'];
const adapters = rank.flatMap((set) => ['--set', set]);
const runs = [
  { name: 'all weights', more: [], whats: ['student', 'teacher'] },
  { name: 'adapters', more: adapters, whats: ['student', 'adapter'] },
  {
    name: 'on an adapter',
    more: [...adapters, '--set', `model=${join(folder, 'adapters-adapter')}`],
    whats: ['student', 'adapter'],
  },
];
const models = [];
for (const { name, more, whats } of runs) {
  const place = name.replaceAll(' ', '-');
  soar('run', ...settings, ...more, '--name', place, '--runs-dir', folder);
  const paths = runPaths(join(folder, place));
  const exported = whats.map((what) => ({ what, name: `${name}: ${what}`, folder: join(folder, `${place}-${what}`) }));
  for (const { what, folder: out } of exported) soar('export', paths.folder, '--what', what, '--out', out);
  models.push(...(await withSequences(paths, exported)));
}
models.push(...(await familyExports(folder)));
const cases = join(folder, 'cases.json');
writeFileSync(cases, JSON.stringify(models));
process.exitCode = compare(cases) ? 0 : 1;

/** The exports with what the policy of the run that each was made from says. */
async function withSequences(paths, exported) {
  const bench = await openWorkbench(readRunConfig(paths));
  try {
    const history = historyOf(await readJournal(paths.journal, nodeDisk));
    const place = { bench, history, snapshots: openSnapshots(paths.snapshots, nodeDisk) };
    const policies = {
      student: await openPromoted(place, promotionsOf(history).length - 1),
      teacher: await openTeacher(place),
    };
    policies.adapter = policies.student;
    const texts = history.hardSet.test.slice(0, 16).map(({ question }) => bench.domain.studentPrompt(question));
    return await Promise.all(
      exported.map(async (model) => ({ ...model, ...(await said(policies[model.what], bench.base, texts, 64)) })),
    );
  } finally {
    await bench.close();
  }
}

/** Whether all agree. */
function compare(file) {
  const script = fileURLToPath(new URL('peers/exports.py', import.meta.url));
  const python = process.env.SOAR_PYTHON ?? 'python3';
  const { status, stdout, stderr, error } = spawnSync(python, [script, file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${python} ${script} did not work:\n${error?.message ?? stderr}`);
  const { about, models: found } = JSON.parse(stdout.trim().split('\n').at(-1));
  console.log(about);
  for (const { name, dtype, tokens, difference, fromBase, encodings, wrongEncodings } of found) {
    console.log(
      `${name}: ${dtype}, ${tokens} log-probabilities differ by at most ${difference.toExponential(1)} (base model: ${fromBase.toExponential(1)}); ` +
        `${encodings - wrongEncodings} of ${encodings} texts have the same ids`,
    );
  }
  return found.every((one) => one.difference <= largest && one.fromBase > 10 * largest && one.wrongEncodings === 0);
}
