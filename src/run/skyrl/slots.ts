/** How many LoRA adapters a run holds at once, and how many slots its server needs. Pure. */
import type { SoarSettings } from '../../method/index.js';
import type { AdapterSlots, SkyrlBackend } from './request.js';

/** Slot 0 of the JAX back-end is reserved: of 20, 19 were usable. */
const reserved = { jax: 1, megatron: 0 } as const;
const spare = 1;

export function adapterSlots(
  { datasets, repeats, teacher, student }: SoarSettings,
  backend: SkyrlBackend,
): AdapterSlots {
  const students = datasets * repeats;
  // As `planEngine` counts: teacher and baseline, and the base model where a KL term asks for it.
  const reference = teacher.kl.coefficient > 0 || (student.kl.coefficient > 0 && student.kl.reference === 'base');
  // Megatron cannot sample the base model: an untouched adapter stands for it.
  const client = students + 2 + (reference ? 1 : 0) + (backend === 'megatron' ? 1 : 0);
  return { students, client, server: client + spare + reserved[backend] };
}

/**
 * Bytes of Adam's moments on the JAX back-end: every adapter's optimizer holds two numbers for each parameter of ALL slots, in
 * two bytes each.
 */
export const jaxAdamBytes = (adapterParameters: number, slots: number): number =>
  2 * 2 * adapterParameters * slots * (slots - reserved.jax);
