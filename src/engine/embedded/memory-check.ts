/** Holds a prediction of memory against what there is. */
import { totalmem } from 'node:os';
import { SoarError } from '../../errors.js';
import { alternatives, type MemoryPlan, memoryParts, totalBytes } from './memory.js';

/** Bytes of the machine, or of the container that the process is held in. */
function memoryOfMachine(): number {
  // Without a limit it is 0 or a number beyond all memory.
  const constrained = process.constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(bytes < 10 * 2 ** 30 ? 2 : 1)} GiB`;

/**
 * @param limit GiB; `auto`: what there is; null: no check
 * @param where the model, for messages
 * @throws SoarError ENGINE_MEMORY
 */
export function checkMemory(plan: MemoryPlan, limit: number | 'auto' | null, where: string): void {
  if (limit === null) return;
  const allowed = limit === 'auto' ? memoryOfMachine() : limit * 2 ** 30;
  const parts = memoryParts(plan);
  const total = totalBytes(parts);
  if (total <= allowed) return;
  const width = Math.max(...parts.map(({ name }) => name.length));
  const table = [...parts, { name: 'together', bytes: total }].map(
    ({ name, bytes }) => `  ${name.padEnd(width)}  ${gib(bytes).padStart(10)}`,
  );
  const changes = alternatives(plan).map(
    ({ change, bytes }) => `${change} (${gib(bytes)}${bytes <= allowed ? '' : ', still too much'})`,
  );
  const shown = changes.length > 0 ? `${changes.join(', ')}; or ` : '';
  throw new SoarError(
    'ENGINE_MEMORY',
    `the model would need ${gib(total)} and ${limit === 'auto' ? 'the machine has' : 'engine.memoryLimit is'} ${gib(allowed)}:\n${table.join('\n')}`,
    {
      where,
      kind: 'environment',
      remedy: `${shown}a smaller model, a larger machine, or a training service; engine.memoryLimit: null tries it all the same`,
    },
  );
}
