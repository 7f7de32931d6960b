/** docs/performance.md, docs/models.md and docs/cluster.md: what stands between `<!-- bench NAME -->` and `<!-- end -->` is written anew from bench/results. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from './table.mjs';

const pages = ['performance', 'models', 'cluster'].map((name) =>
  fileURLToPath(new URL(`../docs/${name}.md`, import.meta.url)),
);

export const resultFile = (name) => fileURLToPath(new URL(`results/${name}.json`, import.meta.url));

export const readResult = (name) =>
  existsSync(resultFile(name)) ? JSON.parse(readFileSync(resultFile(name), 'utf8')) : undefined;

/** What the recorded result has of things that are not measured now: measures and notes that begin with their label. */
export function recorded(name, label) {
  const { measures = [], notes = [] } = readResult(name) ?? {};
  const of = (text) => text.startsWith(`${label}: `);
  return { measures: measures.filter((measure) => of(measure.name)), notes: notes.filter(of) };
}

export function refreshPages() {
  for (const page of pages) refresh(page);
}

function refresh(page) {
  const text = readFileSync(page, 'utf8');
  const fresh = text.replaceAll(/<!-- bench (\S+) -->\n[\s\S]*?<!-- end -->/g, (_, name) => {
    const result = readResult(name);
    const body = result ? `\n${section(result)}\n` : '\nNot measured yet.\n';
    return `<!-- bench ${name} -->\n${body}\n<!-- end -->`;
  });
  if (fresh !== text) writeFileSync(page, fresh);
}

function section(result) {
  const notes = result.notes.map((note) => `- ${note[0].toUpperCase()}${note.slice(1)}.`);
  const { machine, peers, date } = result;
  const versions = [machine.processor, `${machine.cores} cores`, `Node ${machine.node}`, ...peers].join(', ');
  return [table(result), '', ...notes, `- Measured ${date}: ${versions}.`].join('\n');
}
