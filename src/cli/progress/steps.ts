/** One line for a long task of counted steps: share done, a remark, and the time left. */
import { duration } from './format.js';

export interface StepsDisplay {
  /** @param before how many were done before the display began: they say nothing of the pace */
  update(done: number, of: number, remark: string, before?: number): void;
  /** Makes way for other lines. */
  clear(): void;
  close(): void;
}

export function showSteps(out: NodeJS.WriteStream, what: string): StepsDisplay {
  const started = performance.now();
  let shown = 0;
  let open = false;
  return {
    update(done, of, remark, before = 0) {
      const now = performance.now();
      // On a terminal one line that is rewritten; elsewhere a line now and then.
      if (done < of && now - shown < (out.isTTY ? 200 : 10_000)) return;
      shown = now;
      const left = ((now - started) / 1000 / Math.max(1, done - before)) * (of - done);
      const line = `${what}  ${done}/${of}  ${remark}  ${duration(left)} left`;
      out.write(out.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
      open = Boolean(out.isTTY);
    },
    clear() {
      if (open) out.write('\r\u001b[2K');
      open = false;
    },
    close() {
      if (open) out.write('\n');
      open = false;
    },
  };
}
