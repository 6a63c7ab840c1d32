// Markers of a plot: places on the axis along, where the values of all curves are read.
import { interpolate } from './series';

export interface Marker {
  /** Stays when the marker is moved. */
  id: number;
  x: number;
}

export type Range = [number, number];

/** The values of a curve along an axis. */
interface Values {
  x: Float64Array;
  y: Float64Array;
}

/** As many as stay readable in a plot. */
const MOST = 8;

/** With one more marker; the oldest goes where they would be too many. */
export function withMarker(markers: readonly Marker[], x: number): Marker[] {
  const id = Math.max(0, ...markers.map((marker) => marker.id)) + 1;
  return [...markers.slice(1 - MOST), { id, x }];
}

export function withPlace(markers: readonly Marker[], id: number, x: number): Marker[] {
  return markers.map((marker) => (marker.id === id ? { id, x } : marker));
}

/** Where a curve is lowest or highest within a range; `undefined` if it has no values there. */
export function extremeAt({ x, y }: Values, which: 'lowest' | 'highest', [from, to]: Range): number | undefined {
  const sign = which === 'lowest' ? 1 : -1;
  let best = Number.POSITIVE_INFINITY;
  let found: number | undefined;
  y.forEach((value, at) => {
    const place = x[at] as number;
    if (place < from || place > to || !(sign * value < best)) return;
    [best, found] = [sign * value, place];
  });
  return found;
}

/** What a curve has at a marker more than at another one; NaN where either has no value. */
export function difference({ x, y }: Values, at: number, from: number): number {
  return interpolate(x, y, at) - interpolate(x, y, from);
}

const SIZES: { [prefix: string]: number } = {
  T: 1e12,
  G: 1e9,
  M: 1e6,
  k: 1e3,
  m: 1e-3,
  µ: 1e-6,
  u: 1e-6,
  n: 1e-9,
  p: 1e-12,
  f: 1e-15,
};

/** A place as it is typed: `2.4 GHz`, `2.4G`, `2.4e9`. */
export function parsePlace(text: string, unit: string): number | undefined {
  const [, digits = '', rest = ''] = /^\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(\S*)\s*$/i.exec(text) ?? [];
  const value = digits === '' ? Number.NaN : Number(digits);
  if (!Number.isFinite(value)) return undefined;
  if (rest === '' || rest === unit) return value;
  const size = SIZES[rest.charAt(0)];
  const named = rest.slice(1);
  return size !== undefined && (named === '' || named === unit) ? value * size : undefined;
}
