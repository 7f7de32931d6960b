/** Few of the plans that `node bench/tinker-faults.mjs` tries by hundreds. */
import { appendFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { printFaultPlan } from '../src/engine/tinker/testing/fault-plan.js';
import { type FaultProfile, faultCase, faultProfiles, runUnderFaults } from './tinker-fault-run.js';

const { SOAR_FAULT_PLANS: plans = '24', SOAR_FAULT_FIRST: first = '1', SOAR_FAULT_RESULTS: results } = process.env;
const names = Object.keys(faultProfiles) as FaultProfile[];
const each = Math.ceil(Number(plans) / names.length);

describe.each(names)('a short run on %s', (profile) => {
  let whole: Set<string>;
  it('undisturbed ends, and leaves nothing', async () => {
    const { stopped, entries, wrong, left } = await runUnderFaults(profile, faultCase(profile, 0).plan);
    expect({ stopped, wrong, left }).toEqual({ stopped: undefined, wrong: [], left: 0 });
    whole = new Set(entries);
  });

  const seeds = Array.from({ length: each }, (_, i) => i + Number(first));
  it.each(seeds)(
    'by plan %i ends as the undisturbed one, or stops with a coded error; no step twice, no sample astray',
    async (seed) => {
      const { plan, dies } = faultCase(profile, seed);
      const outcome = await runUnderFaults(profile, plan, dies);
      if (results)
        appendFileSync(results, `${JSON.stringify({ profile, seed, dies, grave: isGrave(plan), ...outcome })}\n`);
      const said = `${printFaultPlan(plan)}\ndies after update ${dies}, stopped by ${outcome.stopped}`;
      expect(outcome.wrong, said).toEqual([]);
      // Where seeds fix samples, what was acknowledged is what the undisturbed run acknowledged; and all of it at the end.
      if (faultProfiles[profile].seededSamples) {
        expect(
          outcome.entries.filter((entry) => !whole.has(entry)),
          said,
        ).toEqual([]);
        if (outcome.stopped === undefined) expect(new Set(outcome.entries), said).toEqual(whole);
      } else if (outcome.stopped === undefined) expect(outcome.entries, said).toHaveLength(whole.size);
      if (!isGrave(plan)) expect(outcome.stopped, said).toBeUndefined();
      if (outcome.stopped === undefined) expect(outcome.left, said).toBeLessThanOrEqual(0);
    },
  );
});

const isGrave = ({ faults }: ReturnType<typeof faultCase>['plan']) =>
  faults.some(({ happening: { what } }) => ['restart', 'sessions-expire', 'future-expires'].includes(what));
