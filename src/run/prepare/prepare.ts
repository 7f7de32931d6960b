/**
 * `soar prepare`: which problems of a set a policy fails k times out of k, split in two, with everything about how it was found.
 * The same command continues where it stopped and ends with the same bytes.
 */
import { type Asked, withAsked } from '../asking.js';
import { nodeDisk } from '../disk.js';
import type { ScreenIdentity } from '../hard-set-folder.js';
import { acquireLock } from '../lock.js';
import type { Prepared, PrepareOptions, PrepareRequest } from './request.js';
import { screenAll } from './screening.js';
import { writeHardSet } from './write-hard-set.js';

/**
 * @throws SoarError PROBLEMS_*, HUB_*, MODEL_*, CHAT_TEMPLATE_*, PREPARE_NO_ROOM, PREPARE_OTHER, PREPARE_NOTHING_HARD, RUN_INTERRUPTED,
 * RUN_LOCKED
 */
export async function prepareHardSet(given: PrepareRequest, options: PrepareOptions = {}): Promise<Prepared> {
  const { out, attempts, stopAtFirstSuccess } = given;
  const { disk = nodeDisk, onFetch } = options;
  const prepare = async ({ request: { config }, set, domain, policy, asked, identity: common }: Asked) => {
    const request = { ...given, config };
    const identity: ScreenIdentity = { ...common, attempts, stopAtFirstSuccess, seed: `prepare/${config.seed}` };
    await disk.makeFolder(out);
    const lock = await acquireLock(out);
    try {
      const screened = await screenAll(asked, policy, domain, identity, request, options, disk);
      return await writeHardSet({ request, set, asked, identity, screened, disk });
    } finally {
      await lock.release();
    }
  };
  return withAsked(given, prepare, onFetch);
}
