/**
 * The kinds of the teacher's questions as layers of an area: kinds of one family with a number (`program-1`, `program-2`)
 * share a hue that deepens with the number; what never matters much is folded into `other`. Pure.
 */
import type { Layer } from './figures/stacked-area.js';
import { type Colour, colour } from './figures/style.js';

const hues: readonly Colour[] = ['blue', 'orange', 'green', 'purple', 'amber', 'sky', 'ink'];
/** A kind below this share at every step is folded. */
const smallest = 0.04;
const most = 12;

/** [step] counts by kind -> layers with shares, [step]. Families by size, the largest at the bottom; `other` on top. */
export function kindLayers(steps: readonly Readonly<Record<string, number>>[]): Layer[] {
  const totals = steps.map((counts) => sum(Object.values(counts)));
  const names = [...new Set(steps.flatMap((counts) => Object.keys(counts)))].sort();
  const kinds = names.map((name) => {
    const shares = steps.map((counts, s) => (totals[s] > 0 ? (counts[name] ?? 0) / totals[s] : 0));
    return { name, ...familyOf(name), shares, peak: Math.max(...shares), total: sum(shares) };
  });
  const shown = kinds
    .filter((kind) => kind.peak >= smallest)
    .sort((a, b) => b.total - a.total)
    .slice(0, most);
  const families = [...new Set(shown.map((kind) => kind.family))]
    .map((family) => shown.filter((kind) => kind.family === family).sort((a, b) => a.number - b.number))
    .sort((a, b) => sum(b.map((kind) => kind.total)) - sum(a.map((kind) => kind.total)));
  const layers = families.flatMap((members, f) =>
    members.map(({ name, shares }, m): Layer => {
      const depth = members.length > 1 ? m / (members.length - 1) : 1;
      return { name, shares, colour: colour(hues[f % hues.length]), opacity: 0.25 + 0.7 * depth };
    }),
  );
  const folded = kinds.filter((kind) => !shown.includes(kind));
  if (folded.length === 0) return layers;
  const shares = steps.map((_, s) => sum(folded.map((kind) => kind.shares[s])));
  return [...layers, { name: 'other', shares, colour: colour('grey'), opacity: 0.5 }];
}

function familyOf(name: string): { family: string; number: number } {
  const match = /^(.+?)[-_ ]?(\d+)$/.exec(name);
  return match ? { family: match[1], number: Number(match[2]) } : { family: name, number: 0 };
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
