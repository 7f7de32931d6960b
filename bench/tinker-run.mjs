/**
 * The preset `smoke`, whole, on the fake server of each kind and in this process: are they the same run? It is test/tinker-run.test.ts,
 * which is short where nobody asks for more.
 *
 *   node bench/tinker-run.mjs [--profiles hosted,skyrl-jax,skyrl-megatron,twinkle] [--size whole]
 *
 * Prints a table; exits with 1 when they are not.
 */
import { parseArgs } from 'node:util';
import { toldByTests } from './told-by-tests.mjs';

const { values } = parseArgs({
  options: {
    profiles: { type: 'string', default: 'hosted,skyrl-jax,skyrl-megatron,twinkle' },
    size: { type: 'string', default: 'whole' },
  },
});
const { status, lines } = toldByTests('test/tinker-run.test.ts', {
  results: 'SOAR_TINKER_RESULTS',
  env: { SOAR_TINKER_RUN: values.size, SOAR_TINKER_PROFILES: values.profiles },
});

console.log(
  '| server | outer steps | promotions | different weights of teacher and promoted | evaluation units | optimizer steps | weights apart, at most | s |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const { profile, outerSteps, promotions, different, evaluations, optimizerSteps, apart, seconds } of lines) {
  const cells = [
    profile,
    outerSteps,
    promotions,
    different,
    evaluations,
    optimizerSteps,
    apart.toExponential(1),
    seconds.toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
process.exit(status);
