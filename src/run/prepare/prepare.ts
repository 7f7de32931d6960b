/**
 * `soar prepare`: which problems of a set a policy fails k times out of k, split in two, with everything about how it was found.
 * The same command continues where it stopped and ends with the same bytes.
 */
import type { Policy } from '../../engine/engine.js';
import { fixingSettings } from '../../engine/settings.js';
import type { Domain } from '../../problems/domain.js';
import type { ProblemSet } from '../../problems/sets/problem-set.js';
import { modelFolder } from '../config/config.js';
import { nodeDisk } from '../disk.js';
import { promptForm, type ScreenIdentity } from '../hard-set-folder.js';
import { acquireLock } from '../lock.js';
import { openDomain } from '../open-domain.js';
import { openEngine } from '../open-workbench.js';
import { askable, readSet } from './asking.js';
import type { Prepared, PrepareOptions, PrepareRequest } from './request.js';
import { screenAll } from './screening.js';
import { writeHardSet } from './write-hard-set.js';

/**
 * @throws SoarError PROBLEMS_*, HUB_*, MODEL_*, PREPARE_NO_ROOM, PREPARE_OTHER, PREPARE_NOTHING_HARD, RUN_INTERRUPTED, RUN_LOCKED
 */
export async function prepareHardSet(request: PrepareRequest, options: PrepareOptions = {}): Promise<Prepared> {
  const { config, out } = request;
  const { disk = nodeDisk } = options;
  const set = await readSet(request);
  const domain = openDomain(config);
  const engine = await openEngine(config).catch(async (error: unknown) => {
    await domain.close();
    throw error;
  });
  try {
    const policy = await engine.open({ folder: modelFolder(config) });
    domain.checkTokenizer(policy.tokenizer);
    const asked = askable(set, policy, domain, request);
    const identity = await identityOf(request, set, policy, domain);
    await disk.makeFolder(out);
    const lock = await acquireLock(out);
    try {
      const screened = await screenAll(asked, policy, domain, identity, request, options, disk);
      return await writeHardSet({ request, set, asked, identity, screened, disk });
    } finally {
      await lock.release();
    }
  } finally {
    await Promise.all([engine.close(), domain.close()]);
  }
}

async function identityOf(
  { config, attempts, stopAtFirstSuccess, longPrompts, limit }: PrepareRequest,
  set: ProblemSet,
  policy: Policy,
  domain: Domain,
): Promise<ScreenIdentity> {
  const { temperature, maxNewTokens, topP, topK } = config.soar.student.sampling;
  const { field: _field, topics: _topics, workers: _judges, ...judging } = config.mathematics;
  return {
    version: 1,
    model: policy.model,
    dataset: set.sha256,
    limit: limit ?? null,
    domain: domain.name,
    verifier: config.domain === 'mathematics' ? JSON.stringify(judging) : domain.name,
    prompt: promptForm(domain.studentPrompt),
    longPrompts,
    sampling: { temperature, maxNewTokens, topP, topK },
    attempts,
    stopAtFirstSuccess,
    seed: `prepare/${config.seed}`,
    engine: JSON.stringify(fixingSettings(config.engine)),
  };
}
