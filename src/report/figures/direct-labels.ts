/** Names at the right ends of lines, moved apart where they would overlap. Pure. */
import type { Plot } from './frame.js';

import { element, label } from './svg.js';

export interface DirectLabel {
  readonly text: string;
  readonly colour: string;
  /** Pixel height where it would best stand. */
  readonly y: number;
}

const lineHeight = 16;
const longest = 24;
/** A little more than the mean width of a character of the figures' type, pixels. */
const characterWidth = 7.3;

/** Pixels that names take at the right of a plot. */
export function labelRoom(names: readonly string[]): number {
  return 22 + characterWidth * Math.max(0, ...names.map((name) => [...shorten(name)].length));
}

export function directLabels(labels: readonly DirectLabel[], plot: Plot): string[] {
  const places = spread(
    labels.map((one) => one.y),
    plot.top + 4,
    plot.bottom,
  );
  return labels.flatMap((one, i) => [
    element('path', {
      d: `M${plot.right + 3} ${one.y}L${plot.right + 13} ${places[i]}`,
      stroke: one.colour,
      class: 'line',
      'stroke-width': 1,
    }),
    label(plot.right + 17, places[i] + 4, shorten(one.text), { style: `fill:${one.colour}` }),
  ]);
}

function shorten(name: string): string {
  const characters = [...name];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : name;
}

/** Heights at least a line apart, in the same order, as near as may be to those wanted, within [top, bottom] if they fit. */
export function spread(wanted: readonly number[], top: number, bottom: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b);
  const places = [...wanted];
  let above = top - lineHeight;
  for (const i of order) {
    places[i] = Math.max(places[i], above + lineHeight);
    above = places[i];
  }
  let below = bottom + lineHeight;
  for (const i of order.toReversed()) {
    places[i] = Math.min(places[i], below - lineHeight);
    below = places[i];
  }
  return places;
}
