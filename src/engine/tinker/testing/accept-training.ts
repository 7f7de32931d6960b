/** Training requests as they come in: what is refused at once, and what is promised. */
import type { TrainingRequest } from '../wire/training.js';
import type { Accepted, Acceptor } from './acceptor.js';
import type { AdamSettings, ServerProfile } from './profile.js';
import { Refusal } from './refusal.js';

/** By loss function: the keys of its config, and the tensors that it takes. */
const losses: Readonly<Record<string, { config: readonly string[]; inputs: readonly string[] }>> = {
  cross_entropy: { config: [], inputs: ['target_tokens', 'weights'] },
  importance_sampling: { config: [], inputs: ['target_tokens', 'logprobs', 'advantages'] },
  ppo: {
    config: ['clip_low_threshold', 'clip_high_threshold', 'value_clip'],
    inputs: ['target_tokens', 'logprobs', 'advantages'],
  },
  gspo: { config: ['clip_low_threshold', 'clip_high_threshold'], inputs: ['target_tokens', 'logprobs', 'advantages'] },
  cispo: { config: ['clip_low_threshold', 'clip_high_threshold'], inputs: ['target_tokens', 'logprobs', 'advantages'] },
  ppo_critic: { config: ['value_clip'], inputs: ['target_tokens', 'values', 'returns'] },
  dppo: { config: ['delta_low', 'delta_high'], inputs: ['target_tokens', 'logprobs', 'advantages'] },
};

export function acceptPass(to: Acceptor, request: TrainingRequest): Accepted {
  const row = to.database.model(request.modelId);
  checkLoss(request, to.profile);
  return to.promise({
    kind: request.forwardOnly ? 'forward' : 'forwardBackward',
    row,
    ...to.numberOf(request.seqId, 'passes'),
    payload: contentOf(request),
    work: () => ({ do: 'pass', request }),
  });
}

/** Whatever the form in which it came, and without shapes, which follow from the values. */
const contentOf = ({ data, lossFn, lossFnConfig = {} }: TrainingRequest) => ({
  lossFn,
  lossFnConfig,
  data: data.map(({ tokens, inputs }) => [
    tokens,
    Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, Float64Array.from(tensor.data)])),
  ]),
});

function checkLoss({ lossFn, lossFnConfig = {}, data }: TrainingRequest, profile: ServerProfile): void {
  const loss = losses[lossFn];
  if (!loss) throw new Refusal(422, [{ loc: ['body', 'loss_fn'], msg: `unknown loss function ${lossFn}` }]);
  const strange = Object.keys(lossFnConfig).find((key) => !loss.config.includes(key));
  // Twinkle takes whatever comes; what it has no use for goes unnoticed.
  if (strange && profile.loss.importanceClip === undefined)
    throw new Refusal(422, [{ loc: ['body', 'loss_fn_config'], msg: `${lossFn} takes no ${strange}` }]);
  for (const { inputs } of data) {
    if (!inputs.target_tokens) throw new Refusal(500, 'Internal Server Error', true);
    const unwanted = profile.strictBodies && Object.keys(inputs).find((name) => !loss.inputs.includes(name));
    if (unwanted) throw new Refusal(422, [{ loc: ['body', 'loss_fn_inputs'], msg: `${lossFn} takes no ${unwanted}` }]);
  }
}

export function acceptStep(to: Acceptor, model: string, adam: AdamSettings, seq: number | null | undefined): Accepted {
  return to.promise({
    kind: 'optimStep',
    row: to.database.model(model),
    ...to.numberOf(seq, 'passes'),
    payload: adam,
    work: () => ({ do: 'step', adam }),
  });
}
