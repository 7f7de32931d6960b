/** Resident memory of one more student: forked, and after it has trained. Each size in a process of its own. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { measure } from './statistics.mjs';
import { sizes } from './students.mjs';

const probe = fileURLToPath(new URL('memory-probe.mjs', import.meta.url));
const megabytes = { unit: 'MB', better: 'lower' };

export async function memory({ folder, rounds = 3 }) {
  const measures = [];
  const notes = [];
  for (const [size, students] of [
    ['world', 256],
    ['random', 24],
  ]) {
    const { label } = sizes[size];
    const model = await sizes[size].folder(folder);
    const found = Array.from({ length: rounds }, () =>
      JSON.parse(execFileSync(process.execPath, ['--expose-gc', probe, model, String(students)], { encoding: 'utf8' })),
    );
    const of = (field) => found.map((one) => one[field] / 1e6);
    const each = (from, to) => found.map((one) => (one[to] - one[from]) / students / 1e6);
    measures.push(
      measure(`${label}: process with the model open and used`, of('used'), megabytes),
      measure(`${label}: one more student`, each('used', 'forked'), megabytes),
      measure(`${label}: one more that trains`, each('used', 'trained'), megabytes),
    );
    const parameters = (found[0].parameters * 4) / 1e6;
    notes.push(
      `${label}: the parameters are ${parameters.toFixed(2)} MB, with AdamW's two moments ${(3 * parameters).toFixed(2)} MB; over ${students} students`,
    );
  }
  return { title: 'Memory', measures, notes, peers: [], complete: true };
}
