/** Which call a request is. */
import { type CallName, calls } from '../wire/calls.js';

export interface Route {
  readonly call: CallName;
  readonly names: Readonly<Record<string, string>>;
}

/** A path that has another name. */
const aliases = [[/^\/models\/([^/]+)\/checkpoints$/, '/training_runs/$1/checkpoints']] as const;

/** @param path below `/api/v1` */
export function routeOf(method: string, path: string): Route | undefined {
  const plain = aliases.reduce((one, [pattern, to]) => one.replace(pattern, to), path);
  const parts = plain.split('/');
  for (const [call, { method: expected, path: pattern }] of Object.entries(calls)) {
    if (method !== expected) continue;
    const wanted = pattern.split('/');
    if (wanted.length !== parts.length) continue;
    if (!wanted.every((part, i) => part.startsWith(':') || part === parts[i])) continue;
    const names = wanted.flatMap((part, i) =>
      part.startsWith(':') ? [[part.slice(1), decodeURIComponent(parts[i]!)]] : [],
    );
    return { call: call as CallName, names: Object.fromEntries(names) };
  }
  return undefined;
}
