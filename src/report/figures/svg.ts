/** SVG text from elements: escaped, numbers short. Pure. */
import { escapeText } from '../escape.js';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** `children` are SVG already (elements, or text through `escapeText`). Undefined attributes are left out. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const listed = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeText(String(value))}"`)
    .join('');
  return children.length === 0 ? `<${name}${listed}/>` : `<${name}${listed}>${children.join('')}</${name}>`;
}

export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeText(text));
}

/** The path data of a polyline; an undefined point breaks it. A point on its own is a line of no length: with round ends, a dot. */
export function polyline(points: readonly (readonly [x: number, y: number] | undefined)[]): string {
  return points
    .map((point, i) => {
      if (!point) return '';
      const place = `${short(point[0])} ${short(point[1])}`;
      if (points[i - 1]) return `L${place}`;
      return points[i + 1] ? `M${place}` : `M${place}L${place}`;
    })
    .join('');
}

/** Two decimals of a pixel at most. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
