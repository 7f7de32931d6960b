/** How a gradient is taken away that waits on the server for a step which will not come. */
import type { AdamSettings, TinkerModel, TinkerSession } from './client/index.js';

/** Takes the waiting gradient and moves nothing. */
export const emptyStep: AdamSettings = { learningRate: 0, weightDecay: 0 };

const farAhead = 1_000_000;

/** Another handle on an adapter of which nobody knows what it was last asked: its numbers lie beyond any that can have been used. */
export const attachAhead = (session: TinkerSession, adapter: string): TinkerModel =>
  session.attachModel(adapter, { nextSequence: farAhead });
