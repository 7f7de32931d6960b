/**
 * Turns what a schema objects to into sentences with the place a person wrote it at and, for a mistyped key, the key they
 * probably meant. Pure.
 */
import { z } from 'zod';
import { SoarError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { propertiesOf, type SchemaNode } from './branches.js';
import { type ConfigPath, type ConfigSource, merge, valueAt } from './sources.js';

type Issue = z.core.$ZodIssue;

interface Problem {
  readonly code: string;
  readonly text: string;
  readonly where: string;
  readonly remedy: string;
}

/** What all sources say together, checked. @throws SoarError CONFIG_UNKNOWN_KEY, CONFIG_INVALID */
export function parseSources<Schema extends z.ZodType>(
  schema: Schema,
  sources: readonly ConfigSource[],
): z.output<Schema> {
  const tree = merge(sources);
  const parsed = schema.safeParse(tree);
  if (!parsed.success) throw configError(schema, tree, sources, parsed.error.issues);
  return parsed.data;
}

/** One error for all issues: a single one stands in message and `where`, several are listed a line each. */
function configError(
  schema: z.ZodType,
  tree: unknown,
  sources: readonly ConfigSource[],
  issues: readonly Issue[],
): SoarError {
  const problems = issues.flatMap((issue) => problemsOf(schema, tree, sources, issue));
  const first = problems[0];
  if (problems.length === 1) return new SoarError(first.code, first.text, { where: first.where, remedy: first.remedy });
  const list = problems.map((problem) => `\n  ${problem.where}  ${problem.text}`).join('');
  return new SoarError(first.code, `${problems.length} settings are wrong:${list}`, { remedy: first.remedy });
}

function problemsOf(schema: z.ZodType, tree: unknown, sources: readonly ConfigSource[], issue: Issue): Problem[] {
  const path = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const guess = guessKey(schema, tree, path, key);
      return {
        code: 'CONFIG_UNKNOWN_KEY',
        text: `unknown key '${dotted([...path, key])}'${guess === undefined ? '' : `, did you mean '${guess}'?`}`,
        where: place(sources, [...path, key], 'key'),
        remedy: '`soar config --describe` prints every key with its meaning',
      };
    });
  }
  const name = path.length === 0 ? 'the config' : `'${dotted(path)}'`;
  return [
    {
      code: 'CONFIG_INVALID',
      text: `${name} ${sentence(issue, valueAt(tree, path))}`,
      where: place(sources, path, 'value'),
      remedy: '`soar config --describe` prints every key with its meaning',
    },
  ];
}

function sentence(issue: Issue, value: unknown): string {
  const got = `got ${show(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(words[issue.expected] ?? issue.expected)}, ${got}`;
    case 'invalid_value': {
      const values = issue.values.map(String);
      const guess = typeof value === 'string' ? nearest(value, values) : undefined;
      return `must be ${oneOf(values)}, ${got}${guess === undefined ? '' : `, did you mean '${guess}'?`}`;
    }
    case 'too_small':
      if (!issue.message.startsWith('Too small')) return `is ${show(value)}: ${issue.message}`;
      return `must be ${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}${unit(issue.origin)}, ${got}`;
    case 'too_big':
      if (!issue.message.startsWith('Too big')) return `is ${show(value)}: ${issue.message}`;
      return `must be ${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}${unit(issue.origin)}, ${got}`;
    case 'invalid_union':
      if ('options' in issue) return sentence({ ...issue, code: 'invalid_value', values: kindsOf(issue) }, value);
      return issue.errors.length === 0
        ? `is not one of the allowed forms, ${got}`
        : `must be ${issue.errors.map((branch) => alternative(branch[0], value)).join(' or ')}, ${got}`;
    case 'custom':
      return `does not fit: ${issue.message}`;
    default:
      return `is not valid: ${issue.message} (${got})`;
  }
}

/** The kinds of a section that comes in several; leaving it out may be one of them. */
const kindsOf = ({ options }: { options?: readonly unknown[] | undefined }) =>
  (options ?? []).filter((kind) => typeof kind === 'string');

/** What one branch of a union asks for, as it reads after 'must be'. */
function alternative(issue: Issue, value: unknown): string {
  return sentence(issue, value)
    .replace(/^must be /, '')
    .replace(/, got .*$/, '');
}

/** A sibling that reads alike; else the same key of another section, with its full path. */
function guessKey(schema: z.ZodType, tree: unknown, path: ConfigPath, key: string): string | undefined {
  const keys = dottedKeys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), tree, []);
  const prefix = path.length === 0 ? '' : `${dotted(path)}.`;
  const siblings = keys
    .filter((known) => known.startsWith(prefix) && !known.slice(prefix.length).includes('.'))
    .map((known) => known.slice(prefix.length));
  const sibling = nearest(key, siblings);
  if (sibling !== undefined) return `${prefix}${sibling}`;
  return keys.find((known) => known.split('.').at(-1)?.toLowerCase() === key.toLowerCase());
}

function dottedKeys(node: SchemaNode, tree: unknown, path: readonly string[]): string[] {
  return Object.entries(propertiesOf(node, tree)).flatMap(([key, inner]) => [
    dotted([...path, key]),
    ...(typeof inner === 'object' ? dottedKeys(inner, valueAt(tree, [key]), [...path, key]) : []),
  ]);
}

/** The winning source that sets the path, or the nearest section above it that any source sets. */
function place(sources: readonly ConfigSource[], path: ConfigPath, part: 'key' | 'value'): string {
  for (let length = path.length; length > 0; length--) {
    for (const source of sources.toReversed()) {
      const found = source.locate(path.slice(0, length), part);
      if (found !== undefined) return found;
    }
  }
  return 'defaults';
}

/** A schema's words in those of a config file. */
const words: Readonly<Record<string, string>> = {
  int: 'whole number',
  string: 'text',
  array: 'list',
  tuple: 'list',
  object: 'section',
  record: 'section',
};

const dotted = (path: ConfigPath) => path.join('.');
const unit = (origin: string) => (origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '');
const article = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
const oneOf = (values: readonly string[]) => (values.length === 1 ? `'${values[0]}'` : `one of ${values.join(', ')}`);

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null (nothing stands there)';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
