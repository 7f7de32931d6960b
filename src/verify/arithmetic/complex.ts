/**
 * Complex doubles that carry a bound on their own rounding error, so that a difference of two huge terms is known to mean nothing.
 * Every function is first-order: the bound follows the derivative. NaN stands for "no value".
 */

export interface Complex {
  readonly re: number;
  readonly im: number;
  /** Bound on |computed - true|. */
  readonly err: number;
}

const epsilon = 2 ** -52;

export function real(re: number): Complex {
  return { re, im: 0, err: Math.abs(re) * epsilon };
}

export function complex(re: number, im: number, err: number): Complex {
  return { re, im, err };
}

export const noValue: Complex = { re: Number.NaN, im: Number.NaN, err: Number.POSITIVE_INFINITY };
export const imaginaryUnit: Complex = { re: 0, im: 1, err: 0 };

export function modulus(z: Complex): number {
  return z.im === 0 ? Math.abs(z.re) : Math.hypot(z.re, z.im);
}

export function isDefined(z: Complex): boolean {
  return Number.isFinite(z.re) && Number.isFinite(z.im) && Number.isFinite(z.err);
}

/** Real as far as its error tells. */
export function isReal(z: Complex): boolean {
  return z.im === 0 || Math.abs(z.im) <= 4 * z.err;
}

export function add(a: Complex, b: Complex): Complex {
  const re = a.re + b.re;
  const im = a.im + b.im;
  return { re, im, err: a.err + b.err + epsilon * (Math.abs(re) + Math.abs(im)) };
}

export function negate(a: Complex): Complex {
  return { re: -a.re, im: -a.im, err: a.err };
}

export function multiply(a: Complex, b: Complex): Complex {
  const re = a.im === 0 && b.im === 0 ? a.re * b.re : a.re * b.re - a.im * b.im;
  const im = a.im === 0 && b.im === 0 ? 0 : a.re * b.im + a.im * b.re;
  const [m, n] = [modulus(a), modulus(b)];
  return { re, im, err: m * b.err + n * a.err + a.err * b.err + 4 * epsilon * m * n };
}

export function divide(a: Complex, b: Complex): Complex {
  const n = modulus(b);
  if (n <= b.err || n === 0) return noValue;
  const m = modulus(a);
  const err = (a.err + (m / n) * b.err) / n + 4 * epsilon * (m / n);
  if (a.im === 0 && b.im === 0) return { re: a.re / b.re, im: 0, err };
  const [p, q] = [b.re / n, b.im / n];
  return { re: (a.re * p + a.im * q) / n, im: (a.im * p - a.re * q) / n, err };
}

export function exp(z: Complex): Complex {
  const size = Math.exp(z.re);
  const err = size * (z.err + 4 * epsilon);
  return z.im === 0 ? { re: size, im: 0, err } : { re: size * Math.cos(z.im), im: size * Math.sin(z.im), err };
}

/** Principal branch. */
export function log(z: Complex): Complex {
  const size = modulus(z);
  if (size <= z.err) return noValue;
  const re = Math.log(size);
  const im = z.im === 0 && z.re > 0 ? 0 : Math.atan2(z.im, z.re);
  return { re, im, err: z.err / size + 2 * epsilon * (Math.abs(re) + Math.abs(im)) };
}

/** Principal square root. */
export function sqrt(z: Complex): Complex {
  const size = modulus(z);
  if (size === 0) return { re: 0, im: 0, err: Math.sqrt(z.err) };
  const root = Math.sqrt(size);
  const err = z.err / (2 * root) + 4 * epsilon * root;
  if (z.im === 0) return z.re > 0 ? { re: root, im: 0, err } : { re: 0, im: root, err };
  const half = Math.atan2(z.im, z.re) / 2;
  return { re: root * Math.cos(half), im: root * Math.sin(half), err };
}

/** z^w on the principal branch; integer powers of any base are repeated products or the platform's power. */
export function power(z: Complex, w: Complex): Complex {
  const size = modulus(z);
  if (w.im === 0 && z.im === 0 && (z.re > 0 || Number.isInteger(w.re))) {
    if (z.re === 0) return w.re > 0 ? { re: 0, im: 0, err: z.err } : noValue;
    const re = z.re ** w.re;
    const relative = (Math.abs(w.re) * z.err) / size + Math.abs(Math.log(size)) * w.err + 4 * epsilon;
    return { re, im: 0, err: Math.abs(re) * relative };
  }
  if (w.im === 0 && Number.isInteger(w.re) && Math.abs(w.re) <= 64) {
    let out = real(1);
    for (let i = 0; i < Math.abs(w.re); i++) out = multiply(out, z);
    return w.re < 0 ? divide(real(1), out) : out;
  }
  if (size <= z.err) return noValue;
  return exp(multiply(w, log(z)));
}

export function sine(z: Complex): Complex {
  if (z.im === 0) return trigonometric(Math.sin(z.re), Math.cos(z.re), z);
  const [c, s] = [Math.cosh(z.im), Math.sinh(z.im)];
  return complex(Math.sin(z.re) * c, Math.cos(z.re) * s, c * (z.err + 4 * epsilon * (1 + Math.abs(z.re))));
}

export function cosine(z: Complex): Complex {
  if (z.im === 0) return trigonometric(Math.cos(z.re), Math.sin(z.re), z);
  const [c, s] = [Math.cosh(z.im), Math.sinh(z.im)];
  return complex(Math.cos(z.re) * c, -Math.sin(z.re) * s, c * (z.err + 4 * epsilon * (1 + Math.abs(z.re))));
}

function trigonometric(value: number, slope: number, z: Complex): Complex {
  // The argument itself may be off by its rounding: sin(pi) is not zero but within its error of it.
  const err = Math.abs(slope) * (z.err + epsilon * Math.abs(z.re)) + 2 * epsilon * Math.abs(value) + z.err * z.err;
  return { re: value, im: 0, err };
}

/** A real function of a real argument; `slope` is |f'| there. */
export function realFunction(z: Complex, value: number, slope: number): Complex {
  if (!isReal(z) || !Number.isFinite(value)) return noValue;
  return { re: value, im: 0, err: slope * z.err + 8 * epsilon * Math.abs(value) };
}
