/** What a promised request will do when its turn comes. */
import type { TrainingRequest } from '../wire/training.js';
import type { Draw } from './backend.js';
import type { AdamSettings } from './profile.js';

export type Work =
  | { readonly do: 'create'; readonly rank: number; readonly seed: number | null }
  | { readonly do: 'unload' }
  | { readonly do: 'pass'; readonly request: TrainingRequest }
  | { readonly do: 'step'; readonly adam: AdamSettings }
  /** The key of the checkpoint that will hold the weights; and for samplers the session that is opened on it. */
  | { readonly do: 'save'; readonly checkpoint: string; readonly session?: string }
  | { readonly do: 'load'; readonly checkpoint: string; readonly optimizer: boolean }
  /** From a checkpoint, or from the base model. */
  | { readonly do: 'sample'; readonly checkpoint?: string; readonly draw: Draw };
