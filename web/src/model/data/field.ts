// Planes through a field: which arrays belong together as real and imaginary part, the values on a plane, and
// their colours.
import type { FieldArray, FieldGrid } from './vtr';

export interface Quantity {
  /** As shown: `E`, `E at 2.45 GHz`. */
  label: string;
  re: FieldArray;
  im?: FieldArray;
}

const SUFFIX = /[\s_.,-]*[([]?\b(re|real|im|imag|imaginary)\b[)\]]?/i;

function split(name: string): { stem: string; part: 're' | 'im' | '' } {
  const spaced = name.replace(/_/g, ' ');
  const match = SUFFIX.exec(spaced);
  if (!match) return { stem: name, part: '' };
  const stem = (spaced.slice(0, match.index) + spaced.slice(match.index + match[0].length)).trim();
  return { stem, part: match[1]?.toLowerCase().startsWith('re') ? 're' : 'im' };
}

/** The quantities of a field; arrays that differ only in real or imaginary make one. */
export function quantities(grid: FieldGrid): Quantity[] {
  const byStem = new Map<string, { re?: FieldArray; im?: FieldArray }>();
  const found: Quantity[] = [];
  for (const array of grid.arrays) {
    const { stem, part } = split(array.name);
    if (part === '') found.push({ label: array.name, re: array });
    else byStem.set(stem, { ...byStem.get(stem), [part]: array });
  }
  for (const [stem, { re, im }] of byStem) {
    if (re) found.push({ label: stem || re.name, re, ...(im ? { im } : {}) });
    else if (im) found.push({ label: im.name, re: im });
  }
  return found;
}

export type Show = 'magnitude' | 'x' | 'y' | 'z';
export type Axis = 0 | 1 | 2;

export interface Plane {
  /** Coordinates of the grid lines along the plane's two directions. */
  u: Float64Array;
  v: Float64Array;
  /** Values, u fastest. */
  values: Float32Array;
}

/** Amplitude, or the value at an instant: Re(f e^{jφ}), φ in radians. */
function valueAt(quantity: Quantity, index: number, show: Show, phase: number | undefined): number {
  const { re, im } = quantity;
  const count = re.components;
  const one = (component: number) => {
    const a = re.values[index * count + component] as number;
    if (!im) return a;
    const b = im.values[index * count + component] as number;
    return phase === undefined ? Math.hypot(a, b) : a * Math.cos(phase) - b * Math.sin(phase);
  };
  if (count === 1) return one(0);
  if (show !== 'magnitude') return one({ x: 0, y: 1, z: 2 }[show]);
  let sum = 0;
  for (let component = 0; component < count; component += 1) sum += one(component) ** 2;
  return Math.sqrt(sum);
}

/** The values on the plane of number `at` across `axis`; `phase` absent gives amplitudes. */
export function planeOf(
  grid: FieldGrid,
  quantity: Quantity,
  axis: Axis,
  at: number,
  show: Show,
  phase?: number,
): Plane {
  const [first, second] = axis === 0 ? ([1, 2] as const) : axis === 1 ? ([0, 2] as const) : ([0, 1] as const);
  const lines = (of: Axis) => {
    const points = grid.coordinates[of];
    if (!quantity.re.ofCells || points.length < 2) return points;
    return Float64Array.from(
      { length: points.length - 1 },
      (_, i) => ((points[i] as number) + (points[i + 1] as number)) / 2,
    );
  };
  const [u, v] = [lines(first), lines(second)];
  const size = ([0, 1, 2] as const).map((of) => lines(of).length);
  const level = Math.max(0, Math.min((size[axis] as number) - 1, at));
  const values = new Float32Array(u.length * v.length);
  const place = [0, 0, 0];
  place[axis] = level;
  for (let j = 0; j < v.length; j += 1) {
    for (let i = 0; i < u.length; i += 1) {
      place[first] = i;
      place[second] = j;
      const index =
        (place[0] as number) +
        (size[0] as number) * ((place[1] as number) + (size[1] as number) * (place[2] as number));
      values[j * u.length + i] = valueAt(quantity, index, show, phase);
    }
  }
  return { u, v, values };
}

export function rangeOf(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : [0, 0];
}

export type ColourMap = 'viridis' | 'turbo' | 'coolwarm' | 'grey';

const STOPS: Record<ColourMap, string[]> = {
  viridis: ['440154', '472d7b', '3b528b', '2c728e', '21918c', '28ae80', '5ec962', 'addc30', 'fde725'],
  turbo: ['30123b', '4662d7', '36aaf9', '1ae4b6', '72fe5e', 'c8ef34', 'faba39', 'f66b19', 'cb2a04', '7a0403'],
  coolwarm: ['3b4cc0', '6788ee', '9abbff', 'c9d7f0', 'edd1c2', 'f7a889', 'e26952', 'b40426'],
  grey: ['000000', 'ffffff'],
};

/** 256 colours, 4 bytes each. */
export function colourTable(map: ColourMap): Uint8ClampedArray<ArrayBuffer> {
  const stops = STOPS[map].map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(1024);
  for (let index = 0; index < 256; index += 1) {
    const at = (index / 255) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(at));
    for (let channel = 0; channel < 3; channel += 1) {
      const [a, b] = [stops[low]?.[channel] ?? 0, stops[low + 1]?.[channel] ?? 0];
      table[index * 4 + channel] = a + (b - a) * (at - low);
    }
    table[index * 4 + 3] = 255;
  }
  return table;
}

/** 0 to 255 for a value in a range, linear or in dB below the range's top. */
export function colourIndex(value: number, low: number, high: number, decibelSpan?: number): number {
  if (!Number.isFinite(value)) return 0;
  let share: number;
  if (decibelSpan) {
    const top = Math.max(Math.abs(low), Math.abs(high));
    share = top > 0 ? 1 + (20 * Math.log10(Math.abs(value) / top)) / decibelSpan : 0;
  } else share = high > low ? (value - low) / (high - low) : 0;
  return Math.max(0, Math.min(255, Math.round(share * 255)));
}
