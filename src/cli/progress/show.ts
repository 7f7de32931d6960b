/**
 * Shows a run while it goes on, in the way that fits where it is shown: a live block at a terminal, a line per finished
 * unit elsewhere, or one JSON object per line for machines. Holds the clock and the output, nothing else.
 */
import pc from 'picocolors';
import type { Listener, RunEvent } from '../../run/events.js';
import { duration } from './format.js';
import { eventLine } from './lines.js';
import { liveBlock } from './live-block.js';
import { emptyView, secondsLeft, viewAfter } from './run-view.js';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Progress {
  readonly listener: Listener;
  /** Takes the live block away. */
  close(): void;
}

export function showProgress(output: Output, json: boolean): Progress {
  if (json) return showJson(output);
  return isLive(output) ? showLive(output) : showLines(output);
}

function showJson(output: Output): Progress {
  const timeLeft = followTime();
  return {
    listener: (event) => {
      const secondsLeft = timeLeft(event);
      if (event.event !== 'pulse') output.write(`${JSON.stringify({ ...event, secondsLeft })}\n`);
    },
    close: () => undefined,
  };
}

function showLines(output: Output): Progress {
  const colors = colorsFor(output);
  const timeLeft = followTime();
  return {
    listener: (event) => {
      const left = timeLeft(event);
      const line = eventLine(event, colors);
      if (line === undefined) return;
      output.write(left === undefined ? `${line}\n` : `${line}${colors.dim('  ')}at most ${duration(left)} left\n`);
    },
    close: () => undefined,
  };
}

/** @returns for each event in turn the seconds left, where it ends something and something is left */
function followTime(): (event: RunEvent) => number | undefined {
  let view = emptyView;
  return (event) => {
    view = viewAfter(view, event);
    const left = event.event === 'step' || event.event === 'evaluated' ? secondsLeft(view) : undefined;
    return left ? Math.round(left) : undefined;
  };
}

function showLive(output: Output): Progress {
  const colors = colorsFor(output);
  const opened = performance.now();
  let view = emptyView;
  const region = liveRegion(output, () => liveBlock(view, (performance.now() - opened) / 1000, colors));
  return {
    listener: (event) => {
      view = viewAfter(view, event);
      const line = eventLine(event, colors);
      if (line !== undefined) region.line(line, event.event !== 'finished');
    },
    close: region.close,
  };
}

export interface LiveRegion {
  /** Leaves a line behind, above the block. */
  line(text: string, redraw?: boolean): void;
  /** Takes the block away. */
  close(): void;
}

/** A block at the foot of a terminal that is drawn anew four times a second; elsewhere lines alone. */
export function liveRegion(output: Output, block: () => readonly string[]): LiveRegion {
  if (!isLive(output)) {
    return { line: (text) => void output.write(`${text}\n`), close: () => undefined };
  }
  let drawn = 0;
  const erase = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    const lines = block();
    erase();
    output.write(lines.map((line) => `${clipped(line, (output.columns ?? 80) - 1)}\n`).join(''));
    drawn = lines.length;
  };
  const timer = setInterval(draw, 250);
  timer.unref();
  return {
    line(text, redraw = true) {
      erase();
      output.write(`${text}\n`);
      if (redraw) draw();
    },
    close() {
      clearInterval(timer);
      erase();
    },
  };
}

const isLive = (output: Output) => Boolean(output.isTTY && process.env.TERM !== 'dumb' && !process.env.CI);

/** Colours are for terminals: elsewhere lines stay plain, whatever CI or FORCE_COLOR say. */
function colorsFor(output: Output) {
  return pc.createColors(output.isTTY === true && pc.isColorSupported);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what starts a colour.
const colour = /\x1b\[\d+m/g;

/** A line that would wrap breaks the counting of lines: too long, it is cut and loses its colours. */
function clipped(line: string, columns: number): string {
  const plain = line.replace(colour, '');
  return plain.length <= columns ? line : plain.slice(0, Math.max(0, columns));
}
