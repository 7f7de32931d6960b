/**
 * Adam as the back-ends have it. JAX takes the settings from every step, but has no clipping, and its weight decay on one adapter
 * decays all. Megatron listens to the learning rate alone: the rest is the server's, one for teacher, students and evaluation. Pure.
 */
import { SoarError } from '../../errors.js';
import type { OptimizerSettings } from '../../rl/optimizer.js';
import type { RunConfig } from '../config/config.js';
import type { SkyrlBackend } from './request.js';

/** Megatron's own; the server has no setting for it. */
const megatronEpsilon = 1e-8;

/** The one optimizer that a server is started with. @throws SoarError SKYRL_OPTIMIZER when the config cannot be served as it is */
export function serverOptimizer({ soar, evaluate }: RunConfig, backend: SkyrlBackend): OptimizerSettings {
  const own = evaluate.training.optimizer;
  const all: readonly (readonly [place: string, settings: OptimizerSettings])[] = [
    ['soar.student.optimizer', soar.student.optimizer],
    ['soar.teacher.optimizer', soar.teacher.optimizer],
    ...(own ? ([['evaluate.training.optimizer', own]] as const) : []),
  ];
  for (const [place, settings] of all) {
    if (backend === 'jax') {
      if (settings.weightDecay > 0)
        refuse(
          'weight decay on the JAX back-end decays every adapter of the server',
          `${place}.weightDecay`,
          'set it to 0',
        );
      if (settings.maxGradNorm > 0)
        refuse('the JAX back-end does not clip gradients', `${place}.maxGradNorm`, 'set it to 0');
    } else {
      if (settings.epsilon !== megatronEpsilon)
        refuse(
          `the Megatron back-end's epsilon is ${megatronEpsilon}`,
          `${place}.epsilon`,
          `set it to ${megatronEpsilon}`,
        );
      const differs = Object.entries(soar.student.optimizer).find(
        ([key, value]) => settings[key as keyof OptimizerSettings] !== value,
      );
      if (differs) {
        refuse(
          `the Megatron back-end has one Adam for all adapters, and ${place}.${differs[0]} is not that of soar.student.optimizer`,
          `${place}.${differs[0]}`,
          'give both the same value, or take --backend jax',
        );
      }
    }
  }
  return soar.student.optimizer;
}

function refuse(what: string, where: string, remedy: string): never {
  throw new SoarError('SKYRL_OPTIMIZER', what, { where, remedy });
}
