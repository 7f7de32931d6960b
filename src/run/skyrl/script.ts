/** The plan as a shell script that starts the server, with what to know as its comments. Pure. */
import { stringify } from 'yaml';
import type { SkyrlPlan } from './request.js';

export function skyrlScript({ request, slots, backendConfig, command, engine, notes }: SkyrlPlan): string {
  const { model, backend, gpus, nodes, state, databaseUrl } = request;
  const machine =
    gpus === 0 ? 'on the CPU' : `${nodes > 1 ? `${nodes} nodes of ` : ''}${gpus} GPU${gpus === 1 ? '' : 's'}`;
  const [json, ...rest] = [JSON.stringify(backendConfig, null, 2), ...command.slice(8)];
  const options: string[] = [];
  for (let i = 0; i < rest.length; i += 2) {
    const value = rest[i] === '--backend-config' ? json : (rest[i + 1] as string);
    options.push(`  ${rest[i]} ${quoted(value)}`);
  }
  return [
    '#!/usr/bin/env bash',
    ...comment(`SkyRL for SOAR: ${model}, ${machine}, back-end ${backend}, ${slots.students} students side by side.`),
    '# Start it in a clone of https://github.com/NovaSky-AI/SkyRL; it must be started by `uv run`.',
    ...notes.flatMap((note) => ['#', ...comment(note)]),
    '#',
    '# The run’s config:',
    ...stringify({ engine })
      .trimEnd()
      .split('\n')
      .map((line) => `#   ${line}`),
    'set -euo pipefail',
    `mkdir -p ${quoted(`${state}/checkpoints`)}`,
    ...(databaseUrl === undefined
      ? [
          `if [ -e ${quoted(`${state}/tinker.db`)} ] && [ "${'$'}{1:-}" != --again ]; then`,
          `  echo 'there is a database of an earlier server: to go on with its run give --again, for a new run another --state' >&2`,
          '  exit 1',
          'fi',
        ]
      : []),
    `exec ${command.slice(0, 8).join(' ')} \\`,
    options.join(' \\\n'),
    '',
  ].join('\n');
}

/** Lines of at most 100 characters. */
function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > 100 && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** For a POSIX shell. */
export const quoted = (text: string) =>
  /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
