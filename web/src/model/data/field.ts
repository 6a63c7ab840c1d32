// Fields: which arrays belong together as real and imaginary part, what is shown of them, and their colours.
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

/** Vectors or numbers at points; phasors have an imaginary part. */
export interface Samples {
  components: number;
  re: Float32Array;
  im?: Float32Array;
}

/** Amplitude, or the value at an instant: Re(f e^{jφ}), φ in radians. */
function valueAt({ components: count, re, im }: Samples, index: number, show: Show, phase: number | undefined): number {
  const one = (component: number) => {
    const a = re[index * count + component];
    if (!im) return a;
    const b = im[index * count + component];
    return phase === undefined ? Math.hypot(a, b) : a * Math.cos(phase) - b * Math.sin(phase);
  };
  if (count === 1) return one(0);
  if (show !== 'magnitude') return one({ x: 0, y: 1, z: 2 }[show]);
  let sum = 0;
  for (let component = 0; component < count; component += 1) sum += one(component) ** 2;
  return Math.sqrt(sum);
}

/** What is shown of samples, a number each; `phase` absent gives amplitudes. */
export function valuesOf(samples: Samples, show: Show, phase?: number): Float32Array {
  const count = samples.re.length / samples.components;
  return Float32Array.from({ length: count }, (_, index) => valueAt(samples, index, show, phase));
}

type Size = readonly [number, number, number];

function gathered(quantity: Quantity, indices: readonly number[]): Samples {
  const { components } = quantity.re;
  const take = (array: FieldArray) => {
    const values = new Float32Array(indices.length * components);
    indices.forEach((index, at) => {
      for (let c = 0; c < components; c += 1) values[at * components + c] = array.values[index * components + c];
    });
    return values;
  };
  return { components, re: take(quantity.re), ...(quantity.im ? { im: take(quantity.im) } : {}) };
}

/** The samples on the plane of number `level` across `axis`, the earlier one of the other axes fastest. */
export function planeSamples(size: Size, quantity: Quantity, axis: Axis, level: number): Samples {
  const [first, second] = axis === 0 ? ([1, 2] as const) : axis === 1 ? ([0, 2] as const) : ([0, 1] as const);
  const steps = [1, size[0], size[0] * size[1]];
  const base = Math.max(0, Math.min(size[axis] - 1, level)) * steps[axis];
  const indices: number[] = [];
  for (let j = 0; j < size[second]; j += 1)
    for (let i = 0; i < size[first]; i += 1) indices.push(base + i * steps[first] + j * steps[second]);
  return gathered(quantity, indices);
}

/** Every so many of the samples of a volume along each axis, and the last ones. */
export function volumeSamples(size: Size, quantity: Quantity, stride: number): Samples {
  const along = size.map((count) =>
    Array.from({ length: count }, (_, index) => index).filter((index) => index % stride === 0 || index === count - 1),
  );
  const indices: number[] = [];
  for (const k of along[2])
    for (const j of along[1]) for (const i of along[0]) indices.push(i + size[0] * (j + size[1] * k));
  return gathered(quantity, indices);
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
