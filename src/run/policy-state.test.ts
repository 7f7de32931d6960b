import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../checkpoints/safetensors.js';
import { decodePolicyState, encodePolicyState } from './policy-state.js';

const state = {
  format: 'flat',
  facts: { layout: 'abc', steps: 12, tied: true },
  arrays: { weights: Float32Array.of(1, -0, 2 ** -149), 'adam.m': Float32Array.of() },
};

describe('a policy state as a safetensors file', () => {
  it('comes back to the bit, and the same state gives the same bytes', () => {
    const bytes = encodePolicyState(state);
    const back = decodePolicyState(bytes, 'file');
    expect(back).toEqual(state);
    expect(Object.is(back.arrays.weights[1], -0)).toBe(true);
    expect(Buffer.from(encodePolicyState(back)).equals(Buffer.from(bytes))).toBe(true);
  });

  it('refuses a file of other tensors', () => {
    const bytes = encodeSafetensors([{ name: 'w', shape: [1], data: Float32Array.of(1) }]);
    expect(() => decodePolicyState(bytes, 'file')).toThrow(
      expect.objectContaining({ code: 'RUN_NOT_A_STATE', where: 'file' }),
    );
  });
});
