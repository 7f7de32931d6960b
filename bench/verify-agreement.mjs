/**
 * How far the verifier agrees with Hugging Face Math-Verify, by the verdicts that Math-Verify's own regression tests state:
 *
 *   node bench/verify-agreement.mjs <tests/test_all.py of huggingface/Math-Verify> [longest text, default 300]
 *
 * The file is read, not copied. Cases of another precision than the default are left out. Golds lie in text there, too.
 */
import { spawnSync } from 'node:child_process';
import { extract, verify } from '../dist/verify/index.js';

const [file, longest = '300'] = process.argv.slice(2);
const python = process.env.SOAR_PYTHON ?? 'python3';
const script = `
import ast, json, sys
cases = []
for node in ast.walk(ast.parse(open(sys.argv[1]).read())):
    if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "parametrize"): continue
    names = [name.strip() for name in node.args[0].value.split(",")]
    if names[:3] != ["gold", "pred", "expected"]: continue
    for case in node.args[1].elts:
        values = dict(zip(names, ast.literal_eval(case)))
        if values.get("precision", 6) == 6 and values.get("allow_set_relation_comp", False) is False: cases.append(values)
print(json.dumps(cases))`;
const read = spawnSync(python, ['-c', script, file ?? ''], { encoding: 'utf8', maxBuffer: 1e8 });
if (read.status !== 0) {
  console.error(`the file cannot be read: ${read.stderr.trim().split('\n').at(-1)}`);
  process.exit(2);
}
const cases = JSON.parse(read.stdout).filter(({ gold, pred }) => gold.length + pred.length <= Number(longest));

/** The gold as they read it: what stands in dollars or in a box, else the text. */
const goldOf = (text) => extract(text, 'evaluation') ?? text;
const differing = [];
for (const { gold, pred, expected } of cases) {
  let verdict;
  try {
    verdict = verify(goldOf(gold), pred, { mode: 'evaluation' }).verdict;
  } catch (error) {
    verdict = error.code;
  }
  if ((verdict === 'correct') !== Boolean(expected)) differing.push({ gold, pred, expected, verdict });
}
const agreed = cases.length - differing.length;
console.log(`${agreed} of ${cases.length} verdicts agree (${((100 * agreed) / cases.length).toFixed(1)} %)`);
for (const { gold, pred, expected, verdict } of differing) {
  console.log(`  expected ${expected}, ours ${verdict}: ${JSON.stringify(gold)} <- ${JSON.stringify(pred)}`);
}
