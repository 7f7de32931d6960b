/** Shares that add up to one, stacked over a common axis. Pure. */
import { escapeText } from '../escape.js';
import { directLabels, labelRoom } from './direct-labels.js';
import { type Axis, frame, type Plot } from './frame.js';
import { element, polyline } from './svg.js';

export interface Layer {
  readonly name: string;
  /** CSS colour. */
  readonly colour: string;
  readonly opacity: number;
  /** [x], in [0, 1]; over the layers they add up to 1 at each x (or to 0 where there is nothing). */
  readonly shares: readonly number[];
}

export interface StackedArea {
  readonly title: string;
  readonly subtitle?: string;
  /** The places of the shares, rising. */
  readonly xs: readonly number[];
  readonly x: Omit<Axis, 'domain'>;
  readonly y: Omit<Axis, 'domain'>;
  /** From the bottom up. */
  readonly layers: readonly Layer[];
  readonly marks?: readonly { readonly x: number; readonly name: string }[];
}

/** Half a step of room at either end, level, so that a single x is seen too. */
export function stackedArea(chart: StackedArea): string {
  const { xs, layers, title, subtitle } = chart;
  const domain = [xs[0] - 0.5, xs[xs.length - 1] + 0.5] as const;
  const x = { ...chart.x, domain };
  const y = { ...chart.y, domain: [0, 1] as const };
  return frame(
    {
      title,
      ...(subtitle !== undefined && { subtitle }),
      x,
      y,
      right: labelRoom(layers.map(({ name }) => name)),
      height: 360,
    },
    (plot) => {
      const tops = stack(layers);
      const bottom = xs.map(() => 0);
      return [
        ...layers.map((layer, l) =>
          element(
            'path',
            {
              d: `${polyline([...edge(xs, tops[l], domain, plot), ...edge(xs, tops[l - 1] ?? bottom, domain, plot).toReversed()])}Z`,
              fill: layer.colour,
              'fill-opacity': layer.opacity,
              stroke: 'var(--paper)',
              'stroke-width': 0.75,
            },
            element('title', {}, escapeText(layer.name)),
          ),
        ),
        ...(chart.marks ?? []).map((mark) =>
          element(
            'line',
            {
              x1: plot.x(mark.x),
              x2: plot.x(mark.x),
              y1: plot.top - 6,
              y2: plot.bottom,
              stroke: 'var(--ink)',
              'stroke-width': 1.5,
              'stroke-dasharray': '3 3',
            },
            element('title', {}, escapeText(mark.name)),
          ),
        ),
        ...directLabels(
          layers.map((layer, l) => ({
            text: layer.name,
            colour: 'var(--ink)',
            y: plot.y(((tops[l].at(-1) ?? 0) + (tops[l - 1]?.at(-1) ?? 0)) / 2),
          })),
          plot,
        ),
      ];
    },
  );
}

/** Upper edges, [layer][x]. */
function stack(layers: readonly Layer[]): number[][] {
  let below: readonly number[] | undefined;
  return layers.map(({ shares }) => {
    const top = shares.map((share, i) => share + (below?.[i] ?? 0));
    below = top;
    return top;
  });
}

function edge(
  xs: readonly number[],
  heights: readonly number[],
  domain: readonly [number, number],
  plot: Plot,
): (readonly [number, number])[] {
  const points = xs.map((x, i) => [plot.x(x), plot.y(heights[i])] as const);
  const level = (x: number, i: number) => [plot.x(x), plot.y(heights[i])] as const;
  return [level(domain[0], 0), ...points, level(domain[1], xs.length - 1)];
}
