/**
 * Short SOAR runs on a Tinker service that breaks at planned places, and in processes that die: hundreds of seeded plans over all kinds
 * of servers (test/tinker-fault-run.ts), each held against the server's own log and an undisturbed run.
 *
 *   node bench/tinker-faults.mjs [--plans 500] [--first 1]
 *
 * Prints a table; exits with 1 when anything was wrong.
 */
import { parseArgs } from 'node:util';
import { toldByTests } from './told-by-tests.mjs';

const { values } = parseArgs({
  options: { plans: { type: 'string', default: '500' }, first: { type: 'string', default: '1' } },
});
const began = performance.now();
const { status, lines } = toldByTests('test/tinker-faults.test.ts', {
  results: 'SOAR_FAULT_RESULTS',
  env: { SOAR_FAULT_PLANS: values.plans, SOAR_FAULT_FIRST: values.first },
  flags: ['--reporter=dot'],
});

const sum = (of, what) => of.reduce((total, one) => total + what(one), 0);
console.log('| server | plans | faults met | deaths | resumed | ended | stopped by a code | something wrong |');
console.log('|---|---|---|---|---|---|---|---|');
for (const profile of [...new Set(lines.map((line) => line.profile)), 'all']) {
  const of = profile === 'all' ? lines : lines.filter((line) => line.profile === profile);
  const cells = [
    profile,
    of.length,
    sum(of, (one) => one.faultsMet),
    sum(of, (one) => (one.dies === undefined ? 0 : 1)),
    sum(of, (one) => one.resumes),
    sum(of, (one) => (one.stopped === undefined ? 1 : 0)),
    sum(of, (one) => (one.stopped === undefined ? 0 : 1)),
    sum(of, (one) => (one.wrong.length > 0 ? 1 : 0)),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
const codes = lines.flatMap(({ stopped }) => (stopped === undefined ? [] : [stopped]));
console.log(`codes that stopped runs: ${[...new Set(codes)].join(', ') || 'none'}`);
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
process.exit(status);
