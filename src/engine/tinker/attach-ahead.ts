/** Another handle on an adapter of which nobody knows what it was last asked: its numbers lie beyond any that can have been used. */
import type { TinkerModel, TinkerSession } from './client/index.js';

const farAhead = 1_000_000;

export const attachAhead = (session: TinkerSession, adapter: string): TinkerModel =>
  session.attachModel(adapter, { nextSequence: farAhead });
