/** What the server's refusals mean for a run. Pure. */
import { SoarError } from '../../../errors.js';

/** @returns what to throw where no adapter was made */
export function creationFault(error: unknown, rank: number): unknown {
  if (!(error instanceof SoarError) || !['TINKER_FAILED', 'TINKER_REFUSED'].includes(error.code)) return error;
  if (/rank/i.test(error.message)) {
    return new SoarError('TINKER_RANK', `the service makes no adapter of rank ${rank}: ${error.message}`, {
      remedy: 'set engine.loraRank to what the service is set up for, or start it with a larger max_lora_rank',
      cause: error,
    });
  }
  if (/adapters|max_loras|slot/i.test(error.message)) {
    return new SoarError('TINKER_SLOTS', `the service has no place for another adapter: ${error.message}`, {
      remedy: 'lower engine.maxAdapters, start the service with more places, or end other runs on it',
      cause: error,
    });
  }
  return error;
}

/** @returns what to throw where a checkpoint that a state names cannot be loaded */
export function checkpointFault(error: unknown, path: string): unknown {
  if (!(error instanceof SoarError)) return error;
  const gone =
    error.code === 'TINKER_NOT_FOUND' || (error.code === 'TINKER_FAILED' && /checkpoint/i.test(error.message));
  if (!gone) return error;
  return new SoarError('TINKER_CHECKPOINT_LOST', 'the service no longer has a checkpoint that the run needs', {
    where: path,
    kind: 'environment',
    remedy: 'start the service with the checkpoints and the database that it had, or start a new run',
    cause: error,
  });
}
