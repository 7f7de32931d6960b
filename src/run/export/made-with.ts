/** The command that makes a run like a given one: its preset, and every setting in which its config differs from that. Pure. */
import { basename, isAbsolute } from 'node:path';
import { configSchema, type RunConfig } from '../config/config.js';
import { presets } from '../config/presets.js';

/** Nothing of a run's results depends on them. */
const without = new Set(['preset', 'name', 'seed', 'study', 'judge', 'engine.workers']);

/** Places on this machine are given by their last part, and the model by `model`, unless the hub has it. */
export function commandOf(config: RunConfig, model: string): string {
  const before = configSchema.parse({ ...presets[config.preset], preset: config.preset });
  const known = new Map(settings(before));
  const changed = settings(config).filter(([key, value]) => JSON.stringify(known.get(key)) !== JSON.stringify(value));
  const sets = changed.map(([key, value]) => {
    const shown =
      key === 'model' && !config.model.startsWith('hf:')
        ? model
        : typeof value === 'string' && isAbsolute(value)
          ? basename(value)
          : value;
    return `--set ${quoted(`${key}=${typeof shown === 'string' ? shown : JSON.stringify(shown)}`)}`;
  });
  const preset = config.preset === 'programs' ? [] : [`--preset ${config.preset}`];
  return ['npx soar run', ...preset, `--seed ${config.seed}`, ...sets].join(' ');
}

function settings(tree: object, path = ''): [key: string, value: unknown][] {
  return Object.entries(tree).flatMap(([name, value]): [string, unknown][] => {
    const key = path === '' ? name : `${path}.${name}`;
    if (without.has(key)) return [];
    const branch = typeof value === 'object' && value !== null && !Array.isArray(value);
    return branch ? settings(value, key) : [[key, value]];
  });
}

const quoted = (word: string) => (/^[\w./:=+@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
