// Where a field comes from: planes and thinned volumes of a view file, fetched one by one, or a whole VTK file.
import { type Axis, planeSamples, quantities, type Samples, volumeSamples } from './field';
import { countOf, type Part, partOf, type ViewFile } from './view-file';
import type { FieldGrid } from './vtr';

type Lines = [Float64Array, Float64Array, Float64Array];

/** One quantity at one moment or frequency. */
export interface FieldArray {
  /** As shown: `E at 2.45 GHz`. */
  name: string;
  complex: boolean;
  /** 3 for vectors, 1 for numbers. */
  components: number;
  /** Largest amplitude, if it is known. */
  maximum?: number;
  /** In seconds, for one of a row of snapshots. */
  time?: number;
}

export interface FieldPlane {
  axis: Axis;
  /** Where it crosses the axis, m. */
  at: number;
  /** Coordinates along its two directions, m. */
  u: Float64Array;
  v: Float64Array;
  /** u fastest. */
  samples: Samples;
}

export interface FieldVolume {
  lines: Lines;
  /** x fastest. */
  samples: Samples;
}

export interface FieldSource {
  lines: Lines;
  arrays: FieldArray[];
  /** True where planes across an axis can be shown. */
  across: [boolean, boolean, boolean];
  /** True where there is more than a plane. */
  solid: boolean;
  plane(array: number, axis: Axis, level: number, signal?: AbortSignal): Promise<FieldPlane>;
  /** The finest volume of no more points. */
  volume(array: number, mostPoints: number, signal?: AbortSignal): Promise<FieldVolume>;
}

function shape(lines: Lines): Pick<FieldSource, 'across' | 'solid'> {
  const wide = lines.map((line) => line.length > 1);
  const across = ([0, 1, 2] as const).map((axis) => wide.every((is, other) => is || other === axis));
  return { across: across as [boolean, boolean, boolean], solid: wide.every(Boolean) };
}

function vectors(bytes: ArrayBuffer, complex: boolean, scale: number): Samples {
  const raw = new Int16Array(bytes);
  if (!complex) return { components: 3, re: Float32Array.from(raw, (value) => value * scale) };
  const count = Math.floor(raw.length / 6);
  const re = new Float32Array(3 * count);
  const im = new Float32Array(3 * count);
  for (let point = 0; point < count; point += 1) {
    for (let axis = 0; axis < 3; axis += 1) {
      re[3 * point + axis] = raw[6 * point + axis] * scale;
      im[3 * point + axis] = raw[6 * point + 3 + axis] * scale;
    }
  }
  return { components: 3, re, im };
}

interface Told {
  name?: string;
  complex?: boolean;
  maximum?: number;
  time?: number;
  scale?: number;
  levels?: unknown[];
  planes?: unknown[];
}

/** A field of a view file. */
export async function fieldOfView(file: ViewFile): Promise<FieldSource> {
  const { header } = file;
  if (header.content !== 'field' || !Array.isArray(header.coordinates) || !Array.isArray(header.arrays)) {
    throw new Error('the view file holds no field');
  }
  const lines = (await Promise.all(
    header.coordinates.map(async (part) => new Float64Array(await file.part(partOf(part)))),
  )) as Lines;
  if (lines.length !== 3 || lines.some((line) => line.length === 0)) throw new Error('the field has no coordinates');
  const told = header.arrays as Told[];
  const levels = (Array.isArray(header.levels) ? header.levels : []).map((level) => ({
    stride: Math.max(1, countOf(level.stride)),
    points: (level.size as unknown[]).map(countOf).reduce((product, count) => product * count, 1),
  }));
  const about = (array: number) => told[array] as Told;
  const load = async (part: Part, array: number, points: number, signal?: AbortSignal) => {
    const { complex = false, scale = 0 } = about(array);
    if (part.bytes !== points * (complex ? 12 : 6)) throw new Error(`${about(array).name} does not fit its points`);
    return vectors(await file.part(part, signal), complex, scale);
  };
  return {
    lines,
    ...shape(lines),
    arrays: told.map((one) => ({
      name: String(one.name ?? ''),
      complex: one.complex === true,
      components: 3,
      ...(typeof one.maximum === 'number' ? { maximum: one.maximum } : {}),
      ...(typeof one.time === 'number' ? { time: one.time } : {}),
    })),
    plane: async (array, axis, level, signal) => {
      const [first, second] = ACROSS[axis];
      const [u, v] = [lines[first], lines[second]];
      const whole = partOf(about(array).planes?.[axis]);
      const bytes = whole.bytes / lines[axis].length;
      const part = { offset: whole.offset + bytes * level, bytes };
      return { axis, at: lines[axis][level], u, v, samples: await load(part, array, u.length * v.length, signal) };
    },
    volume: async (array, mostPoints, signal) => {
      const fitting = levels.findLastIndex((level) => level.points <= mostPoints);
      const chosen = Math.max(0, fitting);
      const level = levels[chosen];
      if (!level) throw new Error('the field has no volume');
      const thin = lines.map((line) => thinned(line, level.stride)) as Lines;
      const part = partOf(about(array).levels?.[chosen]);
      return { lines: thin, samples: await load(part, array, level.points, signal) };
    },
  };
}

/** The two axes of a plane across each axis. */
export const ACROSS = [
  [1, 2],
  [0, 2],
  [0, 1],
] as const;

/** Every so many of the coordinates, and the last. */
export function thinned(line: Float64Array, stride: number): Float64Array {
  const kept = line.filter((_, index) => index % stride === 0);
  const last = line.length - 1;
  return last % stride === 0 ? kept : Float64Array.of(...kept, line[last]);
}

/** A field of a VTK file, for what comes without a view file. */
export function fieldOfVtr(grid: FieldGrid): FieldSource {
  const found = quantities(grid);
  const ofCells = found.some((quantity) => quantity.re.ofCells);
  const middles = (line: Float64Array) =>
    line.length < 2 ? line : Float64Array.from({ length: line.length - 1 }, (_, at) => (line[at] + line[at + 1]) / 2);
  const lines = (ofCells ? grid.coordinates.map(middles) : grid.coordinates) as Lines;
  const size = lines.map((line) => line.length) as [number, number, number];
  return {
    lines,
    ...shape(lines),
    arrays: found.map((quantity) => ({
      name: quantity.label,
      complex: quantity.im !== undefined,
      components: quantity.re.components,
    })),
    plane: async (array, axis, level) => {
      const [first, second] = ACROSS[axis];
      const samples = planeSamples(size, found[array], axis, level);
      return { axis, at: lines[axis][level], u: lines[first], v: lines[second], samples };
    },
    volume: async (array, mostPoints) => {
      let stride = 1;
      const points = () => size.reduce((product, count) => product * Math.ceil(count / stride + 1), 1);
      if (size[0] * size[1] * size[2] > mostPoints) while (points() > mostPoints) stride += 1;
      const thin = lines.map((line) => thinned(line, stride)) as Lines;
      return { lines: thin, samples: volumeSamples(size, found[array], stride) };
    },
  };
}
