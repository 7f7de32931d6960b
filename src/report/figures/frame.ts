/** What all figures share: size, title, axes with units, grid. A figure fills the plot. Pure. */
import { escapeText } from '../escape.js';
import { linearScale, type Range, ticks } from './scale.js';
import { figureStyle } from './style.js';
import { element, label } from './svg.js';

export interface Axis {
  /** What is measured, with its unit. */
  readonly label: string;
  readonly domain: Range;
  readonly format: (value: number) => string;
  /** Values to mark; round ones by default. */
  readonly ticks?: readonly number[];
  readonly integers?: boolean;
}

export interface FrameOptions {
  /** Says what is seen. */
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Room at the right for direct labels, pixels. */
  readonly right?: number;
  readonly height?: number;
  /** Room between titles and plot, pixels: 16, or more for what stands above the plot. */
  readonly above?: number;
}

export interface Plot {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const figureWidth = 720;

export function frame(options: FrameOptions, draw: (plot: Plot) => readonly string[]): string {
  const height = options.height ?? 320;
  const titles = wrapTitle(options.title);
  const head = 24 + 20 * (titles.length - 1) + (options.subtitle ? 19 : 0);
  const left = 62;
  const right = figureWidth - (options.right ?? 16);
  const top = head + (options.above ?? 16);
  const bottom = height - 46;
  const plot: Plot = {
    x: linearScale(options.x.domain, [left, right]),
    y: linearScale(options.y.domain, [bottom, top]),
    left,
    right,
    top,
    bottom,
  };
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'figure',
      role: 'img',
      viewBox: `0 0 ${figureWidth} ${height}`,
      width: figureWidth,
      height,
    },
    element('title', {}, escapeText(options.title)),
    element('style', {}, figureStyle),
    ...titles.map((line, i) => label(0, 18 + 20 * i, line, { class: 'title' })),
    ...(options.subtitle ? [label(0, head, options.subtitle, { class: 'quiet' })] : []),
    ...horizontal(options.y, plot),
    ...vertical(options.x, plot),
    ...draw(plot),
  );
}

function horizontal(axis: Axis, plot: Plot): string[] {
  const middle = (plot.top + plot.bottom) / 2;
  return [
    ...(axis.ticks ?? ticks(axis.domain, 5, axis.integers)).flatMap((value) => [
      element('line', { class: 'grid', x1: plot.left, x2: plot.right, y1: plot.y(value), y2: plot.y(value) }),
      label(plot.left - 8, plot.y(value) + 4, axis.format(value), { class: 'quiet', 'text-anchor': 'end' }),
    ]),
    label(14, middle, axis.label, { class: 'quiet', 'text-anchor': 'middle', transform: `rotate(-90 14 ${middle})` }),
  ];
}

function vertical(axis: Axis, plot: Plot): string[] {
  return [
    ...(axis.ticks ?? ticks(axis.domain, 8, axis.integers)).map((value) =>
      label(plot.x(value), plot.bottom + 18, axis.format(value), { class: 'quiet', 'text-anchor': 'middle' }),
    ),
    label((plot.left + plot.right) / 2, plot.bottom + 38, axis.label, { class: 'quiet', 'text-anchor': 'middle' }),
  ];
}

/** At about 76 characters, what a line holds of the title's bold type. */
function wrapTitle(title: string): string[] {
  const lines = [''];
  for (const word of title.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length > 76) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
