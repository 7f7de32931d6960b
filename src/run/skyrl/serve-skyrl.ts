/** The whole plan of a SkyRL server for a run: its command, its back-end's config, the run's `engine:` section, and what to know. Pure. */
import { loraLayout, loraTargets } from '../../checkpoints/lora.js';
import { estimateRun, type HardSetSizes } from '../estimate/estimate.js';
import { jaxConfig, megatronConfig } from './backend-config.js';
import { serverOptimizer } from './optimizer.js';
import type { AdapterSlots, SkyrlPlan, SkyrlRequest } from './request.js';
import { adapterSlots, jaxAdamBytes } from './slots.js';

/** @throws SoarError SKYRL_OPTIMIZER, SKYRL_GPUS */
export function planSkyrl(request: SkyrlRequest, hardSet: HardSetSizes): SkyrlPlan {
  const { backend, model, gpus, host, port, state, config, rank } = request;
  const optimizer = serverOptimizer(config, backend);
  const slots = adapterSlots(config.soar, backend);
  const backendConfig =
    backend === 'jax' ? jaxConfig(request, slots.server) : megatronConfig(request, slots.server, optimizer);
  const extra = backend === 'megatron' ? 'megatron' : gpus === 0 ? 'jax' : 'gpu';
  const { databaseUrl = `sqlite:///${state}/tinker.db` } = request;
  return {
    request,
    slots,
    backendConfig,
    command: [
      ...['uv', 'run', '--extra', 'tinker', '--extra', extra, '-m', 'skyrl.tinker.api'],
      ...['--base-model', model, '--host', host, '--port', String(port), '--backend', backend],
      ...['--backend-config', JSON.stringify(backendConfig)],
      ...['--checkpoints-base', `${state}/checkpoints`, '--database-url', databaseUrl],
    ],
    engine: {
      kind: 'tinker',
      baseUrl: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
      model,
      loraRank: rank,
      maxAdapters: slots.client,
      // The server was started with these very values; it cannot be asked for them.
      ...(backend === 'megatron' && {
        allowIgnored: ['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'],
      }),
    },
    notes: notesOf(request, slots, hardSet),
  };
}

/** Bytes of the database per token trained on: requests and results stay in it as JSON (2.7 MB for 64 sequences of 1,200 tokens). */
const databaseBytes = 2.7e6 / (64 * 1200);

function notesOf(request: SkyrlRequest, slots: AdapterSlots, hardSet: HardSetSizes): string[] {
  const { backend, config, host, databaseUrl } = request;
  const { trainedTokens, trainedPromptTokens } = estimateRun(config, hardSet).total.expected;
  const database = databaseBytes * (trainedTokens + trainedPromptTokens);
  return [
    `${slots.server} LoRA slots: ${slots.students} students, teacher, baseline${slots.client > slots.students + 2 ? ', the base model' : ''} (${slots.client} of the client's), one to spare${backend === 'jax' ? ', and slot 0, which JAX keeps' : ''}. Students beyond engine.maxAdapters wait for each other; results do not change.`,
    ...(backend === 'jax' ? jaxNotes(request, slots) : megatronNotes(request)),
    ...(host === '127.0.0.1' || host === 'localhost'
      ? []
      : [
          'SkyRL looks at no API key: whoever reaches this port can use the server. Keep it on a private network, or behind a proxy that asks for a key.',
        ]),
    `The database keeps every request and answer: ${gigabytes(database)} for this run${databaseUrl === undefined ? '; give --database-url postgresql://... and a cleaner, or stop the run now and then and start the server on a new --state' : ''}.`,
    'The server is ready when `soar probe` says so; /healthz answers before the engine is.',
  ];
}

function jaxNotes({ shape, rank }: SkyrlRequest, { server }: AdapterSlots): string[] {
  const adam = shape && jaxAdamBytes(loraLayout(shape, { rank, alpha: 32, targets: loraTargets }).size, server);
  return [
    `Adam on this back-end holds moments of all slots for every adapter${adam === undefined ? '' : `: ${gigabytes(adam)} if every slot is in use`}. It grows with the square of the slots and with the rank; a lower --rank or fewer students makes it smaller.`,
    'Sampler and training share a slot: no other client may use an adapter of this run.',
  ];
}

function megatronNotes({ config }: SkyrlRequest): string[] {
  return [
    'This back-end listens to the learning rate of a step and to nothing else: betas, weight decay and clipping are those below, from your config. If you change them there, start the server anew.',
    ...(config.soar.promotion.enabled
      ? [
          'Promotion is on: a student forked after one loads weights without an optimizer, and SkyRL undoes that at the first optimizer step unless it has the change of https://github.com/NovaSky-AI/SkyRL/pull/2149. Use a SkyRL that has it, or --backend jax, or set soar.promotion.enabled to false. `soar probe` measures it, and a run refuses a server with the fault.',
        ]
      : []),
    'All adapters of the server have the rank of the first one that is made; another rank needs another server.',
  ];
}

function gigabytes(bytes: number): string {
  const amount = bytes / 1e9;
  return amount < 1 ? 'less than 1 GB' : `about ${Math.round(amount).toLocaleString('en')} GB`;
}
