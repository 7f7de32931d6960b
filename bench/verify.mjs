/**
 * Self-equality, rewrites, mutations and speed of the verifier over the published golds.
 *   npm run build && node bench/verify.mjs [folder of the sets, default ../shared/data or SOAR_DATA]
 */

import { mutations } from '../dist/verify/cases/mutations.js';
import { readPublishedGolds } from '../dist/verify/cases/published-golds.js';
import { rewrites } from '../dist/verify/cases/rewrites.js';
import { createVerifier, parseGold, verify } from '../dist/verify/index.js';

const folder = process.argv[2] ?? process.env.SOAR_DATA ?? new URL('../../shared/data', import.meta.url).pathname;
const published = readPublishedGolds(folder);
if (!published) {
  console.error(`no published sets in ${folder}`);
  process.exit(2);
}

const answer = { mode: 'answer' };
const sets = new Map();
const kinds = new Map();
const readable = [];
const notEqual = [];

for (const row of published) {
  const set = sets.get(row.set) ?? { golds: 0, equal: 0, refused: 0, ms: 0, worst: 0 };
  sets.set(row.set, set);
  set.golds++;
  try {
    const started = performance.now();
    const gold = parseGold(row.gold, row.policy);
    const { verdict, reason } = verify(gold, `\\boxed{${row.gold}}`, row.policy);
    const ms = performance.now() - started;
    set.ms += ms;
    set.worst = Math.max(set.worst, ms);
    kinds.set(gold.kind, (kinds.get(gold.kind) ?? 0) + 1);
    if (verdict === 'correct') set.equal++;
    else notEqual.push(`${row.set} ${row.id}: ${verdict}, ${reason}`);
    readable.push({ ...row, parsed: gold });
  } catch (error) {
    set.refused++;
    notEqual.push(`${row.set} ${row.id}: gold refused, ${error.message} (${JSON.stringify(row.gold)})`);
  }
}

console.log('Self-equality (no comparison of strings but for answers in words)\n');
console.log('| set | golds | equal to themselves | refused | share | ms in all | slowest ms |');
console.log('|---|--:|--:|--:|--:|--:|--:|');
for (const [name, s] of sets) {
  const share = ((100 * s.equal) / s.golds).toFixed(3);
  console.log(
    `| ${name} | ${s.golds} | ${s.equal} | ${s.refused} | ${share} % | ${s.ms.toFixed(0)} | ${s.worst.toFixed(1)} |`,
  );
}
console.log(`\nnot equal:\n${notEqual.map((line) => `- ${line}`).join('\n')}`);
console.log(
  `\ngolds by kind: ${[...kinds]
    .sort((a, b) => b[1] - a[1])
    .map(([kind, n]) => `${kind} ${n}`)
    .join(', ')}`,
);

const distinct = [...new Map(readable.map((row) => [`${row.gold} ${JSON.stringify(row.policy)}`, row])).values()];
const refused = [];
const accepted = [];
const tried = { rewrites: 0 };
for (const { parsed, policy } of distinct) {
  for (const text of rewrites(parsed.source, parsed.kind)) {
    tried.rewrites++;
    if (verify(parsed, text, { ...policy, ...answer }).verdict !== 'correct')
      refused.push(`${parsed.source} <- ${text}`);
  }
  for (const { how, answer: text } of mutations(parsed.source, parsed.kind)) {
    tried[how] = (tried[how] ?? 0) + 1;
    const { verdict } = verify(parsed, text, { ...policy, ...answer, tolerance: 0 });
    if (verdict === 'correct') accepted.push(`${how}: ${parsed.source} <- ${text}`);
  }
}
const { rewrites: rewritten, ...mutated } = tried;
const mutants = Object.values(mutated).reduce((sum, n) => sum + n, 0);
console.log(`\nRewrites and mutations of the ${distinct.length} distinct golds\n`);
console.log('| | tried | failed | share |');
console.log('|---|--:|--:|--:|');
console.log(
  `| equivalent rewrites refused | ${rewritten} | ${refused.length} | ${((100 * refused.length) / rewritten).toFixed(4)} % |`,
);
console.log(
  `| mutated golds accepted | ${mutants} | ${accepted.length} | ${((100 * accepted.length) / mutants).toFixed(4)} % |`,
);
console.log(
  `\nmutations: ${Object.entries(mutated)
    .map(([how, n]) => `${how} ${n}`)
    .join(', ')}`,
);
for (const line of [...refused, ...accepted].slice(0, 20)) console.log(`- ${line}`);

/** Model-like texts over the MATH golds: right ones, wrong ones, some prose before the box. */
const texts = readable
  .filter((row) => row.set.startsWith('MATH'))
  .map((row, i, all) => ({
    ...row,
    text: `${'We add the two sides and simplify. '.repeat(20)}So it is $\\boxed{${i % 2 ? row.gold : all[(i * 31) % all.length].gold}}$.`,
  }));

function measure(judge) {
  const times = [];
  const started = performance.now();
  for (const row of texts) {
    const from = performance.now();
    judge(row);
    times.push(performance.now() - from);
  }
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(3);
  return `${Math.round(texts.length / seconds)} | ${at(0.5)} | ${at(0.99)} | ${at(1)}`;
}

console.log(`\nSpeed, one core, ${texts.length} texts over MATH golds (node ${process.version})\n`);
console.log('| | verdicts/s | median ms | p99 ms | slowest ms |');
console.log('|---|--:|--:|--:|--:|');
measure((row) => verify(row.parsed, row.text));
console.log(`| gold read before | ${measure((row) => verify(row.parsed, row.text))} |`);
console.log(`| gold read each time | ${measure((row) => verify(row.gold, row.text))} |`);

const verifier = createVerifier('mathematics');
await verifier.verify('1', '\\boxed{1}');
const started = performance.now();
const rounds = [];
for (const row of texts.slice(0, 3_000)) {
  const from = performance.now();
  await verifier.verify(row.gold, row.text);
  rounds.push(performance.now() - from);
}
const single = rounds.length / ((performance.now() - started) / 1000);
rounds.sort((a, b) => a - b);
console.log(
  `| in a killable worker, one at a time | ${Math.round(single)} | ${rounds[1_500].toFixed(3)} | ${rounds[2_970].toFixed(3)} | ${rounds.at(-1).toFixed(3)} |`,
);
await verifier.close();
