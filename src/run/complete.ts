/** What a model makes of a prompt of the user's own: any model as it stands, or the policies of a run. Trains nothing. */
import { readTokenizer } from '../checkpoints/model-description.js';
import { findBase } from '../checkpoints/model-folder.js';
import type { Prompt } from '../checkpoints/tokenizer.js';
import { contextText } from '../engine/checks.js';
import type { Policy } from '../engine/engine.js';
import type { Workload } from '../engine/index.js';
import { SoarError } from '../errors.js';
import type { RunConfig } from './config/config.js';
import { modelFolder } from './model-place.js';
import { openEngine } from './open-workbench.js';
import type { RunPaths } from './run-folder.js';
import { type SampleRequest, withSampledPolicy } from './sample.js';

export interface CompletionRequest {
  readonly prompt: Prompt;
  readonly count: number;
  readonly temperature: number;
  readonly topP: number;
  /** Default: 256, or what the context has room for. */
  readonly maxNewTokens?: number;
  readonly seed: string;
}

export interface CompletedText {
  readonly text: string;
  readonly tokens: number;
  /** It stopped by itself rather than at its token limit. */
  readonly finished: boolean;
}

/** @throws SoarError MODEL_*, HUB_*, CHAT_TEMPLATE_*, SAMPLE_PROMPT_TOO_LONG */
export async function completeWithModel(
  config: Pick<RunConfig, 'model' | 'engine'>,
  request: CompletionRequest,
): Promise<CompletedText[]> {
  const folder = await modelFolder(config);
  const engine = await openEngine(config, await workloadOf(folder, request));
  try {
    return await complete(await engine.open({ folder }), request);
  } finally {
    await engine.close();
  }
}

/** @throws SoarError as `completeWithModel`, and RUN_* */
export const completeWithRun = (
  config: RunConfig,
  run: RunPaths,
  as: SampleRequest['as'],
  request: CompletionRequest,
): Promise<CompletedText[]> => withSampledPolicy(config, run, as, {}, ({ policy }) => complete(policy, request));

const usualTokens = 256;

/** For the prediction of memory, before any weights are read: a prompt of the user's own may be of any length. */
async function workloadOf(folder: string, request: CompletionRequest): Promise<Workload> {
  const { base } = await findBase(folder);
  const { tokenizer } = await readTokenizer(base, [], Number.POSITIVE_INFINITY);
  const tokens = tokenizer.encode(request.prompt).length + (request.maxNewTokens ?? usualTokens);
  return { policies: 1, trained: 0, sequences: request.count, tokens };
}

async function complete(policy: Policy, request: CompletionRequest): Promise<CompletedText[]> {
  const { prompt, count, temperature, topP, seed } = request;
  const { tokenizer, contextLength } = policy;
  const tokens = tokenizer.encode(prompt);
  const room = contextLength - tokens.length;
  const maxNewTokens = request.maxNewTokens ?? Math.min(usualTokens, Math.max(1, room));
  if (maxNewTokens > room) {
    throw new SoarError(
      'SAMPLE_PROMPT_TOO_LONG',
      `the prompt has ${tokens.length} tokens and may get ${maxNewTokens} more, the model's context holds ${contextText(policy)}`,
      {
        where: '--prompt',
        remedy: 'shorten the prompt, lower --max-new-tokens, or take a model with a longer context',
      },
    );
  }
  const stopTokens = tokenizer.endTokens;
  const how = { samplesPerPrompt: count, maxNewTokens, temperature, topP, stopTokens, seed };
  const [completions = []] = await policy.sample([tokens], how);
  return completions.map(({ tokens: said, stopReason }) => ({
    text: tokenizer.decode(said),
    tokens: said.length,
    finished: stopReason === 'stop',
  }));
}
