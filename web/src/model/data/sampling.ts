// Fields between their points: on regular lattices for arrows, and as textures for surfaces.
import type { Samples } from './field';

type Lines = readonly [Float64Array, Float64Array, Float64Array];

/** The number of the line at or before a place, and how far it is to the next, from 0 to 1. */
export function locate(lines: Float64Array, at: number): [number, number] {
  let low = 0;
  let high = Math.max(0, lines.length - 1);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (lines[middle] <= at) low = middle;
    else high = middle;
  }
  const span = lines[high] - lines[low];
  return [low, span > 0 ? Math.max(0, Math.min(1, (at - lines[low]) / span)) : 0];
}

export interface Lattice {
  /** 3 numbers a point, m. */
  points: Float32Array;
  /** From one point to the next, m; the smallest of the three directions. */
  step: number;
  samples: Samples;
}

/** Evenly spaced points over the extent of a grid, about so many, with the vectors there. */
export function regular(lines: Lines, samples: Samples, count: number): Lattice {
  const extent = lines.map((line) => line[line.length - 1] - line[0]);
  const wide = extent.filter((length) => length > 0);
  const size = wide.reduce((product, length) => product * length, 1);
  const step = wide.length > 0 ? (size / Math.max(1, count)) ** (1 / wide.length) : 1;
  const along = lines.map((line, axis) => {
    const cells = extent[axis] > 0 ? Math.max(1, Math.round(extent[axis] / step)) : 1;
    // In the middles of cells, so that no arrow stands on the border.
    return Array.from({ length: cells }, (_, at) => line[0] + ((at + 0.5) / cells) * extent[axis]);
  });
  const places = along.map((list, axis) => list.map((at) => locate(lines[axis], at)));
  const total = along[0].length * along[1].length * along[2].length;
  const points = new Float32Array(total * 3);
  const take = (values: Float32Array) => between(lines, values, samples.components, places, total);
  let at = 0;
  for (const z of along[2])
    for (const y of along[1])
      for (const x of along[0]) {
        points.set([x, y, z], at);
        at += 3;
      }
  return {
    points,
    step,
    samples: {
      components: samples.components,
      re: take(samples.re),
      ...(samples.im ? { im: take(samples.im) } : {}),
    },
  };
}

/** Values between the eight points around each place. */
function between(
  lines: Lines,
  values: Float32Array,
  components: number,
  places: readonly (readonly [number, number])[][],
  total: number,
): Float32Array {
  const [nx, ny, nz] = lines.map((line) => line.length);
  const found = new Float32Array(total * components);
  let at = 0;
  for (const [k, c] of places[2])
    for (const [j, b] of places[1])
      for (const [i, a] of places[0]) {
        for (let corner = 0; corner < 8; corner += 1) {
          const [dx, dy, dz] = [corner & 1, (corner >> 1) & 1, corner >> 2];
          const weight = (dx ? a : 1 - a) * (dy ? b : 1 - b) * (dz ? c : 1 - c);
          if (weight === 0) continue;
          const point = Math.min(nx - 1, i + dx) + nx * (Math.min(ny - 1, j + dy) + ny * Math.min(nz - 1, k + dz));
          for (let one = 0; one < components; one += 1) found[at + one] += weight * values[point * components + one];
        }
        at += components;
      }
  return found;
}

/** For so many even places along the lines, where they are among the lines, from 0 to 1. */
export function warp(lines: Float64Array, count: number): Float32Array {
  const [low, high] = [lines[0], lines[lines.length - 1]];
  return Float32Array.from({ length: count }, (_, at) => {
    const [line, share] = locate(lines, low + ((high - low) * at) / (count - 1));
    // A texture holds its values in the middles of its cells.
    return (line + share + 0.5) / lines.length;
  });
}

/** Fewer lines of a plane, and the samples on them, where there are more than can be told apart. */
export function thinPlane(
  u: Float64Array,
  v: Float64Array,
  samples: Samples,
  most: number,
): { u: Float64Array; v: Float64Array; samples: Samples } {
  const [su, sv] = [Math.ceil(u.length / most), Math.ceil(v.length / most)];
  if (su <= 1 && sv <= 1) return { u, v, samples };
  const keep = (count: number, stride: number) =>
    Array.from({ length: count }, (_, at) => at).filter((at) => at % stride === 0 || at === count - 1);
  const [columns, rows] = [keep(u.length, su), keep(v.length, sv)];
  const { components } = samples;
  const take = (values: Float32Array) => {
    const found = new Float32Array(columns.length * rows.length * components);
    let at = 0;
    for (const row of rows)
      for (const column of columns)
        for (let one = 0; one < components; one += 1)
          found[at++] = values[(row * u.length + column) * components + one];
    return found;
  };
  return {
    u: Float64Array.from(columns, (column) => u[column]),
    v: Float64Array.from(rows, (row) => v[row]),
    samples: { components, re: take(samples.re), ...(samples.im ? { im: take(samples.im) } : {}) },
  };
}
