/** How many hard problems a config's run has, before anything is opened: the world's settings, a prepared set's manifest, or the paper's. */
import type { RunConfig } from '../config/config.js';
import { nodeDisk } from '../disk.js';
import { readHardSet } from '../hard-set-folder.js';
import { paperHardSet } from './assumptions.js';
import type { HardSetSizes } from './estimate.js';

/** @throws SoarError HARD_SET_MISSING, HARD_SET_DAMAGED */
export async function hardSetSizes({ problems, domain, world }: RunConfig): Promise<HardSetSizes> {
  if (problems.hardSet !== null) {
    const { train, test } = await readHardSet(problems.hardSet, nodeDisk);
    return { train: train.length, test: test.length };
  }
  return domain === 'programs' ? { train: world.train, test: world.test } : paperHardSet;
}
