/** What a model folder says of itself: a name that can be published, and its licence. Trusts nothing; what it cannot tell is `other`. */
import { basename, join, sep } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Disk } from '../disk.js';

export interface BaseCard {
  /** `org/name` where the folder lies in the hub's cache, else the folder's own name; no path of this machine. */
  readonly name: string;
  /** Front matter of a card: license, and license_name and license_link where they are said. */
  readonly license: Readonly<Record<string, string | readonly string[]>>;
}

const licenses = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const stated = z.looseObject({ license: licenses });
const details = z.object({ license_name: z.string().optional(), license_link: z.string().optional() });

export async function readBaseCard(folder: string, disk: Disk): Promise<BaseCard> {
  const card = (await disk.read(join(folder, 'README.md')))?.toString('utf8') ?? '';
  const config = (await disk.read(join(folder, 'config.json')))?.toString('utf8') ?? '';
  return { name: publishedName(folder), license: licenseOf(card, config) };
}

export function publishedName(folder: string): string {
  const cached = /^models--([^-].*?)--(.+)$/;
  const match = folder.split(sep).flatMap((part) => cached.exec(part) ?? []);
  return match.length > 0 ? `${match[1]}/${match[2]}` : basename(folder);
}

/** @param card README.md, @param config config.json, as texts */
export function licenseOf(card: string, config: string): BaseCard['license'] {
  const found = [frontMatter(card), config].map(asObject).find((one) => stated.safeParse(one).success);
  if (found === undefined) return { license: 'other' };
  const more = details.safeParse(found).data ?? {};
  const known = Object.entries(more).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { license: stated.parse(found).license, ...Object.fromEntries(known) };
}

const frontMatter = (card: string) => /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? '';

/** JSON is YAML. Somebody else's card may hold anything. */
function asObject(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
