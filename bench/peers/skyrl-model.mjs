/**
 * Writes the conformance suite's tiny model, for a real server of the Tinker protocol to serve (skyrl.md beside it).
 *   node bench/peers/skyrl-model.mjs FOLDER [untied|tied|flat]
 */
import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const [out, name = 'untied'] = process.argv.slice(2);
if (out === undefined) throw new Error('say where: node bench/peers/skyrl-model.mjs FOLDER');
// The suite is no part of the build: its TypeScript is loaded as the tests load it.
const vite = await createViteServer({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  server: { middlewareMode: true, ws: false },
  logLevel: 'error',
});
const { writeTinyModels } = await vite.ssrLoadModule('/src/engine/conformance/tiny-model.ts');
const models = await writeTinyModels();
try {
  await cp(models.folder(name), out, { recursive: true, errorOnExist: true, force: false });
} finally {
  await models.remove();
  await vite.close();
}
console.log(`the suite's model ${name}: ${out}`);
