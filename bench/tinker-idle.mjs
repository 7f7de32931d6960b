/**
 * Is the service ever idle because of us? The run of tinker-scale.mjs against a server that takes a stated time for every call, one call at
 * a time, and counts how long it had none: no request of ours waited or was worked on, and there was more to come.
 */
import { measure } from './statistics.mjs';
import { tinkerScaleRun } from './tinker-scale.mjs';

/**
 * Milliseconds. A step of a student is 8 samplings of 32 x 1,024 tokens, 256 scorings by the reference, 1 pass for its own
 * log-probabilities, 1 for the gradient and 1 step. At the paces of tinker-scale.mjs 8 GPUs would take 8.2 + 2.0 + 2.0 + 5.7 s for that;
 * here it is a fraction, so that our own time weighs more, and alike for all that a server calls sampling.
 */
const work = {
  sample: 8,
  forward: 250,
  forwardBackward: 1000,
  optimStep: 25,
  saveWeightsForSampler: 25,
  createModel: 25,
};
const perStep =
  8 * work.sample +
  256 * work.sample +
  work.forward +
  work.forwardBackward +
  work.optimStep +
  work.saveWeightsForSampler;
const sizes = [
  { students: 16, steps: 2 },
  { students: 4, steps: 4 },
];

export async function tinkerIdle({ folder }) {
  const result = { title: 'A service that waits for us', measures: [], notes: [], peers: [], complete: true };
  for (const { students, steps } of sizes) {
    for (const form of ['json', 'protobuf']) {
      const { traffic } = await tinkerScaleRun({ folder, form, students, steps, work });
      const of = (name, value, unit, wanted) =>
        result.measures.push(
          measure(`${form}, ${students} students: ${name}`, [value], { unit, better: 'lower', wanted }),
        );
      of('time without a request of ours', (100 * traffic.idleSeconds) / traffic.seconds, '%', 5);
      of('of', traffic.seconds, 's');
    }
  }
  result.notes.push(
    `bodies of the preset \`paper\`, ${sizes.map(({ students, steps }) => `${students} students x ${steps} steps`).join(' and ')}`,
    `simulated, one call at a time: ${Object.entries(work)
      .map(([call, ms]) => `${call} ${ms} ms`)
      .join(
        ', ',
      )}; ${(perStep / 1000).toFixed(1)} s for a step of a student, where 8 GPUs at the paces above would take about 18 s: a service that fast makes our share of the time the larger`,
    `from the first request to the last result, orchestrator and server on the same cores: ${sizes.map(({ students, steps }) => ((students * steps * perStep) / 1000).toFixed(0)).join(' s and ')} s of it are the simulated work, most of the rest the server's own reading and writing, which counts as work`,
  );
  return result;
}
