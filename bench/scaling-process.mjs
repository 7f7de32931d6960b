/**
 * One of the separate processes of `scaling`: an engine of one worker that makes inner runs when it is told to.
 * In: `{ runs, steps, seed }` a message, `null` to end. Out: `ready`, then one message when its runs are done.
 *   (forked) node bench/scaling-process.mjs SIZE MODEL_FOLDER
 */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { innerRuns, sizes } from './students.mjs';

const [size, folder] = process.argv.slice(2);
const engine = createEmbeddedEngine({ workers: 1 });
const baseline = await engine.open({ folder });
process.on('message', async (work) => {
  if (!work) return process.exit(0);
  process.send(await innerRuns({ baseline, domain: sizes[size].domain, ...work }));
});
process.send('ready');
