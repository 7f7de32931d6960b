/**
 * Results, one for each benchmark and kind of processor: bench/results/<processor>/<benchmark>.json. In docs/performance.md, docs/models.md
 * and docs/cluster.md what stands between `<!-- bench NAME -->` and `<!-- end -->` is written anew from them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table } from './table.mjs';

const results = fileURLToPath(new URL('results', import.meta.url));

/** Virtual machines say "AMD EPYC" of processors that are a factor of two apart: their family and model, as Linux gives them, name the generation. */
function processor() {
  const name = cpus()[0].model;
  if (!name.startsWith('AMD') || !existsSync('/proc/cpuinfo')) return name;
  const described = readFileSync('/proc/cpuinfo', 'utf8');
  const number = (what) => Number(new RegExp(`^${what}\\s*: (\\d+)`, 'm').exec(described)?.[1]);
  const [family, model] = [number('cpu family'), number('model')];
  if (family === 26) return `${name} (Zen 5)`;
  if (family !== 25) return name;
  return `${name} (Zen ${[1, 6, 7, 10].includes(model >> 4) ? 4 : 3})`;
}

export const machine = { processor: processor(), cores: cpus().length, node: process.versions.node };

/** Of "Intel(R) Xeon(R) Processor @ 2.10GHz": intel-xeon. */
const nameOf = (processor) =>
  processor
    .replace(/\((R|TM)\)|@.*|\b(processor|cpu)\b/gi, ' ')
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');

const pages = ['performance', 'models', 'cluster'].map((name) =>
  fileURLToPath(new URL(`../docs/${name}.md`, import.meta.url)),
);

const fileOf = (name, processor) => `${results}/${processor}/${name}.json`;
const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

/** On this kind of processor. */
export const readResult = (name) => read(fileOf(name, nameOf(machine.processor)));

export function writeResult(result) {
  const file = fileOf(result.name, nameOf(result.machine.processor));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  for (const page of pages) refresh(page);
}

const onAllProcessors = (name) =>
  readdirSync(results)
    .sort()
    .flatMap((processor) => read(fileOf(name, processor)) ?? []);

/** What the recorded result has of things that are not measured now: measures and notes that begin with their label. */
export function recorded(name, label) {
  const { measures = [], notes = [] } = readResult(name) ?? {};
  const of = (text) => text.startsWith(`${label}: `);
  return { measures: measures.filter((measure) => of(measure.name)), notes: notes.filter(of) };
}

function refresh(page) {
  const text = readFileSync(page, 'utf8');
  const fresh = text.replaceAll(/<!-- bench (\S+) -->\n[\s\S]*?<!-- end -->/g, (_, name) => {
    const found = onAllProcessors(name).map(section);
    const body = found.length > 0 ? `\n${found.join('\n\n')}\n` : '\nNot measured yet.\n';
    return `<!-- bench ${name} -->\n${body}\n<!-- end -->`;
  });
  if (fresh !== text) writeFileSync(page, fresh);
}

function section(result) {
  const notes = result.notes.map((note) => `- ${note[0].toUpperCase()}${note.slice(1)}.`);
  const { machine: on, peers, date } = result;
  const versions = [`${on.cores} cores`, `Node ${on.node}`, ...peers].join(', ');
  return [`${on.processor}, ${date}:`, '', table(result), '', ...notes, `- ${versions}.`].join('\n');
}
