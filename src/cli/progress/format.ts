/** Numbers as a person reads them at a glance. Pure. */

/** `7 s`, `1:43`, `2:05:00`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `950`, `8.4k`, `98k`, `1.2M`. */
export function count(n: number): string {
  if (n < 1000) return String(Math.round(n));
  const [scaled, unit] = n < 999_500 ? [n / 1e3, 'k'] : n < 999_500_000 ? [n / 1e6, 'M'] : [n / 1e9, 'G'];
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`;
}

export const percent = (share: number) => `${Math.round(share * 100)} %`;

export const reward = (value: number) => (value < 0 ? '' : ' ') + value.toFixed(4);

/** `width` cells, `share` of them full. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

const ticks = '▁▂▃▄▅▆▇█';

/** One character per value, from the least (at most 0) to the greatest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low + 1e-9);
  return values.map((value) => ticks[Math.round(((value - low) / (high - low)) * (ticks.length - 1))]).join('');
}

/** The commonest kinds with their shares, most first. */
export function topKinds(kinds: Readonly<Record<string, number>>, most: number): { kind: string; share: number }[] {
  const total = Object.values(kinds).reduce((a, b) => a + b, 0);
  return Object.entries(kinds)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([kind, n]) => ({ kind, share: n / total }));
}
