import { describe, expect, test } from 'vitest';
import { fieldOfView, fieldOfVtr, thinned } from './field-source';
import { chooseLevels } from './levels';
import { parseLevel, surfaceLevels, surfaceOf } from './mesh';
import { type Fetch, openView } from './view-file';

/** A view file as `base::view` writes it, and what was fetched of it. */
function file(header: object, data: ArrayBuffer): { fetch: Fetch; asked: [number, number][]; bytes: Uint8Array } {
  let text = JSON.stringify(header);
  while (text.length % 8) text += ' ';
  const bytes = new Uint8Array(16 + text.length + data.byteLength);
  bytes.set(new TextEncoder().encode('OTVIEW01'));
  new DataView(bytes.buffer).setBigUint64(8, BigInt(text.length), true);
  bytes.set(new TextEncoder().encode(text), 16);
  bytes.set(new Uint8Array(data), 16 + text.length);
  const asked: [number, number][] = [];
  const fetch: Fetch = async (from, length) => {
    asked.push([from, length]);
    return bytes.slice(from, from + length).buffer;
  };
  return { fetch, asked, bytes };
}

describe('view files', () => {
  test('a small file needs one request, of a large one only the part comes', async () => {
    const small = file({ content: 'x' }, Uint8Array.of(1, 2, 3, 4).buffer);
    const read = await openView(small.fetch);
    expect([...new Uint8Array(await read.part({ offset: 1, bytes: 2 }))]).toEqual([2, 3]);
    expect(small.asked).toHaveLength(1);
    const large = file({ content: 'x' }, new Uint8Array(1 << 20).fill(7).buffer);
    const found = await (await openView(large.fetch)).part({ offset: 1 << 19, bytes: 5 });
    expect([...new Uint8Array(found)]).toEqual([7, 7, 7, 7, 7]);
    expect(large.asked[1]?.[1]).toBe(5);
  });

  test('a header longer than the first request is fetched whole', async () => {
    const long = file({ content: 'x', filler: 'y'.repeat(100_000) }, new ArrayBuffer(0));
    expect((await openView(long.fetch)).header.content).toBe('x');
  });

  test('damaged files are refused with a reason', async () => {
    await expect(openView(async () => new ArrayBuffer(4))).rejects.toThrow(/not a view file/);
    const cut = file({ content: 'x' }, new ArrayBuffer(8));
    await expect(openView(async (from, length) => cut.bytes.slice(from, Math.min(20, length)).buffer)).rejects.toThrow(
      /ends within its header/,
    );
    const wild = file({}, new ArrayBuffer(0));
    new DataView(wild.bytes.buffer).setBigUint64(8, 1n << 60n, true);
    await expect(openView(wild.fetch)).rejects.toThrow(/claims/);
    const short = await openView(file({}, new ArrayBuffer(8)).fetch);
    await expect(short.part({ offset: 0, bytes: 100_000 })).rejects.toThrow(/8 bytes and not/);
  });
});

/** A square of two triangles on one face, with an edge of two lines around a corner. */
function square() {
  const buffer = new ArrayBuffer(12 * 4 + 16 * 2 + 4 + 4 * 3);
  new Float32Array(buffer, 0, 12).set([-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0]);
  new Uint32Array(buffer, 48).set([0, 1, 2, 0, 2, 3, 5, 5, 3, 0, 1, 2]);
  const header = {
    content: 'surface',
    levels: [{ offset: 0, bytes: buffer.byteLength, vertices: 4, triangles: 2, edges: 1, edge_points: 3, error: 0.5 }],
  };
  return { buffer, header };
}

describe('surfaces of view files', () => {
  test('triangles, faces and edges are read, places relative to the origin', () => {
    const { buffer, header } = square();
    const [level] = surfaceLevels(header);
    expect(level.error).toBe(0.5);
    const surface = surfaceOf(parseLevel(level, [10, 20, 30], buffer));
    expect([surface.triangles, [...surface.faces]]).toEqual([2, [5, 5, 5, 5]]);
    expect([surface.origin, surface.min, surface.max]).toEqual([
      [10, 20, 30],
      [9, 19, 30],
      [11, 21, 30],
    ]);
    expect([...(surface.edgeOf ?? [])]).toEqual([0, 0]);
    expect([...surface.edges.slice(6)]).toEqual([1, -1, 0, 1, 1, 0]);
  });

  test('a level that does not fit its header is refused', () => {
    const { buffer, header } = square();
    const [level] = surfaceLevels(header);
    expect(() => parseLevel({ ...level, vertices: 5 }, [0, 0, 0], buffer)).toThrow(/bytes and not/);
    new Uint32Array(buffer, 48)[1] = 9;
    expect(() => parseLevel(level, [0, 0, 0], buffer)).toThrow(/not there/);
    expect(() => surfaceLevels({ content: 'field' })).toThrow(/no surface/);
    expect(() => surfaceLevels({ content: 'surface', levels: [{ offset: -1 }] })).toThrow(/where its parts are/);
  });
});

test('levels: as coarse as cannot be seen, and no more than the computer can draw', () => {
  const body = [
    { triangles: 100, error: 1e-3 },
    { triangles: 1000, error: 1e-4 },
    { triangles: 10_000, error: 0 },
  ];
  expect(chooseLevels([body], 500, 1e6)).toEqual([0]);
  expect(chooseLevels([body], 5000, 1e6)).toEqual([1]);
  expect(chooseLevels([body], 50_000, 1e6)).toEqual([2]);
  expect(chooseLevels([body, body], 50_000, 12_000)).toEqual([2, 1]);
  expect(chooseLevels([body, body], 50_000, 1)).toEqual([0, 0]);
  expect(chooseLevels([[{ triangles: 5, error: 0 }]], 1, 0)).toEqual([0]);
});

/** 2 × 2 × 3 points, phasors of 1 + 2j along x times the number of the point. */
function field() {
  const lines = [
    [0, 1],
    [0, 2],
    [5, 6, 8],
  ];
  const data = new ArrayBuffer(56 + 144 * 2);
  new Float64Array(data, 0, 7).set(lines.flat());
  const point = (n: number) => [n, 0, 0, 2 * n, 0, 0];
  const all = Array.from({ length: 12 }, (_, n) => point(n)).flat();
  new Int16Array(data, 56, 72).set(all);
  new Int16Array(data, 56 + 144, 72).set(all);
  const part = (offset: number, bytes: number) => ({ offset, bytes });
  const header = {
    content: 'field',
    size: [2, 2, 3],
    coordinates: [part(0, 16), part(16, 16), part(32, 24)],
    levels: [{ stride: 1, size: [2, 2, 3] }],
    arrays: [
      {
        name: 'E',
        complex: true,
        scale: 0.5,
        maximum: 9,
        levels: [part(56, 144)],
        planes: [null, null, part(200, 144)],
      },
    ],
  };
  return file(header, data);
}

describe('fields of view files', () => {
  test('one plane is fetched and scaled', async () => {
    const { fetch } = field();
    const source = await fieldOfView(await openView(fetch));
    expect(source.across).toEqual([true, true, true]);
    expect(source.arrays).toEqual([{ name: 'E', complex: true, components: 3, maximum: 9 }]);
    const plane = await source.plane(0, 2, 1);
    expect([plane.at, [...plane.u], [...plane.v]]).toEqual([6, [0, 1], [0, 2]]);
    expect([...plane.samples.re.filter((_, at) => at % 3 === 0)]).toEqual([2, 2.5, 3, 3.5]);
    expect(plane.samples.im?.[0]).toBe(4);
    await expect(source.plane(0, 0, 0)).rejects.toThrow(/where its parts are/);
  });

  test('a volume comes in the finest level that is not too large', async () => {
    const source = await fieldOfView(await openView(field().fetch));
    const volume = await source.volume(0, 1000);
    expect(volume.lines.map((line) => line.length)).toEqual([2, 2, 3]);
    expect(volume.samples.re.length).toBe(36);
    expect([...thinned(Float64Array.of(0, 1, 2, 3, 4, 5), 2)]).toEqual([0, 2, 4, 5]);
  });

  test('a VTK file gives the same', async () => {
    const values = Float32Array.from({ length: 36 }, (_, at) => (at % 3 === 0 ? at / 3 : 0));
    const grid = {
      size: [2, 2, 3] as [number, number, number],
      coordinates: [Float64Array.of(0, 1), Float64Array.of(0, 2), Float64Array.of(5, 6, 8)] as [
        Float64Array,
        Float64Array,
        Float64Array,
      ],
      arrays: [{ name: 'E', components: 3, values, ofCells: false }],
    };
    const source = fieldOfVtr(grid);
    const across = await source.plane(0, 0, 1);
    expect([...across.samples.re.filter((_, at) => at % 3 === 0)]).toEqual([1, 3, 5, 7, 9, 11]);
    expect((await source.volume(0, 1000)).samples.re.length).toBe(36);
    expect((await source.volume(0, 9)).lines[2].length).toBe(2);
  });
});
