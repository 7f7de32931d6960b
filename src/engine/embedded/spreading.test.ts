import { expect, it, vi } from 'vitest';
import { writeTinyModels } from '../conformance/tiny-model.js';
import { createEmbeddedEngine } from './embedded-engine.js';
import { WorkerLink } from './worker-link.js';

it.each([2, 3])('spreads the pieces of one large request evenly over %d workers', async (workers) => {
  const models = await writeTinyModels();
  const engine = createEmbeddedEngine({ workers, chunk: 4 });
  const policy = await engine.open({ folder: models.folder('untied') });
  const ask = vi.spyOn(WorkerLink.prototype, 'ask');
  const options = { samplesPerPrompt: 4, maxNewTokens: 2, temperature: 1, stopTokens: [], seed: 'spread' };
  const prompts = Array.from({ length: 30 }, () => policy.tokenizer.encode('ab?'));
  for (let round = 0; round < 2; round++) {
    ask.mockClear();
    await policy.sample(prompts, options);
    const pieces = new Map<unknown, number>();
    ask.mock.calls.forEach(([name], i) => {
      const link = ask.mock.contexts[i];
      if (name === 'sample') pieces.set(link, (pieces.get(link) ?? 0) + 1);
    });
    expect(pieces.size).toBe(workers);
    // Making a copy is work, too: the home worker may have one piece less for each.
    for (const count of pieces.values()) expect(Math.abs(count - 30 / workers)).toBeLessThanOrEqual(workers);
  }
  ask.mockRestore();
  await engine.close();
  await models.remove();
});
