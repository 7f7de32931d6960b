/** A policy's state: the name of the checkpoint on the service that holds it; or of none, which is the base model. Pure. */
import { SoarError } from '../../../errors.js';
import type { PolicyState } from '../../engine.js';

const format = 'tinker-v1';

export interface Standing {
  /** None: the base model with a fresh adapter. */
  readonly path?: string;
  /** The checkpoint's optimizer belongs to the state. */
  readonly optimizer: boolean;
}

/** @param model the policy's `model` */
export function encodeTinkerState(model: string, rank: number, { path, optimizer }: Standing): PolicyState {
  return { format, facts: { model, rank, optimizer, ...(path !== undefined && { checkpoint: path }) }, arrays: {} };
}

/** @throws SoarError ENGINE_STATE_MISMATCH */
export function decodeTinkerState(model: string, rank: number, state: PolicyState): Standing {
  const { facts } = state;
  if (state.format !== format) throw mismatch(`its format is ${state.format}, not ${format}`);
  if (facts.model !== model) throw mismatch('it belongs to another model');
  if (facts.rank !== rank) throw mismatch(`its adapter is of rank ${facts.rank}, not ${rank}`);
  const { checkpoint: path, optimizer } = facts;
  if (typeof optimizer !== 'boolean' || (path !== undefined && typeof path !== 'string'))
    throw mismatch('it is damaged');
  return { ...(path !== undefined && { path }), optimizer };
}

/** The checkpoint that a state names, if it is one of a service. */
export function checkpointOf({ format: found, facts }: PolicyState): string | undefined {
  return found === format && typeof facts.checkpoint === 'string' ? facts.checkpoint : undefined;
}

const mismatch = (why: string) =>
  new SoarError('ENGINE_STATE_MISMATCH', `this state cannot be loaded: ${why}`, {
    remedy: 'load a state that was saved from a policy of the same model, rank and kind of engine',
  });
