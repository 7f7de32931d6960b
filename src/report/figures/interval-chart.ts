/** Estimates with their intervals at a few named places, several groups side by side. Pure. */
import { escapeText } from '../escape.js';
import { directLabels, labelRoom } from './direct-labels.js';
import { type Axis, frame } from './frame.js';
import { type Colour, colour } from './style.js';
import { element, polyline } from './svg.js';

export interface IntervalGroup {
  readonly name: string;
  readonly colour: Colour;
  /** [place] */
  readonly values: readonly {
    readonly mean: number;
    readonly low: number;
    readonly high: number;
    readonly note: string;
  }[];
}

export interface IntervalChart {
  readonly title: string;
  readonly subtitle?: string;
  /** Names of the places along x. */
  readonly places: readonly string[];
  readonly xLabel: string;
  readonly y: Axis;
  readonly groups: readonly IntervalGroup[];
}

/** Share of the room between two places that the groups take. */
const crowd = 0.36;

export function intervalChart(chart: IntervalChart): string {
  const { places, groups, y, title, subtitle } = chart;
  const x = {
    label: chart.xLabel,
    domain: [-0.4, places.length - 0.6] as const,
    ticks: places.map((_, i) => i),
    format: (i: number) => places[i],
  };
  const offset = (g: number) => (groups.length > 1 ? (g / (groups.length - 1) - 0.5) * crowd : 0);
  return frame(
    {
      title,
      ...(subtitle !== undefined && { subtitle }),
      x,
      y,
      right: labelRoom(groups.map(({ name }) => name)),
      height: 360,
    },
    (plot) => [
      ...groups.map((group, g) =>
        element('path', {
          class: 'line',
          d: polyline(group.values.map(({ mean }, i) => [plot.x(i + offset(g)), plot.y(mean)] as const)),
          stroke: colour(group.colour),
          'stroke-width': 1.25,
          'stroke-opacity': 0.55,
        }),
      ),
      ...groups.flatMap((group, g) =>
        group.values.map(({ mean, low, high, note }, i) => {
          const at = plot.x(i + offset(g));
          return element(
            'g',
            { stroke: colour(group.colour), fill: colour(group.colour) },
            element('title', {}, escapeText(note)),
            element('line', { x1: at, x2: at, y1: plot.y(low), y2: plot.y(high), 'stroke-width': 2.5 }),
            element('circle', { cx: at, cy: plot.y(mean), r: 4.5, stroke: 'none' }),
          );
        }),
      ),
      ...directLabels(
        groups.map((group) => ({
          text: group.name,
          colour: colour(group.colour),
          y: plot.y(group.values[group.values.length - 1].mean),
        })),
        plot,
      ),
    ],
  );
}
