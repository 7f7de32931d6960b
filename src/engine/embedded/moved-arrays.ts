/**
 * Weights on their way to another thread, as buffers: a view of 4 GiB or more (a billion weights) would arrive with its length cut to
 * 32 bits, and a buffer of that size can be moved but not copied.
 */
import type { LlamaState } from '../llama-state.js';

/** `LlamaState`, moved. */
export interface MovedState {
  readonly weights: ArrayBuffer;
  readonly optimizer?: { readonly m: ArrayBuffer; readonly v: ArrayBuffer; readonly steps: number };
}

/** The array's own buffer where it fills it, else a copy's. */
export const bufferOf = (array: Float32Array): ArrayBuffer =>
  (array.byteLength === array.buffer.byteLength ? array.buffer : array.slice().buffer) as ArrayBuffer;

export const movedState = ({ weights, optimizer }: LlamaState): MovedState => ({
  weights: bufferOf(weights),
  ...(optimizer && { optimizer: { m: bufferOf(optimizer.m), v: bufferOf(optimizer.v), steps: optimizer.steps } }),
});

/** A state that was moved here. */
export const arrivedState = ({ weights, optimizer }: MovedState): LlamaState => ({
  weights: new Float32Array(weights),
  ...(optimizer && {
    optimizer: { m: new Float32Array(optimizer.m), v: new Float32Array(optimizer.v), steps: optimizer.steps },
  }),
});

/** A state of its own arrays, to be moved away. */
export const copiedState = ({ weights, optimizer }: LlamaState): MovedState =>
  movedState({
    weights: weights.slice(),
    ...(optimizer && { optimizer: { m: optimizer.m.slice(), v: optimizer.v.slice(), steps: optimizer.steps } }),
  });

/** The buffers of a message, to be moved rather than copied. */
export function buffersIn(value: unknown, found: ArrayBuffer[] = []): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) found.push(value.buffer as ArrayBuffer);
  else if (value instanceof ArrayBuffer) found.push(value);
  else if (value !== null && typeof value === 'object') for (const part of Object.values(value)) buffersIn(part, found);
  return found;
}
