import { describe, expect, test } from 'vitest';
import { countCells, cutCells, layer, layerAt, merge, parseCells, SHEET, solidCells } from './cells';

const MATERIALS = [
  { name: 'vacuum', conductor: false },
  { name: 'board', conductor: false },
  { name: 'pec', conductor: true },
];

interface Model {
  nodes: [number, number, number];
  /** Material of a cell. */
  cell: (i: number, j: number, k: number) => number;
  /** Mask of a node. */
  edge?: (i: number, j: number, k: number) => number;
}

/** The bytes as `hexmesh` writes them, one run for each value; nodes lie 1 mm apart. */
function encoded({ nodes, cell, edge = () => 0 }: Model): ArrayBuffer {
  const bytes: number[] = [...'OTHEXMSH'].map((letter) => letter.charCodeAt(0));
  const put = (count: number, set: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(count));
    set(view);
    bytes.push(...new Uint8Array(view.buffer));
  };
  const u32 = (value: number) => put(4, (view) => view.setUint32(0, value, true));
  const f64 = (value: number) => put(8, (view) => view.setFloat64(0, value, true));
  const u64 = (value: number) => put(8, (view) => view.setBigUint64(0, BigInt(value), true));
  u32(1);
  nodes.forEach(u32);
  u32(MATERIALS.length);
  u32(0);
  for (const { name, conductor } of MATERIALS) {
    bytes.push(conductor ? 1 : 0);
    u32(name.length);
    bytes.push(...[...name].map((letter) => letter.charCodeAt(0)));
    if (!conductor) [1, 1, 0, 0].forEach(f64);
  }
  for (const count of nodes) for (let at = 0; at < count; at += 1) f64(at * 1e-3);
  const runs = (sizes: number[], value: (i: number, j: number, k: number) => number, size: 1 | 2) => {
    u64(sizes[0] * sizes[1] * sizes[2]);
    for (let k = 0; k < sizes[2]; k += 1)
      for (let j = 0; j < sizes[1]; j += 1)
        for (let i = 0; i < sizes[0]; i += 1) {
          u32(1);
          const one = value(i, j, k);
          bytes.push(one & 255);
          if (size === 2) bytes.push(one >> 8);
        }
  };
  runs(
    nodes.map((count) => count - 1),
    cell,
    2,
  );
  runs(nodes, edge, 1);
  return Uint8Array.from(bytes).buffer;
}

/** A cell of board in the middle of 3 × 3 × 3. */
const ONE: Model = { nodes: [4, 4, 4], cell: (i, j, k) => (i === 1 && j === 1 && k === 1 ? 1 : 0) };
/** A sheet of 2 × 1 cells across z on the plane z = 1 mm, in vacuum. */
const PATCH: Model = {
  nodes: [4, 4, 4],
  cell: () => 0,
  edge: (i, j, k) => {
    if (k !== 1) return 0;
    return (i < 2 && j >= 1 && j <= 2 ? 1 : 0) | (i <= 2 && j === 1 ? 2 : 0);
  },
};
const area = (faces: Float32Array | undefined) => {
  let sum = 0;
  for (let at = 0; at < (faces?.length ?? 0); at += 9) {
    const [a, b, c] = [0, 3, 6].map((corner) => [...(faces as Float32Array).subarray(at + corner, at + corner + 3)]);
    const [p, q] = [b.map((value, axis) => value - a[axis]), c.map((value, axis) => value - a[axis])];
    const cross = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
    sum += Math.hypot(...cross) / 2;
  }
  return sum * 1e6;
};

describe('the blob', () => {
  test('is read as it was written', () => {
    const mesh = parseCells(encoded({ ...ONE, nodes: [4, 3, 2], cell: (i, j) => (i + j) % 3 }));
    expect(mesh.lines.map((line) => line.length)).toEqual([4, 3, 2]);
    expect(mesh.lines[0][3]).toBeCloseTo(3e-3, 12);
    expect(mesh.materials).toEqual(MATERIALS);
    expect([...layer(mesh.cells, [3, 2, 1], 2, 0)]).toEqual([0, 1, 2, 1, 2, 0]);
    expect([...layer(mesh.cells, [3, 2, 1], 0, 1)]).toEqual([1, 2]);
    expect([...layer(mesh.cells, [3, 2, 1], 1, 1)]).toEqual([1, 2, 0]);
    expect(countCells(mesh)).toEqual([2, 2, 2]);
  });

  test('is refused where it is damaged', () => {
    const good = encoded(ONE);
    expect(() => parseCells(new ArrayBuffer(4))).toThrow('ends too early');
    for (const end of [20, 60, 200, good.byteLength - 1])
      expect(() => parseCells(good.slice(0, end)), `cut at ${end}`).toThrow();
    const changed = (at: number, value: number) => {
      const bytes = new Uint8Array(good.slice(0));
      bytes[at] = value;
      return bytes.buffer;
    };
    expect(() => parseCells(changed(0, 65))).toThrow('not a mesh');
    expect(() => parseCells(changed(8, 2))).toThrow('version 2');
    expect(() => parseCells(changed(12, 1))).toThrow('fewer than two');
    // A few bytes that claim many nodes.
    expect(() => parseCells(changed(15, 255))).toThrow();
    expect(() => parseCells(Uint8Array.from([...new Uint8Array(good), 0]).buffer)).toThrow('more bytes');
  });
});

test('equal neighbours become one rectangle', () => {
  const keys = Int32Array.from([1, 1, 2, 1, 1, 2, -1, 3, 2]);
  const patches = merge(3, 3, keys);
  expect(patches).toEqual([
    [0, 0, 2, 2, 1],
    [2, 0, 3, 3, 2],
    [1, 2, 2, 3, 3],
  ]);
});

test('a place lies in one layer, outside in the last one', () => {
  const line = [0, 1, 3, 4];
  expect([-1, 0, 0.5, 1, 2.9, 3, 4, 9].map((place) => layerAt(line, place))).toEqual([0, 0, 0, 1, 1, 2, 2, 2]);
});

test('a plane shows the cells that it cuts, and none that are empty', () => {
  const mesh = parseCells(encoded(ONE));
  const through = cutCells(mesh, 0, 1.4e-3);
  expect([...through.faces.keys()]).toEqual([1]);
  expect(area(through.faces.get(1))).toBeCloseTo(1, 5);
  expect((through.faces.get(1) as Float32Array)[0]).toBeCloseTo(1.4e-3, 9);
  // Four borders.
  expect(through.lines.length).toBe(4 * 6);
  expect(cutCells(mesh, 0, 0.5e-3).faces.size).toBe(0);
});

test('a sheet is a line in the planes across it, and a face in those beside it', () => {
  const mesh = parseCells(encoded(PATCH));
  const across = cutCells(mesh, 0, 0.5e-3);
  expect(across.faces.size).toBe(0);
  expect([...across.sheets].map((value) => Math.round(value * 1e4) / 10)).toEqual([0.5, 1, 1, 0.5, 2, 1]);
  expect(cutCells(mesh, 0, 2.5e-3).sheets.length).toBe(0);
  const beside = cutCells(mesh, 2, 1.1e-3);
  expect(area(beside.faces.get(SHEET))).toBeCloseTo(2, 5);
  expect(cutCells(mesh, 2, 1.9e-3).faces.size).toBe(0);
});

test('the solid is what is seen from outside', () => {
  const one = solidCells(parseCells(encoded(ONE)));
  expect(area(one.faces.get(1))).toBeCloseTo(6, 5);
  expect(one.normals.get(1)?.length).toBe(one.faces.get(1)?.length);
  // A staircase of three cells, one of them of metal: faces between cells are inside.
  const stairs = parseCells(
    encoded({ nodes: [3, 3, 2], cell: (i, j) => (i === 0 && j === 0 ? 2 : i + j < 2 ? 1 : 0) }),
  );
  const seen = solidCells(stairs);
  expect(area(seen.faces.get(2))).toBeCloseTo(4, 5);
  expect(area(seen.faces.get(1))).toBeCloseTo(10, 5);
  const patch = solidCells(parseCells(encoded(PATCH)));
  expect([...patch.faces.keys()]).toEqual([SHEET]);
  expect(area(patch.faces.get(SHEET))).toBeCloseTo(2, 5);
});
