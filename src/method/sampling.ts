/** From the method's settings to the seam's sampling options: what ends a completion comes from the domain and the tokenizer. Pure. */
import type { Policy, SamplingOptions } from '../engine/engine.js';
import type { Domain } from '../problems/domain.js';
import type { SamplingSettings } from './settings.js';

export function samplingOptions(
  policy: Policy,
  domain: Domain,
  settings: SamplingSettings,
  samplesPerPrompt: number,
  seed: string,
): SamplingOptions {
  return {
    samplesPerPrompt,
    maxNewTokens: settings.maxNewTokens,
    temperature: settings.temperature,
    topP: settings.topP,
    topK: settings.topK,
    stopTokens: policy.tokenizer.endTokens,
    stopStrings: domain.stopStrings,
    seed,
  };
}

/** Greedy decoding under the same limits; every completion of a prompt is the same, so one is sampled. */
export function greedyOptions(policy: Policy, domain: Domain, settings: SamplingSettings): SamplingOptions {
  return { ...samplingOptions(policy, domain, settings, 1, 'greedy'), temperature: 0, topP: 1, topK: 0 };
}
