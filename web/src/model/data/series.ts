// Curves: the `series` blob, and what a plot draws of a complex curve.
import type { Port } from './ports';

export interface Curve {
  name: string;
  unit: string;
  x: Float64Array;
  /** Real values, or the real part. */
  re: Float64Array;
  /** Only of a complex curve. */
  im?: Float64Array;
}

export interface Series {
  x: { name: string; unit: string };
  curves: Curve[];
  /** Of S-parameters. */
  ports?: readonly Port[];
}

const COMPLEX_PARTS = [
  'dB',
  'magnitude',
  'phase',
  'phase unwrapped',
  'real',
  'imaginary',
  'vswr',
  'group delay',
] as const;

export type Part = (typeof COMPLEX_PARTS)[number];

const REAL_PARTS: readonly Part[] = ['real', 'dB', 'magnitude'];

function numbers(value: unknown): Float64Array | undefined {
  if (!Array.isArray(value)) return undefined;
  return Float64Array.from(value, (item) => (typeof item === 'number' ? item : Number.NaN));
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** Reads a `series` blob. Throws a sentence where it is none. */
export function parseSeries(bytes: ArrayBuffer): Series {
  const json = JSON.parse(new TextDecoder().decode(bytes)) as {
    x?: { name?: unknown; unit?: unknown; values?: unknown } | unknown[];
    curves?: Record<string, unknown>[];
  };
  if (!json || !Array.isArray(json.curves)) throw new Error('the series holds no curves');
  const axis = Array.isArray(json.x) ? { values: json.x } : (json.x ?? {});
  const sharedX = numbers((json as Record<string, unknown>).values) ?? numbers(axis.values);
  const curves = json.curves.map((curve, index): Curve => {
    const name = text(curve.name) || `curve ${index + 1}`;
    const re = numbers(curve.re) ?? numbers(curve.y);
    const x = numbers(curve.x) ?? sharedX;
    if (!re || !x) throw new Error(`the curve ${name} has no values`);
    const im = numbers(curve.im);
    const length = Math.min(x.length, re.length, im?.length ?? re.length);
    return {
      name,
      unit: text(curve.unit),
      x: x.subarray(0, length),
      re: re.subarray(0, length),
      ...(im ? { im: im.subarray(0, length) } : {}),
    };
  });
  return {
    x: { name: text((axis as { name?: unknown }).name), unit: text((axis as { unit?: unknown }).unit) },
    curves,
  };
}

export function isComplex(series: Series): boolean {
  return series.curves.some((curve) => curve.im !== undefined);
}

const inDecibels = (curve: Curve) => curve.unit === 'dB';

/** What curves can be drawn as; those in dB are neither taken in dB once more, nor are they linear. */
export function partsOf(curves: readonly Curve[]): readonly Part[] {
  if (curves.some((curve) => curve.im)) return COMPLEX_PARTS;
  return curves.some(inDecibels) ? ['real'] : REAL_PARTS;
}

/** 20 log10 |re + j im|, not below -300 dB. */
export function decibels(re: number, im = 0): number {
  return Math.max(-300, 20 * Math.log10(Math.hypot(re, im)));
}

/** Phase in degrees, -180 to 180. */
export function phaseDegrees(re: number, im: number): number {
  return (Math.atan2(im, re) * 180) / Math.PI;
}

/** Adds turns so that neighbours differ by no more than half a turn. Degrees. */
export function unwrap(phase: Float64Array): Float64Array {
  const whole = Float64Array.from(phase);
  for (let index = 1; index < whole.length; index += 1) {
    const step = (whole[index] as number) - (whole[index - 1] as number);
    if (Number.isFinite(step)) whole[index] = (whole[index] as number) - 360 * Math.round(step / 360);
  }
  return whole;
}

/** -dφ/dω by central differences; seconds where x is in Hz. */
function groupDelay(curve: Curve): Float64Array {
  const phase = unwrap(partOf(curve, 'phase'));
  return Float64Array.from(phase, (_, index) => {
    const a = Math.max(0, index - 1);
    const b = Math.min(phase.length - 1, index + 1);
    const step = (curve.x[b] as number) - (curve.x[a] as number);
    return step === 0 ? Number.NaN : -((phase[b] as number) - (phase[a] as number)) / 360 / step;
  });
}

/** One real curve of a complex one. */
export function partOf(curve: Curve, part: Part): Float64Array {
  const { re, im } = curve;
  const map = (of: (re: number, im: number) => number) =>
    Float64Array.from(re, (value, index) => of(value, im?.[index] ?? 0));
  switch (part) {
    case 'dB':
      return inDecibels(curve) ? Float64Array.from(re) : map(decibels);
    case 'magnitude':
      return map(Math.hypot);
    case 'phase':
      return map(phaseDegrees);
    case 'phase unwrapped':
      return unwrap(map(phaseDegrees));
    case 'imaginary':
      return map((_, imaginary) => imaginary);
    case 'vswr':
      return map((a, b) => {
        const size = Math.hypot(a, b);
        return size >= 1 ? Number.NaN : (1 + size) / (1 - size);
      });
    case 'group delay':
      return groupDelay(curve);
    default:
      return Float64Array.from(re);
  }
}

export function unitOf(part: Part, curve: Curve): string {
  if (part === 'dB') return 'dB';
  if (part === 'phase' || part === 'phase unwrapped') return '°';
  if (part === 'vswr') return '';
  return part === 'group delay' ? 's' : curve.unit;
}

/** The value at `x` by straight lines between the samples; NaN outside. */
export function interpolate(x: Float64Array, y: Float64Array, at: number): number {
  if (x.length === 0 || at < (x[0] as number) || at > (x[x.length - 1] as number)) return Number.NaN;
  let low = 0;
  let high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) <= at) low = middle;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [x[low], x[high], y[low], y[high]] as [number, number, number, number];
  return x1 === x0 ? y0 : y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

/** All curves as a table: one row for each x of any of them. */
export function toCsv(xName: string, curves: readonly { name: string; x: Float64Array; y: Float64Array }[]): string {
  const quote = (name: string) => (/[",\n]/.test(name) ? `"${name.replace(/"/g, '""')}"` : name);
  const rows = new Map<number, (number | undefined)[]>();
  for (const [column, curve] of curves.entries()) {
    curve.x.forEach((x, index) => {
      const row = rows.get(x) ?? [];
      row[column] = curve.y[index];
      rows.set(x, row);
    });
  }
  const head = [xName, ...curves.map((curve) => curve.name)].map(quote).join(',');
  const body = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([x, row]) => {
      const cells = curves.map((_, column) => {
        const value = row[column];
        return value === undefined || Number.isNaN(value) ? '' : String(value);
      });
      return [String(x), ...cells].join(',');
    });
  return `${[head, ...body].join('\n')}\n`;
}
