/**
 * The verifier on random texts for as long as wanted: no exception, no verdict over 100 ms, the same verdict twice, no pay for soup.
 *   npm run build && node bench/verify-fuzz.mjs [seconds = 60] [seed = 1]
 */

import { randomStream } from '../dist/rl/random.js';
import { disturbed, soup } from '../dist/verify/cases/fuzz.js';
import { readPublishedGolds } from '../dist/verify/cases/published-golds.js';
import { parseGold, verify } from '../dist/verify/index.js';

const [seconds = '60', seed = '1'] = process.argv.slice(2);
const folder = process.env.SOAR_DATA ?? new URL('../../shared/data', import.meta.url).pathname;
const sources = (readPublishedGolds(folder) ?? []).map((row) => row.gold).filter((gold) => gold !== '');
if (sources.length === 0) sources.push('\\frac12', '(3,5]', 'x^2+1', '1,2,3', '\\text{even}', 'y=2x+1');

const random = randomStream(`verify/fuzz/${seed}`);
const target = parseGold('\\sqrt{41}+\\pi');
const until = performance.now() + Number(seconds) * 1000;
const verdicts = {};
const faults = [];
let texts = 0;
let slowest = [0, ''];
while (performance.now() < until) {
  for (let i = 0; i < 500; i++) {
    const source = sources[random.integer(sources.length)];
    const text = random.integer(2) ? soup(random) : disturbed(source, random);
    texts++;
    try {
      const gold = parseGold(source);
      const first = verify(gold, text, { mode: 'answer' });
      const again = verify(gold, text, { mode: 'answer' });
      if (first.verdict !== again.verdict) faults.push(`two verdicts: ${source} <- ${text}`);
      if (verify(target, text, { mode: 'answer' }).verdict === 'correct' && !text.includes('41'))
        faults.push(`paid: ${text}`);
      verdicts[first.verdict] = (verdicts[first.verdict] ?? 0) + 1;
      const ms = Math.min(first.ms, again.ms);
      if (ms > slowest[0]) slowest = [ms, `${source} <- ${text}`];
    } catch (error) {
      if (error.code !== 'VERIFY_GOLD_UNREADABLE') faults.push(`${error.stack}: ${source} <- ${text}`);
    }
  }
}
if (slowest[0] > 100) faults.push('a verdict took more than 100 ms');
console.log(
  JSON.stringify({ seed, texts, verdicts, slowestMs: slowest[0], slowest: slowest[1], faults: faults.length }, null, 2),
);
for (const fault of faults.slice(0, 20)) console.error(fault);
process.exitCode = faults.length ? 1 : 0;
