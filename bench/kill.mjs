/**
 * Kills runs with SIGKILL at random moments, resumes them, and compares every result with that of a run left alone.
 *
 *   node bench/kill.mjs [--kills 200] [--seed 1] [--lanes 1] [-- arguments of `soar run`, default: --preset smoke]
 *
 * Each run is killed again and again, on a changing number of workers, until it gets through; then the next one starts.
 * Prints a summary; exits with 1 when any result differs or a process fails by itself.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomStream } from '../dist/rl/random.js';
import { runFingerprint } from '../dist/run/fingerprint.js';

const { values, positionals } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const settings = positionals.length > 0 ? positionals : ['--preset', 'smoke'];
const wanted = Number(values.kills);
const soar = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'soar-kill-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Runs a command; kills it after so many ms. Resolves to 'done' or 'killed'. */
function soarProcess(args, killAfter) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [soar, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve('killed');
      else if (code === 0) resolve('done');
      else reject(new Error(`soar ${args.join(' ')} ended with ${code}:\n${errors}`));
    });
  });
}

const begin = performance.now();
await soarProcess(['run', ...settings, '--name', 'whole', '--runs-dir', folder]);
const duration = performance.now() - begin;
const whole = runFingerprint(join(folder, 'whole'));

const random = randomStream(`kill/${values.seed}`);
const tally = { kills: 0, beforeFolder: 0, runs: 0, differing: [] };

/** One run after the other, each killed until it gets through or enough kills are made. */
async function lane(number) {
  while (tally.kills < wanted) {
    const name = `killed-${number}-${tally.runs++}`;
    for (let kills = 0; ; ) {
      const workers = String(1 + random.integer(3));
      const started = existsSync(join(folder, name));
      const args = started
        ? ['resume', name, '--runs-dir', folder, '--workers', workers]
        : ['run', ...settings, '--name', name, '--runs-dir', folder, '--workers', workers];
      // Early kills meet starting and resuming, late ones everything else; a run that was killed often is let through.
      const after = kills < 8 && tally.kills < wanted ? random.float() ** 1.5 * duration : undefined;
      if ((await soarProcess(args, after)) === 'done') break;
      kills += 1;
      tally.kills += 1;
      if (!existsSync(join(folder, name))) tally.beforeFolder += 1;
    }
    const found = runFingerprint(join(folder, name));
    const files = [...new Set([...Object.keys(whole), ...Object.keys(found)])].filter(
      (key) => whole[key] !== found[key],
    );
    if (files.length > 0) tally.differing.push(`${name}: ${files.join(', ')}`);
    rmSync(join(folder, name), { recursive: true });
  }
}
await Promise.all(Array.from({ length: Number(values.lanes) }, (_, i) => lane(i)));

console.log(`run:                ${settings.join(' ')} (${(duration / 1000).toFixed(1)} s undisturbed)`);
console.log(`kills:              ${tally.kills} (SIGKILL), ${tally.beforeFolder} of them before the run had a folder`);
console.log(`runs brought home:  ${tally.runs}`);
console.log(
  `compared in each:   ${Object.keys(whole).length} hashes (results, promotion questions, snapshots, journal)`,
);
console.log(`differing:          ${tally.differing.length === 0 ? 'none' : `\n  ${tally.differing.join('\n  ')}`}`);
process.exitCode = tally.differing.length === 0 ? 0 : 1;
