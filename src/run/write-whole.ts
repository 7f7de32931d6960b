/** A file that appears whole or not at all; durable once the folder is synced. */
import type { Disk } from './disk.js';

export async function writeWhole(path: string, text: string, disk: Disk): Promise<void> {
  const aside = `${path}.partial`;
  await disk.write(aside, text);
  await disk.rename(aside, path);
}

/** One JSON value per line. */
export const jsonLinesText = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
