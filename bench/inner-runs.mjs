/** Inner runs of the method on the world's model, timed: each on oracle programs of length 3, as an outer step makes them. */
import { createEmbeddedEngine } from '../dist/engine/index.js';
import { innerRun } from '../dist/method/index.js';
import { oraclePrograms, programsDomain } from '../dist/problems/index.js';
import { resolveConfig } from '../dist/run/config/config.js';

const rss = () => Math.round(process.memoryUsage.rss() / 2 ** 20);

export async function innerRuns({ model, workers, runs, seed }) {
  const { soar } = resolveConfig({ preset: 'programs', sets: ['soar.student.sampling.maxNewTokens=40'] });
  const engine = createEmbeddedEngine({ workers });
  const baseline = await engine.open({ folder: model });
  const memoryMiB = [rss()];
  const forks = await Promise.all(Array.from({ length: runs }, () => baseline.fork()));
  memoryMiB.push(rss());
  await Promise.all(forks.map((fork) => fork.release()));
  const cost = { sampled: 0, trained: 0 };
  const start = performance.now();
  await Promise.all(
    Array.from({ length: runs }, async (_, i) => {
      const dataset = oraclePrograms(3, 16, `${seed}/${i}`);
      const onStep = ({ tokens, update }) => {
        cost.sampled += tokens;
        cost.trained += update.tokensTrained;
      };
      const name = `${seed}/${i}`;
      const run = { baseline, domain: programsDomain, dataset, steps: 10, settings: soar.student, seed: name, onStep };
      const { student } = await innerRun(run);
      await student.release();
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  memoryMiB.push(rss());
  await engine.close();
  return { seconds, ...cost, memoryMiB };
}
