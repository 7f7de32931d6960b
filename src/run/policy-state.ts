/** A policy's state as the bytes of a safetensors file and back: one flat tensor per array, format and facts in its metadata. Pure. */
import { decodeSafetensors, encodeSafetensors } from '../checkpoints/safetensors.js';
import type { PolicyState } from '../engine/engine.js';
import { SoarError } from '../errors.js';

export function encodePolicyState(state: PolicyState): Uint8Array {
  const tensors = Object.entries(state.arrays).map(([name, data]) => ({ name, shape: [data.length], data }));
  return encodeSafetensors(tensors, { soar_format: state.format, soar_facts: JSON.stringify(state.facts) });
}

/**
 * @param where the file, for messages
 * @throws SoarError RUN_NOT_A_STATE for a safetensors file of something else; SAFETENSORS_*
 */
export function decodePolicyState(bytes: Uint8Array, where: string): PolicyState {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const { soar_format: format, soar_facts: facts } = metadata;
  if (format === undefined || facts === undefined) {
    throw new SoarError('RUN_NOT_A_STATE', 'this safetensors file does not hold the state of a policy', {
      where,
      remedy: 'restore the file from a copy of the run folder',
    });
  }
  const arrays = Object.fromEntries([...tensors].map(([name, { data }]) => [name, data]));
  return { format, facts: JSON.parse(facts), arrays };
}
