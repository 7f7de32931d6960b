/** Names of checkpoints: `tinker://<model>/weights/<name>` and `tinker://<model>/sampler_weights/<name>`. */
import { SoarError } from '../../../errors.js';

export interface CheckpointPath {
  readonly model: string;
  readonly kind: 'weights' | 'sampler_weights';
  readonly name: string;
}

export const checkpointPath = ({ model, kind, name }: CheckpointPath): string => `tinker://${model}/${kind}/${name}`;

/** Also reads `tinker://<model>/<name>`, by which SkyRL names sampler weights. @throws SoarError TINKER_PATH */
export function parseCheckpointPath(text: string): CheckpointPath {
  const match = /^tinker:\/\/([^/]+)\/(?:(weights|sampler_weights)\/)?([a-zA-Z0-9_-]{1,255})$/.exec(text);
  if (match) {
    const [, model, kind = 'sampler_weights', name] = match;
    return { model: model as string, kind: kind as CheckpointPath['kind'], name: name as string };
  }
  throw new SoarError('TINKER_PATH', `'${text}' names no checkpoint`, {
    remedy: 'write tinker://<model>/weights/<name> or tinker://<model>/sampler_weights/<name>',
  });
}

/** @throws SoarError TINKER_PATH */
export function checkName(name: string): void {
  if (/^[a-zA-Z0-9_-]{1,255}$/.test(name)) return;
  throw new SoarError('TINKER_PATH', `'${name}' cannot name a checkpoint`, {
    remedy: 'use 1 to 255 letters, digits, hyphens and underscores',
  });
}
