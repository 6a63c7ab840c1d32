// The meshes of bodies, and what the 3-D view needs of them: vertices of its own for each face (so that faces meet
// in sharp edges), smooth normals within a face, and the lines where faces meet.
import { countOf, type Part, partOf } from './view-file';

export interface Surface {
  /** 3 numbers a vertex, relative to `origin`. */
  positions: Float32Array;
  normals: Int8Array;
  /** Face number of each vertex, counted as in the blob. */
  faces: Float32Array;
  indices: Uint32Array;
  /** Pairs of points, 6 numbers a line. */
  edges: Float32Array;
  /** The edge that each line is a piece of, counted as in the body's properties; absent where nobody told. */
  edgeOf?: Uint32Array;
  origin: [number, number, number];
  min: [number, number, number];
  max: [number, number, number];
  triangles: number;
}

export interface RawMesh {
  vertices: Float64Array;
  triangles: Uint32Array;
  faces: Uint32Array;
  /** Vertices along each edge, one edge after the other, and where each ends. */
  lines?: { points: Uint32Array; ends: Uint32Array };
  /** Where the vertices count from, where they do not count from the origin. */
  origin?: [number, number, number];
}

/** A level of a body's view file. */
export interface SurfaceLevel extends Part {
  vertices: number;
  triangles: number;
  edges: number;
  edgePoints: number;
  error: number;
}

const MAGIC = 'OTTRI001';

/** Reads the blob; throws a sentence where it is damaged. */
export function parseMesh(bytes: ArrayBuffer): RawMesh {
  const view = new DataView(bytes);
  const magic = bytes.byteLength >= 24 ? String.fromCharCode(...new Uint8Array(bytes, 0, 8)) : '';
  if (magic !== MAGIC) throw new Error('this is not a triangle mesh of a body');
  const vertices = Number(view.getBigUint64(8, true));
  const triangles = Number(view.getBigUint64(16, true));
  const expected = 24 + 24 * vertices + 16 * triangles;
  if (expected !== bytes.byteLength) throw new Error(`the mesh has ${bytes.byteLength} bytes and not ${expected}`);
  const raw: RawMesh = {
    vertices: new Float64Array(bytes.slice(24, 24 + 24 * vertices)),
    triangles: new Uint32Array(bytes.slice(24 + 24 * vertices, 24 + 24 * vertices + 12 * triangles)),
    faces: new Uint32Array(bytes.slice(24 + 24 * vertices + 12 * triangles)),
  };
  for (const index of raw.triangles)
    if (index >= vertices) throw new Error('a triangle names a vertex that is not there');
  return raw;
}

/** The levels that the header of a view file tells of, coarsest first. */
export function surfaceLevels(header: { [name: string]: unknown }): SurfaceLevel[] {
  if (header.content !== 'surface' || !Array.isArray(header.levels) || header.levels.length === 0) {
    throw new Error('the view file holds no surface');
  }
  return header.levels.map((level) => ({
    ...partOf(level),
    vertices: countOf(level.vertices),
    triangles: countOf(level.triangles),
    edges: countOf(level.edges),
    edgePoints: countOf(level.edge_points),
    error: Number(level.error) || 0,
  }));
}

/** Reads the bytes of a level. */
export function parseLevel(level: SurfaceLevel, origin: [number, number, number], bytes: ArrayBuffer): RawMesh {
  const { vertices, triangles, edges, edgePoints } = level;
  const expected = 12 * vertices + 16 * triangles + 4 * (edges + edgePoints);
  if (bytes.byteLength !== expected) throw new Error(`the level has ${bytes.byteLength} bytes and not ${expected}`);
  let at = 0;
  const take = (count: number) => {
    const found = new Uint32Array(bytes, at, count);
    at += 4 * count;
    return found;
  };
  const places = new Float32Array(bytes, 0, 3 * vertices);
  at = 12 * vertices;
  const raw: RawMesh = {
    vertices: Float64Array.from(places),
    triangles: take(3 * triangles),
    faces: take(triangles),
    lines: { ends: take(edges), points: take(edgePoints) },
    origin,
  };
  for (const list of [raw.triangles, raw.lines?.points ?? []])
    for (const index of list) if (index >= vertices) throw new Error('the level names a vertex that is not there');
  let before = 0;
  for (const end of raw.lines?.ends ?? []) {
    if (end < before || end > edgePoints) throw new Error('the edges of the level are out of order');
    before = end;
  }
  return raw;
}

function bounds(vertices: Float64Array): { min: [number, number, number]; max: [number, number, number] } {
  const min: [number, number, number] = [Infinity, Infinity, Infinity];
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let index = 0; index < vertices.length; index += 1) {
    const axis = (index % 3) as 0 | 1 | 2;
    const value = vertices[index] as number;
    if (value < min[axis]) min[axis] = value;
    if (value > max[axis]) max[axis] = value;
  }
  return vertices.length > 0 ? { min, max } : { min: [0, 0, 0], max: [0, 0, 0] };
}

/** Maps pairs of numbers to numbers; a Map of strings would take seconds for a million triangles. */
class PairMap {
  private keys: Float64Array;
  private values: Int32Array;
  private mask: number;

  constructor(expected: number) {
    let size = 16;
    while (size < expected * 2) size *= 2;
    this.keys = new Float64Array(size).fill(-1);
    this.values = new Int32Array(size);
    this.mask = size - 1;
  }

  /** The slot of a pair, and whether it was new. Both numbers below 2^26. */
  slot(a: number, b: number): [number, boolean] {
    const key = a * 67108864 + b;
    const hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
    let at = (hash ^ (hash >>> 15)) & this.mask;
    for (;;) {
      const held = this.keys[at] as number;
      if (held === key) return [at, false];
      if (held === -1) {
        this.keys[at] = key;
        return [at, true];
      }
      at = (at + 1) & this.mask;
    }
  }

  get(slot: number): number {
    return this.values[slot] as number;
  }

  set(slot: number, value: number): void {
    this.values[slot] = value;
  }
}

/** Numbers for vertices by place, so that faces triangulated apart share the numbers along their edges. */
function weld(vertices: Float64Array, low: readonly number[], size: number): Uint32Array {
  const count = vertices.length / 3;
  const step = size > 0 ? size * 1e-7 : 1;
  const grid = Int32Array.from(vertices, (value, at) => Math.round((value - (low[at % 3] as number)) / step));
  const numbers = new Uint32Array(count);
  let slots = 16;
  while (slots < count * 2) slots *= 2;
  const table = new Int32Array(slots).fill(-1);
  for (let index = 0; index < count; index += 1) {
    const [x, y, z] = [grid[index * 3] as number, grid[index * 3 + 1] as number, grid[index * 3 + 2] as number];
    let hash = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ Math.imul(z, 0xc2b2ae35);
    hash ^= hash >>> 15;
    for (let at = hash & (slots - 1); ; at = (at + 1) & (slots - 1)) {
      const other = table[at] as number;
      if (other < 0) {
        table[at] = index;
        numbers[index] = index;
        break;
      }
      if (grid[other * 3] === x && grid[other * 3 + 1] === y && grid[other * 3 + 2] === z) {
        numbers[index] = other;
        break;
      }
    }
  }
  return numbers;
}

/** Triangle sides where the face changes or the surface ends, as pairs of vertices. */
function borderLines(raw: RawMesh, welded: Uint32Array): number[] {
  const sides = new PairMap(raw.triangles.length);
  const lines: number[] = [];
  const open = new Map<number, [number, number]>();
  for (let side = 0; side < raw.triangles.length; side += 1) {
    const triangle = Math.floor(side / 3);
    const a = raw.triangles[side] as number;
    const b = raw.triangles[triangle * 3 + ((side + 1) % 3)] as number;
    const [wa, wb] = [welded[a] as number, welded[b] as number];
    if (wa === wb) continue;
    const [slot, fresh] = sides.slot(Math.min(wa, wb), Math.max(wa, wb));
    const face = (raw.faces[triangle] as number) + 1;
    if (fresh) {
      sides.set(slot, face);
      open.set(slot, [a, b]);
    } else {
      const other = sides.get(slot);
      if (other > 0 && other !== face) lines.push(a, b);
      sides.set(slot, 0);
      open.delete(slot);
    }
  }
  for (const [a, b] of open.values()) lines.push(a, b);
  return lines;
}

function smoothNormals(positions: Float32Array, indices: Uint32Array): Int8Array {
  const sums = new Float32Array(positions.length);
  for (let at = 0; at < indices.length; at += 3) {
    const [a, b, c] = [indices[at], indices[at + 1], indices[at + 2]].map((index) => (index as number) * 3) as [
      number,
      number,
      number,
    ];
    const p = (index: number) => positions[index] as number;
    const [ux, uy, uz] = [p(b) - p(a), p(b + 1) - p(a + 1), p(b + 2) - p(a + 2)];
    const [vx, vy, vz] = [p(c) - p(a), p(c + 1) - p(a + 1), p(c + 2) - p(a + 2)];
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const corner of [a, b, c]) {
      sums[corner] = (sums[corner] as number) + nx;
      sums[corner + 1] = (sums[corner + 1] as number) + ny;
      sums[corner + 2] = (sums[corner + 2] as number) + nz;
    }
  }
  const normals = new Int8Array(positions.length);
  for (let at = 0; at < sums.length; at += 3) {
    const [x, y, z] = [sums[at], sums[at + 1], sums[at + 2]] as [number, number, number];
    const length = Math.hypot(x, y, z) || 1;
    normals[at] = Math.round((x / length) * 127);
    normals[at + 1] = Math.round((y / length) * 127);
    normals[at + 2] = Math.round((z / length) * 127);
  }
  return normals;
}

/** The pieces of the edges as pairs of vertices, and the edge of each. */
function edgeLines({ points, ends }: NonNullable<RawMesh['lines']>): { lines: number[]; edgeOf: number[] } {
  const lines: number[] = [];
  const edgeOf: number[] = [];
  let start = 0;
  for (let edge = 0; edge < ends.length; edge += 1) {
    const end = ends[edge];
    for (let at = start; at + 1 < end; at += 1) {
      lines.push(points[at], points[at + 1]);
      edgeOf.push(edge);
    }
    start = end;
  }
  return { lines, edgeOf };
}

/** Splits vertices by face, makes normals and edge lines. Runs in a worker. */
export function surfaceOf(raw: RawMesh): Surface {
  const { min, max } = bounds(raw.vertices);
  const middle = raw.origin
    ? [0, 0, 0]
    : (min.map((low, axis) => (low + (max[axis] as number)) / 2) as [number, number, number]);
  const origin = raw.origin ?? (middle as [number, number, number]);
  const split = new PairMap(raw.vertices.length / 2 + 64);
  const places: number[] = [];
  const faces: number[] = [];
  const indices = new Uint32Array(raw.triangles.length);
  for (let corner = 0; corner < raw.triangles.length; corner += 1) {
    const vertex = raw.triangles[corner] as number;
    const face = raw.faces[Math.floor(corner / 3)] as number;
    const [slot, fresh] = split.slot(vertex, face);
    if (fresh) {
      split.set(slot, faces.length);
      faces.push(face);
      places.push(vertex);
    }
    indices[corner] = split.get(slot);
  }
  const local = (vertex: number, axis: number) =>
    (raw.vertices[vertex * 3 + axis] as number) - (middle[axis] as number);
  const positions = Float32Array.from({ length: places.length * 3 }, (_, at) =>
    local(places[Math.floor(at / 3)] as number, at % 3),
  );
  const size = Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2]);
  const { lines, edgeOf } = raw.lines
    ? edgeLines(raw.lines)
    : { lines: borderLines(raw, weld(raw.vertices, min, size)), edgeOf: undefined };
  const edges = Float32Array.from({ length: lines.length * 3 }, (_, at) =>
    local(lines[Math.floor(at / 3)] as number, at % 3),
  );
  return {
    positions,
    normals: smoothNormals(positions, indices),
    faces: Float32Array.from(faces),
    indices,
    edges,
    ...(edgeOf ? { edgeOf: Uint32Array.from(edgeOf) } : {}),
    origin,
    min: min.map((low, axis) => low + origin[axis] - middle[axis]) as [number, number, number],
    max: max.map((high, axis) => high + origin[axis] - middle[axis]) as [number, number, number],
    triangles: raw.triangles.length / 3,
  };
}
