/** What every in-process engine checks of a request before it computes. */
import { SoarError } from '../errors.js';
import type { Policy, SamplingOptions, Sequence, Tokens, TrainingBatch, TrainingSequence } from './engine.js';

type Context = Pick<Policy, 'contextLength' | 'contextFrom'>;

/** How long the context is and what says so. */
export const contextText = ({ contextLength, contextFrom }: Context) => `${contextLength} (${contextFrom})`;

const bad = (code: string, what: string, remedy: string) => new SoarError(code, what, { remedy });

function checkTokens(tokens: Tokens, vocabularySize: number, where: string): void {
  for (let t = 0; t < tokens.length; t++) {
    const token = tokens[t] as number;
    if (token >= 0 && token < vocabularySize) continue;
    throw bad(
      'ENGINE_BAD_TOKEN',
      `${where} has token ${token}, outside the vocabulary of ${vocabularySize}`,
      "use the policy's own tokenizer",
    );
  }
}

/** @throws SoarError ENGINE_EMPTY_PROMPT, ENGINE_PROMPT_TOO_LONG, ENGINE_BAD_TOKEN, ENGINE_SAMPLING_OPTIONS */
export function checkPrompts(
  prompts: readonly Tokens[],
  options: SamplingOptions,
  context: Context,
  vocabularySize: number,
): void {
  checkSamplingOptions(options);
  prompts.forEach((prompt, i) => {
    if (prompt.length === 0) {
      throw bad(
        'ENGINE_EMPTY_PROMPT',
        `prompt ${i} has no tokens`,
        'a prompt has at least the beginning-of-text token',
      );
    }
    if (prompt.length + options.maxNewTokens > context.contextLength) {
      throw bad(
        'ENGINE_PROMPT_TOO_LONG',
        `prompt ${i} has ${prompt.length} tokens and may get ${options.maxNewTokens} more, the context holds ${contextText(context)}`,
        'shorten the prompt or lower maxNewTokens',
      );
    }
    checkTokens(prompt, vocabularySize, `prompt ${i}`);
  });
}

function checkSamplingOptions({
  samplesPerPrompt,
  maxNewTokens,
  temperature,
  topP = 1,
  topK = 0,
}: SamplingOptions): void {
  const refuse = (what: string) => {
    throw bad('ENGINE_SAMPLING_OPTIONS', what, 'see SamplingOptions for the ranges');
  };
  if (!Number.isInteger(samplesPerPrompt) || samplesPerPrompt < 1) refuse(`samplesPerPrompt is ${samplesPerPrompt}`);
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1) refuse(`maxNewTokens is ${maxNewTokens}`);
  if (!(temperature >= 0) || !Number.isFinite(temperature)) refuse(`temperature is ${temperature}`);
  if (!(topP > 0 && topP <= 1)) refuse(`topP is ${topP}`);
  if (!Number.isInteger(topK) || topK < 0) refuse(`topK is ${topK}`);
}

/** @throws SoarError ENGINE_EMPTY_PROMPT, ENGINE_SEQUENCE, ENGINE_BAD_TOKEN */
export function checkSequences(sequences: readonly Sequence[], context: Context, vocabularySize: number): void {
  sequences.forEach(({ tokens, promptLength }, i) => {
    if (promptLength < 1) {
      throw bad(
        'ENGINE_EMPTY_PROMPT',
        `sequence ${i} has no prompt`,
        'a prompt has at least the beginning-of-text token',
      );
    }
    if (promptLength > tokens.length) {
      throw bad(
        'ENGINE_SEQUENCE',
        `sequence ${i} has ${tokens.length} tokens, its prompt ${promptLength}`,
        'tokens hold prompt and completion',
      );
    }
    if (tokens.length > context.contextLength) {
      throw bad(
        'ENGINE_SEQUENCE',
        `sequence ${i} has ${tokens.length} tokens, the context holds ${contextText(context)}`,
        'shorten it',
      );
    }
    checkTokens(tokens, vocabularySize, `sequence ${i}`);
  });
}

/** @throws SoarError as `checkSequences`, and ENGINE_BATCH */
export function checkTrainingBatch(batch: TrainingBatch, context: Context, vocabularySize: number): void {
  checkSequences(batch.sequences, context, vocabularySize);
  batch.sequences.forEach((sequence, i) => {
    checkPerToken(sequence, 'advantage', sequence.advantage, i);
    checkPerToken(sequence, 'weight', sequence.weight, i);
    if (batch.objective === 'policy-gradient') {
      checkPerToken(sequence, 'samplerLogprobs', sequence.samplerLogprobs, i);
    }
    if ((batch.klCoefficient ?? 0) > 0) checkPerToken(sequence, 'referenceLogprobs', sequence.referenceLogprobs, i);
  });
}

function checkPerToken(
  sequence: TrainingSequence,
  name: string,
  value: number | Float32Array | undefined,
  i: number,
): void {
  const length = sequence.tokens.length - sequence.promptLength;
  if (typeof value === 'number' || value?.length === length) return;
  const found = value === undefined ? 'is missing' : `has ${value.length} values`;
  throw bad(
    'ENGINE_BATCH',
    `${name} of sequence ${i} ${found}, its completion has ${length} tokens`,
    'give one value per completion token',
  );
}
