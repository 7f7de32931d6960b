/** The two back-ends' configs for a model, GPUs and a run, in SkyRL's own keys. Pure. */
import { SoarError } from '../../errors.js';
import type { OptimizerSettings } from '../../rl/optimizer.js';
import type { BackendConfig, SkyrlRequest } from './request.js';

/** Token positions that one GPU trains on at once, and that one decodes at once. */
const positions = { train: 16_384, decode: 262_144 } as const;
/** A prompt beside the answer. */
const promptTokens = 512;

/** Multi-host JAX needs a coordinator that SkyRL starts its own way. @throws SoarError SKYRL_GPUS */
export function jaxConfig({ gpus, nodes, tensorParallel, rank, config }: SkyrlRequest, slots: number): BackendConfig {
  if (nodes > 1) {
    throw new SoarError('SKYRL_GPUS', `this writes the JAX back-end for one node, not for ${nodes}`, {
      where: `--nodes ${nodes}`,
      remedy: 'give --nodes 1, or take --backend megatron',
    });
  }
  const devices = Math.max(1, gpus);
  checkDivides(tensorParallel, devices);
  return {
    max_lora_adapters: slots,
    max_lora_rank: rank,
    tensor_parallel_size: tensorParallel,
    fully_sharded_data_parallel_size: devices / tensorParallel,
    train_micro_batch_size: batchOf(positions.train, config),
    sample_max_num_sequences: batchOf(positions.decode, config),
    gradient_checkpointing: true,
  };
}

/** @throws SoarError SKYRL_GPUS */
export function megatronConfig(
  { gpus, nodes, tensorParallel, config }: SkyrlRequest,
  slots: number,
  { beta1, beta2, weightDecay, maxGradNorm }: OptimizerSettings,
): BackendConfig {
  const { nodes: trainNodes, perNode, engines } = megatronPlacement(gpus, nodes, tensorParallel);
  const microBatch = batchOf(positions.train, config);
  return {
    strategy: 'megatron',
    'trainer.placement.colocate_all': false,
    'trainer.placement.policy_num_nodes': trainNodes,
    'trainer.placement.policy_num_gpus_per_node': perNode,
    'trainer.policy.megatron_config.tensor_model_parallel_size': tensorParallel,
    'trainer.policy.megatron_config.pipeline_model_parallel_size': 1,
    'trainer.policy.megatron_config.lora_config.merge_lora': false,
    'trainer.policy.model.lora.max_loras': slots,
    'trainer.policy.model.lora.max_cpu_loras': slots,
    'generator.inference_engine.num_engines': engines,
    'generator.inference_engine.tensor_parallel_size': tensorParallel,
    'trainer.micro_train_batch_size_per_gpu': microBatch,
    'trainer.micro_forward_batch_size_per_gpu': microBatch,
    'trainer.logprobs_chunk_size': null,
    'trainer.policy.optimizer_config.adam_betas': [beta1, beta2],
    'trainer.policy.optimizer_config.weight_decay': weightDecay,
    'trainer.policy.optimizer_config.max_grad_norm': maxGradNorm,
  };
}

export interface MegatronPlacement {
  /** Of training. */
  readonly nodes: number;
  readonly perNode: number;
  /** vLLM engines on all other GPUs. */
  readonly engines: number;
}

/**
 * A quarter trains and the rest samples, which is where the time goes; each in whole copies of the model, at least one.
 * @throws SoarError SKYRL_GPUS
 */
export function megatronPlacement(gpus: number, nodes: number, tensorParallel: number): MegatronPlacement {
  if (gpus > 0) checkDivides(tensorParallel, gpus);
  const copies = (gpus * nodes) / tensorParallel;
  if (copies < 2) {
    throw new SoarError(
      'SKYRL_GPUS',
      `training and sampling run side by side, each on a copy of the model: ${2 * tensorParallel} GPUs at least, and there are ${gpus * nodes}`,
      { where: `--gpus ${gpus}`, remedy: 'take more GPUs or a smaller --tensor-parallel; with one GPU, --backend jax' },
    );
  }
  if (nodes >= 4) {
    const trainNodes = Math.floor(nodes / 4);
    return { nodes: trainNodes, perNode: gpus, engines: ((nodes - trainNodes) * gpus) / tensorParallel };
  }
  const training = Math.min(gpus / tensorParallel, Math.max(1, Math.floor(copies / 4)));
  return { nodes: 1, perNode: training * tensorParallel, engines: copies - training };
}

function checkDivides(tensorParallel: number, gpus: number): void {
  if (gpus % tensorParallel === 0) return;
  throw new SoarError('SKYRL_GPUS', `${gpus} GPUs of a node do not divide into copies of ${tensorParallel}`, {
    where: `--tensor-parallel ${tensorParallel}`,
    remedy: 'choose a divisor of --gpus',
  });
}

/** Sequences of the run's longest kind that fit, as a power of two. */
function batchOf(room: number, { soar }: SkyrlRequest['config']): number {
  const longest = Math.max(soar.student.sampling.maxNewTokens, soar.teacher.sampling.maxNewTokens) + promptTokens;
  return 2 ** Math.max(0, Math.floor(Math.log2(room / longest)));
}
