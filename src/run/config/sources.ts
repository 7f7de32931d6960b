/**
 * Where settings come from: a preset, a YAML file, `--set a.b=c`. Each source is a plain tree and knows the place of every
 * key in it, so that an error can point at the line a person wrote. Later sources win over earlier ones, key by key.
 * Reads no file: the caller passes the text.
 */
import { isMap, isScalar, LineCounter, type Pair, parse, parseDocument, YAMLParseError } from 'yaml';
import { SoarError } from '../../errors.js';

export type ConfigPath = readonly (string | number)[];

export interface ConfigSource {
  readonly tree: unknown;
  /** Where this source sets exactly `path` (its key, or its value), as shown to a person; undefined when it does not. */
  locate(path: ConfigPath, part: 'key' | 'value'): string | undefined;
}

export function presetSource(name: string, tree: unknown): ConfigSource {
  return { tree, locate: (path) => (valueAt(tree, path) === undefined ? undefined : `preset ${name}`) };
}

/** @throws SoarError CONFIG_SYNTAX when the text is not YAML, CONFIG_NOT_A_MAP when it holds no settings. */
export function fileSource(file: string, text: string): ConfigSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const fault = document.errors[0];
  if (fault) {
    throw new SoarError('CONFIG_SYNTAX', `the config is not YAML: ${firstLine(fault.message)}`, {
      where: place(fault.pos[0]),
      remedy: 'mend the line; `soar config` prints a complete file to start from',
    });
  }
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw new SoarError('CONFIG_NOT_A_MAP', 'the config holds a list or a single value instead of settings', {
      where: place(root.range?.[0] ?? 0),
      remedy: 'write `key: value` lines; `soar config` prints a complete file to start from',
    });
  }
  return {
    tree: document.toJS() ?? {},
    locate(path, part) {
      let node: unknown = root;
      let pair: Pair | undefined;
      for (const segment of path) {
        if (!isMap(node)) return undefined;
        pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment));
        if (!pair) return undefined;
        node = pair.value;
      }
      if (!pair) return undefined;
      const wanted = part === 'value' && isScalar(pair.value) ? pair.value : pair.key;
      return place(isScalar(wanted) ? (wanted.range?.[0] ?? 0) : 0);
    },
  };
}

/**
 * One override of the command line. The value is read as YAML, so `3`, `true`, `null` and `[1, 8]` mean what they say.
 * @throws SoarError CONFIG_BAD_SET when there is no `=`, no key, or no readable value.
 */
export function setSource(assignment: string, label = `--set ${assignment}`): ConfigSource {
  const equals = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(0, equals)).trim().split('.');
  if (equals < 1 || path.some((segment) => segment === '')) {
    throw new SoarError('CONFIG_BAD_SET', 'an override needs a key and a value', {
      where: label,
      remedy: 'write it as --set section.key=value, for example --set soar.datasets=8',
    });
  }
  let value: unknown;
  try {
    value = parse(assignment.slice(equals + 1));
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new SoarError('CONFIG_BAD_SET', `the value is not readable: ${firstLine(error.message)}`, {
      where: label,
      remedy: 'quote texts with special characters: --set \'key="a: b"\'',
    });
  }
  const tree = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return {
    tree,
    locate: (asked) =>
      asked.length >= path.length ? (path.every((key, i) => key === String(asked[i])) ? label : undefined) : undefined,
  };
}

/** Key by key, the later source wins; lists and single values are replaced whole. */
export function merge(sources: readonly ConfigSource[]): unknown {
  return sources.reduce<unknown>((merged, source) => overlay(merged, source.tree), {});
}

function overlay(under: unknown, over: unknown): unknown {
  if (!isTree(under) || !isTree(over)) return over;
  const out: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) out[key] = key in out ? overlay(out[key], value) : value;
  return out;
}

export function valueAt(tree: unknown, path: ConfigPath): unknown {
  let node = tree;
  for (const segment of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, segment)) return undefined;
    node = (node as Record<string | number, unknown>)[segment];
  }
  return node;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].replace(/:$/, '');
}
