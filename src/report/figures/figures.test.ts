import { describe, expect, it } from 'vitest';
import { all, parseXml, type XmlElement } from '../../../test/report/xml.js';
import { spread } from './direct-labels.js';
import { intervalChart } from './interval-chart.js';
import { type LineChart, lineChart } from './line-chart.js';
import { stackedArea } from './stacked-area.js';
import { polyline } from './svg.js';

/** What a reader does: from the marks of the axes to the value at a pixel. */
function readAxes(svg: XmlElement, value: (mark: string) => number) {
  const quiet = all(svg, 'text').filter(({ attributes }) => attributes.class === 'quiet');
  const onY = quiet.filter(({ attributes }) => attributes['text-anchor'] === 'end');
  const onX = quiet.filter(
    ({ attributes, text }) => attributes['text-anchor'] === 'middle' && Number.isFinite(value(text)),
  );
  const line = (marks: XmlElement[], coordinate: 'x' | 'y', shift: number) => {
    const [a, b] = [marks[0], marks[marks.length - 1]];
    const pixel = (mark: XmlElement) => Number(mark.attributes[coordinate]) + shift;
    const slope = (value(b.text) - value(a.text)) / (pixel(b) - pixel(a));
    return (at: number) => value(a.text) + slope * (at - pixel(a));
  };
  return { x: line(onX, 'x', 0), y: line(onY, 'y', -4) };
}

const points = (path: string) =>
  [...path.matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

const chart: LineChart = {
  title: 'Rewards & <more>',
  x: { label: 'step', format: String },
  y: { label: 'reward', format: String },
  series: [
    {
      name: 'mean "x"',
      colour: 'blue',
      kind: 'line',
      points: [
        { x: 0, y: 0.1 },
        { x: 5, y: 0.4 },
        { x: 10, y: -0.2 },
      ],
      band: [
        { x: 0, low: 0, high: 0.2 },
        { x: 10, low: -0.3, high: 0 },
      ],
    },
    { name: 'datasets', colour: 'grey', kind: 'points', points: [{ x: 5, y: 0.25, note: 'a < b' }] },
  ],
  thresholds: [{ y: 0.3, name: 'tau' }],
  marks: [{ x: 5, name: 'promotion 1' }],
};

describe('lineChart', () => {
  const svg = parseXml(lineChart(chart));
  const axes = readAxes(svg, Number);

  it('is well-formed, with its title as text for readers and for eyes', () => {
    expect(svg.name).toBe('svg');
    expect(svg.attributes.xmlns).toBe('http://www.w3.org/2000/svg');
    expect(all(svg, 'title')[0].text).toBe('Rewards & <more>');
    expect(all(svg, 'text').map(({ text }) => text)).toEqual(
      expect.arrayContaining(['Rewards & <more>', 'step', 'reward', 'mean "x"', 'tau', 'promotion 1']),
    );
  });

  it('places a line where its values are', () => {
    const path = all(svg, 'path').find(({ attributes }) => attributes['stroke-width'] === '2.5');
    const read = points(path?.attributes.d ?? '').map(([x, y]) => [axes.x(x), axes.y(y)]);
    [
      [0, 0.1],
      [5, 0.4],
      [10, -0.2],
    ].forEach(([x, y], i) => {
      expect(read[i][0]).toBeCloseTo(x, 1);
      expect(read[i][1]).toBeCloseTo(y, 2);
    });
  });

  it('places points, thresholds and marks, and says what a point is', () => {
    const [dot] = all(svg, 'circle');
    expect(axes.x(Number(dot.attributes.cx))).toBeCloseTo(5, 1);
    expect(axes.y(Number(dot.attributes.cy))).toBeCloseTo(0.25, 2);
    expect(dot.text).toBe('a < b');
    const threshold = all(svg, 'line').find(({ attributes }) => attributes['stroke-dasharray'] === '2 4');
    expect(axes.y(Number(threshold?.attributes.y1))).toBeCloseTo(0.3, 2);
    const mark = all(svg, 'line').find(({ attributes }) => attributes.x1 === attributes.x2);
    expect(axes.x(Number(mark?.attributes.x1))).toBeCloseTo(5, 1);
  });

  it('names lines at their ends but not single points', () => {
    const names = all(svg, 'text').map(({ text }) => text);
    expect(names.filter((name) => name === 'mean "x"')).toHaveLength(1);
    expect(names).not.toContain('datasets');
  });

  it('draws a single point as a dot, and stands an empty series', () => {
    const single = { ...chart.series[0], points: [{ x: 0, y: 0.1 }], band: [] };
    const empty = { ...chart.series[0], name: 'empty', points: [], band: [] };
    const drawn = parseXml(lineChart({ ...chart, series: [single, empty] }));
    expect(all(drawn, 'circle')).toHaveLength(1);
    expect(drawn.text).not.toContain('empty');
    expect(drawn.text).not.toContain('NaN');
  });
});

describe('polyline', () => {
  it('breaks at a gap and gives a lone point a length of zero', () => {
    expect(polyline([[0, 1], [2, 3.456], undefined, [4, 5], undefined])).toBe('M0 1L2 3.46M4 5L4 5');
  });
});

describe('stackedArea', () => {
  const layers = [
    { name: 'a', colour: 'red', opacity: 1, shares: [0.25, 0.5] },
    { name: 'b', colour: 'blue', opacity: 1, shares: [0.75, 0.5] },
  ];
  const options = {
    title: 'Kinds',
    xs: [0, 1],
    x: { label: 'step', format: String, integers: true },
    y: { label: 'share', format: String },
    layers,
    marks: [{ x: 1, name: 'promotion 1' }],
  };

  it('stacks shares from the bottom, level half a step beyond the ends', () => {
    const svg = parseXml(stackedArea(options));
    const axes = readAxes(svg, Number);
    const [lower, upper] = all(svg, 'path')
      .filter(({ attributes }) => attributes.fill !== undefined)
      .map(({ attributes }) => points(attributes.d).map(([x, y]) => [axes.x(x), axes.y(y)]));
    const heights = (edge: number[][]) => edge.map(([, y]) => Math.round(y * 100) / 100);
    expect(heights(lower)).toEqual([0.25, 0.25, 0.5, 0.5, 0, 0, 0, 0]);
    expect(heights(upper)).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]);
    expect(lower[0][0]).toBeCloseTo(-0.5, 1);
    expect(lower[3][0]).toBeCloseTo(1.5, 1);
  });

  it('shows a single step as a column', () => {
    const one = stackedArea({ ...options, xs: [0], layers: layers.map((one) => ({ ...one, shares: [0.5] })) });
    const [path] = all(parseXml(one), 'path').filter(({ attributes }) => attributes.fill !== undefined);
    const xs = points(path.attributes.d).map(([x]) => x);
    expect(Math.max(...xs) - Math.min(...xs)).toBeGreaterThan(400);
    expect(one).not.toContain('NaN');
  });
});

describe('intervalChart', () => {
  it('places estimates and their intervals, groups side by side', () => {
    const values = [{ mean: 0.4, low: 0.3, high: 0.6, note: 'n' }];
    const svg = parseXml(
      intervalChart({
        title: 'pass@k',
        places: ['k = 1'],
        xLabel: 'k',
        y: { label: 'pass', domain: [0, 1], format: String },
        groups: [
          { name: 'PQ', colour: 'blue', values },
          { name: 'Hard-Only', colour: 'orange', values: [{ mean: 0, low: 0, high: 0.05, note: 'm' }] },
        ],
      }),
    );
    const [first, second] = all(svg, 'circle').map(({ attributes }) => [Number(attributes.cx), Number(attributes.cy)]);
    const bars = all(svg, 'g').map((group) => all(group, 'line')[0].attributes);
    // The axis from 0 to 1: its grid lines.
    const grid = all(svg, 'line').filter(({ attributes }) => attributes.class === 'grid');
    const [zero, one] = [Number(grid[0].attributes.y1), Number(grid[grid.length - 1].attributes.y1)];
    const y = (pixel: number) => (pixel - zero) / (one - zero);
    expect(y(first[1])).toBeCloseTo(0.4, 3);
    expect([y(Number(bars[0].y1)), y(Number(bars[0].y2))].map((v) => Math.round(v * 100) / 100)).toEqual([0.3, 0.6]);
    expect(y(Number(bars[1].y2))).toBeCloseTo(0.05, 3);
    expect(second[0]).toBeGreaterThan(first[0]);
  });
});

describe('spread', () => {
  it('leaves names that do not touch, and moves those that do at least a line apart, in order', () => {
    expect(spread([20, 60], 0, 100)).toEqual([20, 60]);
    const places = spread([50, 52, 51], 0, 100);
    expect(places[2] - places[0]).toBe(16);
    expect(places[1] - places[2]).toBe(16);
  });

  it('stays within its bounds', () => {
    expect(spread([98, 99], 0, 100)).toEqual([84, 100]);
    expect(spread([-5], 0, 100)).toEqual([0]);
  });
});
