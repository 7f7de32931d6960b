/** A Llama policy's state as the seam's `PolicyState`: the form in which it moves between engines and to disk. */
import { createHash } from 'node:crypto';
import { type Architecture, trainedLayout } from '../checkpoints/lora.js';
import { SoarError } from '../errors.js';
import type { Moments } from './adamw.js';
import type { PolicyState } from './engine.js';

/** All weights, or the adapters beside a base that is named by its hash. */
const formatOf = ({ lora }: Architecture): string => (lora ? 'llama-lora-v1' : 'llama-flat-v1');

export interface LlamaState {
  /** [trained parameters], by `trainedLayout`. */
  readonly weights: Float32Array;
  readonly optimizer?: Moments;
}

/** What is trained, and, for adapters, of which base: its hash. */
export interface StatedModel extends Architecture {
  readonly hash: string;
}

/** A fingerprint of the names, shapes and order of what is trained; of adapters, also of their scale and their base. */
function layoutHash(model: StatedModel): string {
  const slots: unknown[] = trainedLayout(model).slots.map(({ name, shape: dims }) => [name, dims]);
  if (model.lora) slots.push(model.lora.alpha, model.hash);
  return createHash('sha256').update(JSON.stringify(slots)).digest('hex').slice(0, 16);
}

/** The arrays are taken, not copied. */
export function encodeLlamaState(model: StatedModel, state: LlamaState): PolicyState {
  const [format, layout] = [formatOf(model), layoutHash(model)];
  const { weights, optimizer } = state;
  if (!optimizer) return { format, facts: { layout }, arrays: { weights } };
  return {
    format,
    facts: { layout, optimizerSteps: optimizer.steps },
    arrays: { weights, 'adam.m': optimizer.m, 'adam.v': optimizer.v },
  };
}

/** @throws SoarError ENGINE_STATE_MISMATCH when the state is not one of this model's. */
export function decodeLlamaState(model: StatedModel, state: PolicyState): LlamaState {
  const format = formatOf(model);
  if (state.format !== format) throw mismatch(`its format is ${state.format}, not ${format}`);
  if (state.facts.layout !== layoutHash(model))
    throw mismatch('it belongs to a model of another shape, or to other adapters');
  const { size } = trainedLayout(model);
  const array = (name: string): Float32Array => {
    const found = state.arrays[name];
    if (!found) throw mismatch(`the array ${name} is missing`);
    if (found.length !== size) throw mismatch(`the array ${name} has ${found.length} numbers, not ${size}`);
    return found;
  };
  const steps = state.facts.optimizerSteps;
  if (steps === undefined) return { weights: array('weights') };
  if (typeof steps !== 'number') throw mismatch('optimizerSteps is not a number');
  return { weights: array('weights'), optimizer: { m: array('adam.m'), v: array('adam.v'), steps } };
}

const mismatch = (why: string) =>
  new SoarError('ENGINE_STATE_MISMATCH', `this state cannot be loaded: ${why}`, {
    remedy: 'load a state that was saved from a policy of the same model',
  });
