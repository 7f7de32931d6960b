/** Lines over a common axis, with bands, single points, thresholds and marked places. Pure. */

import { escapeText } from '../escape.js';
import { type DirectLabel, directLabels, labelRoom } from './direct-labels.js';
import { type Axis, frame, type Plot } from './frame.js';
import { extent, niceDomain, type Range } from './scale.js';
import { type Colour, colour } from './style.js';
import { element, label, polyline } from './svg.js';

export interface Point {
  readonly x: number;
  /** Not finite: a gap in the line. */
  readonly y: number;
  /** Shown when the pointer rests on a single point. */
  readonly note?: string;
}

export interface Series {
  readonly name: string;
  readonly colour: Colour;
  readonly points: readonly Point[];
  /** Shaded from low to high. */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  /** `points` draws them unconnected and small; a line's name stands at its end. */
  readonly kind: 'line' | 'thin-line' | 'dashed' | 'points';
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Omit<Axis, 'domain'> & { readonly domain?: Range };
  /** Its domain spans the data, and zero where `zero` is set. */
  readonly y: Omit<Axis, 'domain'> & { readonly zero?: boolean };
  readonly series: readonly Series[];
  readonly thresholds?: readonly { readonly y: number; readonly name: string }[];
  /** Vertical lines, named at the top. */
  readonly marks?: readonly { readonly x: number; readonly name: string }[];
}

const strokeWidth = { line: 2.5, 'thin-line': 1.25, dashed: 1.75, points: 0 } as const;

export function lineChart(chart: LineChart): string {
  const { series, thresholds = [], marks = [] } = chart;
  const values = series.flatMap(({ points, band = [] }) => [
    ...points.map((point) => point.y),
    ...band.flatMap(({ low, high }) => [low, high]),
  ]);
  const x = { ...chart.x, domain: chart.x.domain ?? extent(series.flatMap(({ points }) => points.map((p) => p.x))) };
  const spanned = [...values, ...thresholds.map((t) => t.y), ...(chart.y.zero ? [0] : [])];
  const y = { ...chart.y, domain: niceDomain(extent(spanned), 10) };
  const { title, subtitle } = chart;
  const right = labelRoom([...series.filter(({ kind }) => kind !== 'points'), ...thresholds].map(({ name }) => name));
  return frame(
    { title, ...(subtitle !== undefined && { subtitle }), x, y, right, above: marks.length > 0 ? 30 : 16 },
    (plot) => [
      ...marks.flatMap((mark) => drawMark(mark, plot)),
      ...thresholds.map(({ y: value }) =>
        element('line', {
          x1: plot.left,
          x2: plot.right,
          y1: plot.y(value),
          y2: plot.y(value),
          stroke: colour('ink'),
          'stroke-dasharray': '2 4',
        }),
      ),
      ...series.map((one) => drawBand(one, plot)),
      ...series.map((one) => drawSeries(one, plot)),
      ...directLabels(
        [
          ...series.flatMap((one) => endLabel(one, plot)),
          ...thresholds.map((one) => ({
            text: one.name,
            colour: colour('ink'),
            y: plot.y(one.y),
          })),
        ],
        plot,
      ),
    ],
  );
}

function drawBand({ band = [], colour: hue }: Series, plot: Plot): string {
  if (band.length === 0) return '';
  const upper = band.map(({ x, high }) => [plot.x(x), plot.y(high)] as const);
  const lower = band.map(({ x, low }) => [plot.x(x), plot.y(low)] as const).toReversed();
  return element('path', { d: `${polyline([...upper, ...lower])}Z`, fill: colour(hue), 'fill-opacity': 0.16 });
}

function drawSeries({ name, points, kind, colour: hue }: Series, plot: Plot): string {
  const finite = points.filter(({ y }) => Number.isFinite(y));
  if (kind !== 'points' && finite.length > 1) {
    return element('path', {
      class: 'line',
      d: polyline(points.map(({ x, y }) => (Number.isFinite(y) ? ([plot.x(x), plot.y(y)] as const) : undefined))),
      stroke: colour(hue),
      'stroke-width': strokeWidth[kind],
      'stroke-dasharray': kind === 'dashed' ? '6 4' : undefined,
    });
  }
  return finite
    .map(({ x, y, note }) => {
      const title = element('title', {}, escapeText(note ?? name));
      const size = kind === 'points' ? { r: 2.5, 'fill-opacity': 0.45 } : { r: 3.5 };
      return element('circle', { cx: plot.x(x), cy: plot.y(y), fill: colour(hue), ...size }, title);
    })
    .join('');
}

function endLabel({ name, points, kind, colour: hue }: Series, plot: Plot): DirectLabel[] {
  const last = points.findLast(({ y }) => Number.isFinite(y));
  if (!last || kind === 'points') return [];
  return [{ text: name, colour: colour(hue), y: plot.y(last.y) }];
}

function drawMark({ x, name }: { readonly x: number; readonly name: string }, plot: Plot): string[] {
  const at = plot.x(x);
  return [
    element('line', { x1: at, x2: at, y1: plot.top, y2: plot.bottom, stroke: colour('orange'), 'stroke-width': 1.25 }),
    element('path', {
      d: `M${at - 5} ${plot.top}L${at + 5} ${plot.top}L${at} ${plot.top + 8}Z`,
      fill: colour('orange'),
    }),
    label(at, plot.top - 4, name, { 'text-anchor': 'middle', style: `fill:${colour('orange')}` }),
  ];
}
