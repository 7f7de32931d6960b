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
export const machine = { processor: cpus()[0].model, cores: cpus().length, node: process.versions.node };

/** Of "Intel(R) Xeon(R) Processor @ 2.10GHz": intel-xeon. */
const nameOf = (processor) =>
  processor
    .replace(/\((R|TM)\)|@.*|\b(processor|cpu)\b/gi, ' ')
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');

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
