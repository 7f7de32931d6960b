/**
 * `soar prepare`: which problems of a set a policy fails k times out of k, split in two, with everything about how it was found.
 * The same command continues where it stopped and ends with the same bytes.
 */
import type { Policy } from '../../engine/engine.js';
import type { Domain } from '../../problems/domain.js';
import type { ProblemSet } from '../../problems/sets/problem-set.js';
import { nodeDisk } from '../disk.js';
import { promptForm, type ScreenIdentity } from '../hard-set-folder.js';
import { acquireLock } from '../lock.js';
import { modelFolder, withPinnedModel } from '../model-place.js';
import { openDomain } from '../open-domain.js';
import { openEngine } from '../open-workbench.js';
import { askable, readSet } from './asking.js';
import type { Prepared, PrepareOptions, PrepareRequest } from './request.js';
import { screenAll } from './screening.js';
import { writeHardSet } from './write-hard-set.js';

/**
 * @throws SoarError PROBLEMS_*, HUB_*, MODEL_*, PREPARE_NO_ROOM, PREPARE_OTHER, PREPARE_NOTHING_HARD, RUN_INTERRUPTED, RUN_LOCKED
 */
export async function prepareHardSet(asked: PrepareRequest, options: PrepareOptions = {}): Promise<Prepared> {
  const config = await withPinnedModel(asked.config);
  const request = { ...asked, config };
  const { out } = request;
  const { disk = nodeDisk } = options;
  const set = await readSet(request);
  const domain = openDomain(config);
  const engine = openEngine(config);
  try {
    const policy = await engine.open({ folder: await modelFolder(config) });
    domain.checkTokenizer(policy.tokenizer);
    const problems = askable(set, policy, domain, request);
    const identity = await identityOf(request, set, policy, domain);
    await disk.makeFolder(out);
    const lock = await acquireLock(out);
    try {
      const screened = await screenAll(problems, policy, domain, identity, request, options, disk);
      return await writeHardSet({ request, set, asked: problems, identity, screened, disk });
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
  const { workers: _workers, ...engine } = config.engine;
  const { verifier, policy: comparison, deadline } = config.mathematics;
  return {
    version: 1,
    model: policy.model,
    dataset: set.sha256,
    limit: limit ?? null,
    domain: domain.name,
    verifier:
      config.domain === 'mathematics' ? JSON.stringify({ verifier, policy: comparison, deadline }) : domain.name,
    prompt: promptForm(domain, policy.tokenizer),
    longPrompts,
    sampling: { temperature, maxNewTokens, topP, topK },
    attempts,
    stopAtFirstSuccess,
    seed: `prepare/${config.seed}`,
    engine: JSON.stringify(engine),
  };
}
