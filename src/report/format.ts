/** Numbers as people read them. Pure. */

/** A share as per cent without its sign: 0.4123 is `41.2`. Minus is U+2212. */
export function percent(share: number, digits = 1): string {
  return minus((share * 100).toFixed(digits));
}

/** A difference of shares in percentage points, always with its sign: `+41.2`, `−0.3`, `0.0`. */
export function signedPercent(share: number, digits = 1): string {
  const text = percent(share, digits);
  return /^[−]|^[0.]+$/.test(text) ? text : `+${text}`;
}

/** Three significant digits with a unit: `950`, `12.3k`, `4.56M`, `1.20G`. */
export function compact(count: number): string {
  for (const [unit, size] of units) {
    // 999,500 rounds to 1.00M, not to 1000k.
    if (count >= size * 0.9995) return `${(count / size).toPrecision(3)}${unit}`;
  }
  return String(Math.round(count));
}

const units = [
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const;

/** `8.4 s`, `6 min 12 s`, `3 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

const pad = (number: number) => String(number).padStart(2, '0');

/** Zero never bears a sign. */
function minus(text: string): string {
  return /^-[0.]+$/.test(text) ? text.slice(1) : text.replace('-', '\u2212');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1,234`, `12.30`, `0.0042`: two digits after the point, more where there would be none that count. */
export function amount(sum: number): string {
  const digits = sum >= 100 ? 0 : sum >= 0.1 || sum === 0 ? 2 : 4;
  return sum.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const money = (sum: number, unit: string) => `${amount(sum)} ${unit}`;
