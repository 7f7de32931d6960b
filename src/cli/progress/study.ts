/** A study while it goes on: a line per finished loop and cell, and at a terminal a table of the rows so far. */
import { meanOrZero as mean } from '../../evaluate/moments.js';
import type { StudyEvent } from '../../run/study/study.js';
import { duration, percent } from './format.js';
import { liveRegion, type Output } from './show.js';

export interface StudyDisplay {
  readonly onEvent: (event: StudyEvent) => void;
  readonly close: () => void;
}

export function showStudy(output: Output, json: boolean): StudyDisplay {
  if (json) return { onEvent: (event) => output.write(`${JSON.stringify(event)}\n`), close: () => undefined };
  const began = performance.now();
  const rows = new Map<string, number[]>();
  let ahead = { loops: 0, cells: 0 };
  const pace = { loop: [] as number[], cell: [] as number[] };
  const table = () => {
    const elapsed = (performance.now() - began) / 1000;
    const left = ahead.loops * mean(pace.loop) + ahead.cells * mean(pace.cell);
    const known = pace.loop.length + pace.cell.length > 0;
    return [
      `study  ${duration(elapsed)}${known ? `, about ${duration(left)} left` : ''}  ${ahead.loops} loops and ${ahead.cells} cells ahead`,
      ...[...rows].map(
        ([row, values]) =>
          `  ${row.padEnd(26)} ${String(values.length).padStart(3)} done   pass@1 ${(mean(values) * 100).toFixed(1).padStart(5)} %`,
      ),
    ];
  };
  const region = liveRegion(output, table);
  let last = performance.now();
  return {
    onEvent(event) {
      const now = performance.now();
      const took = (now - last) / 1000;
      last = now;
      if (event.event === 'study')
        ahead = { loops: event.loops - event.doneLoops, cells: event.cells - event.doneCells };
      if (event.event === 'loop') {
        ahead.loops -= 1;
        pace.loop.push(took);
      }
      if (event.event === 'cell') {
        ahead.cells -= 1;
        pace.cell.push(took);
        if (event.passAt1 !== null) rows.set(event.row, [...(rows.get(event.row) ?? []), event.passAt1]);
      }
      region.line(lineOf(event));
    },
    close: region.close,
  };
}

function lineOf(event: StudyEvent): string {
  switch (event.event) {
    case 'study':
      return `${event.loops} loops, ${event.cells} cells${event.doneLoops + event.doneCells > 0 ? ` (done before: ${event.doneLoops} and ${event.doneCells})` : ''}`;
    case 'recovered':
      return `freed ${event.adapters} adapters of a process that died; ${event.steps} optimizer steps, of ${event.tokens} tokens, are made again`;
    case 'loop':
      return `loop ${`${event.loop} ${event.teacher}`.padEnd(18)} ${event.steps} steps, ${event.promotions} promotions  (${event.done}/${event.of})  ${event.seconds.toFixed(1)} s`;
    case 'cell': {
      const found = event.passAt1 === null ? `not run: ${event.why}` : `pass@1 ${percent(event.passAt1)}`;
      return `cell ${`${event.row} ${event.teacher}-${event.student}`.padEnd(30)} ${found}  (${event.done}/${event.of})`;
    }
    default:
      return `failed: ${event.what}: ${event.code}: ${event.message}`;
  }
}
