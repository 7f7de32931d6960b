/**
 * What must be the same, to the byte, whether a run was killed and resumed or not, on any number of workers: its results,
 * promotion questions, snapshots, and the journal as a set of entries (units that work side by side finish in any order).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { sha256 } from './snapshots.js';

/** SHA-256 by file, and one of the journal's entries. */
export function runFingerprint(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const file of ['results.json', 'promotion-questions.jsonl', ...filesUnder(join(folder, 'snapshots'), folder)]) {
    found[file] = sha256(readFileSync(join(folder, file)));
  }
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
  const entries = lines.map((line) => JSON.stringify(JSON.parse(line).entry));
  found['journal entries'] = sha256(entries.sort().join('\n'));
  found.students = filesUnder(join(folder, 'students'), folder).join(' ');
  return found;
}

function filesUnder(folder: string, root: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesUnder(path, root) : [relative(root, path)];
    });
}
