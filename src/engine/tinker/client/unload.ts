/** Freeing a model's place on the server. */
import { SoarError } from '../../../errors.js';
import { type Connection, resultOf } from './connection.js';

/** By its name alone. A model that is gone is what it should be. @throws SoarError TINKER_* */
export async function unloadModel(connection: Connection, id: string, signal?: AbortSignal): Promise<void> {
  try {
    const submit = async () =>
      (await connection.caller.call('unloadModel', { model_id: id }, { signal, subject: id })).request_id;
    await resultOf(connection, 'unloadModel', await submit(), { signal, resubmit: submit, subject: id });
  } catch (error) {
    if (!(error instanceof SoarError) || error.code !== 'TINKER_NOT_FOUND') throw error;
  }
}
