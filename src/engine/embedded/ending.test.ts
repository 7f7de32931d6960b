/** An engine that is closed, or whose process ends, while it computes: a worker stopped inside the runtime would end the process by SIGABRT. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const engineModule = new URL('../../../dist/engine/index.js', import.meta.url);
const model = fileURLToPath(new URL('../../../models/programs-146k', import.meta.url));

/** A process of its own: ends with its code, prints what its script says. */
const script = (body: string) => {
  const text = `
    const work = async () => {
      const { createEmbeddedEngine } = await import(${JSON.stringify(engineModule.href)});
      const engine = createEmbeddedEngine({ workers: 2 });
      const base = await engine.open({ folder: ${JSON.stringify(model)} });
      const policies = [base, await base.fork()];
      const options = { samplesPerPrompt: 64, maxNewTokens: 96, temperature: 1, stopTokens: [], seed: 'ending' };
      const prompts = Array.from({ length: 64 }, (_, i) => base.tokenizer.encode('LRS12' + (10 + i) + '='));
      const asked = policies.map((policy) => policy.sample(prompts, options).catch(({ code }) => code));
      // Workers are in the midst of it.
      await new Promise((resolve) => setTimeout(resolve, 40 + 40 * Math.random()));
      return { engine, asked: Promise.all(asked) };
    };
    void (async () => {${body}})();`;
  return promisify(execFile)(process.execPath, ['--eval', text]);
};

it('refuses by its code what waits when it is closed, and the process goes on', async () => {
  const body = `
    for (let i = 0; i < 8; i++) {
      const { engine, asked } = await work();
      await Promise.all([engine.close(), engine.close()]);
      console.log(...(await asked));
      await engine.close();
    }`;
  const { stdout } = await script(body);
  expect(stdout).toBe('ENGINE_CLOSED ENGINE_CLOSED\n'.repeat(8));
});

it('lets the process end with its own code while it computes', async () => {
  for (let i = 0; i < 5; i++) {
    await expect(script('await work(); process.exit(7);')).rejects.toMatchObject({ code: 7, signal: null });
  }
});
