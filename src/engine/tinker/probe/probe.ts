/** `soar probe`: connects as a run would, measures, and tears everything down again. */
import { connectTo, servedModel } from '../connect-to.js';
import type { ProfileName } from '../profiles/profile.js';
import type { TinkerSettings } from '../settings.js';
import { describeProfile, type ProbeRow } from './describe-profile.js';
import { measureProfile } from './measure-profile.js';

export interface Probe {
  readonly baseModel: string;
  /** null where the server does not say. */
  readonly contextLength: number | null;
  readonly rank: number;
  readonly form: 'json' | 'protobuf';
  /** Of the known kinds, the one that it looks like. */
  readonly profile: ProfileName;
  readonly rows: readonly ProbeRow[];
  /** Students of a promoted baseline can be trained. */
  readonly fitForPromotions: boolean;
}

/** @throws SoarError TINKER_* */
export async function probeServer(settings: TinkerSettings): Promise<Probe> {
  const client = await connectTo(settings);
  try {
    const { baseModel, contextLength } = await servedModel(client, settings);
    const session = await client.openSession({ tags: ['soar', 'probe'] });
    const rank = settings.loraRank;
    const measured = await measureProfile({ client, session, baseModel, rank });
    const { name: profile, weightsOnlyLoad } = measured.profile;
    return {
      baseModel,
      contextLength: Number.isFinite(contextLength) ? contextLength : null,
      rank,
      form: client.form,
      profile,
      rows: describeProfile(measured),
      fitForPromotions: weightsOnlyLoad === 'holds',
    };
  } finally {
    await client.close().catch(() => undefined);
  }
}
