/** What a run with these settings asks of an engine; a missing capability is refused before anything starts. Pure. */
import type { Capabilities, FixedOptimizer } from '../engine/engine.js';
import { SoarError } from '../errors.js';
import type { SoarSettings } from './settings.js';

export interface EnginePlan {
  /** A frozen copy of the base model must be kept open. */
  readonly reference: boolean;
  /** Most studies at a time (`Soar.concurrentStudies`). */
  readonly concurrentStudies: number;
}

/** @throws SoarError METHOD_CAPABILITY_MISSING */
export function planEngine(settings: SoarSettings, engine: { name: string; capabilities: Capabilities }): EnginePlan {
  const { capabilities } = engine;
  const refuse = (what: string, remedy: string) => {
    throw new SoarError('METHOD_CAPABILITY_MISSING', `the engine ${engine.name} cannot do ${what}`, { remedy });
  };
  const { teacher, student } = settings;
  const uses = (kl: { coefficient: number; form: string }, form?: string) =>
    kl.coefficient > 0 && (form === undefined || kl.form === form);
  if (!capabilities.snapshots) refuse('exact snapshots, which promotion and resuming need', 'choose another engine');
  if (!capabilities.klLoss && (uses(teacher.kl, 'loss') || uses(student.kl, 'loss'))) {
    refuse('a KL loss', "set kl.form to 'reward' or kl.coefficient to 0, under soar.teacher and soar.student");
  }
  if (settings.promotion.enabled && !capabilities.trainableForks) {
    refuse(
      'new baselines: what is forked from a promoted student would train from the base model again',
      'mend the service as its profile says (`soar probe`), choose another one, or set soar.promotion.enabled to false',
    );
  }
  for (const [whose, { optimizer }] of Object.entries({ teacher, student })) {
    for (const [name, value] of Object.entries(capabilities.fixedOptimizer)) {
      const asked = optimizer[name as keyof FixedOptimizer];
      if (asked === value) continue;
      refuse(
        `${name} ${asked} for the ${whose} (it is ${value === 'unknown' ? 'whatever the service was started with' : value} there)`,
        value === 'unknown'
          ? `start the service with the ${name} of the config, and list it in engine.allowIgnored`
          : `set soar.${whose}.optimizer.${name} to ${value}, or list it in engine.allowIgnored to go on without`,
      );
    }
  }
  for (const { sampling } of [teacher, student]) {
    if (!capabilities.topP && sampling.topP < 1) refuse('nucleus sampling', 'set sampling.topP to 1');
    if (!capabilities.topK && sampling.topK > 0) refuse('top-k sampling', 'set sampling.topK to 0');
  }
  const reference = uses(teacher.kl) || (uses(student.kl) && student.kl.reference === 'base');
  const beside = reference ? 3 : 2;
  const concurrentStudies = Math.min(settings.datasets * settings.repeats, capabilities.maxPolicies - beside);
  if (concurrentStudies < 1) {
    refuse(`${beside + 1} policies at once (it keeps ${capabilities.maxPolicies})`, 'raise its limit of policies');
  }
  return { reference, concurrentStudies };
}
