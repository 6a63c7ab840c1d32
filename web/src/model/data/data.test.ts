import { describe, expect, test } from 'vitest';
import { prefixFor } from './drawing';
import { colourIndex, colourTable, planeSamples, quantities, rangeOf, valuesOf } from './field';
import { parseMesh, surfaceOf } from './mesh';
import { type Curve, decibels, interpolate, parseSeries, partOf, partsOf, toCsv } from './series';
import { impedance, reactanceEnd, resistanceCircle } from './smith';
import { parseVtr } from './vtr';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).buffer as ArrayBuffer;
const curve = (x: number[], re: number[], im?: number[]): Curve => ({
  name: 'c',
  unit: '',
  x: Float64Array.from(x),
  re: Float64Array.from(re),
  ...(im ? { im: Float64Array.from(im) } : {}),
});

describe('series', () => {
  test('shared and own x are read, complex or real', () => {
    const shared = parseSeries(
      bytes({ x: { name: 'f', unit: 'Hz', values: [1, 2] }, curves: [{ name: 'S11', re: [1, 0], im: [0, 1] }] }),
    );
    expect(shared.curves[0]).toMatchObject({ name: 'S11', x: Float64Array.of(1, 2), im: Float64Array.of(0, 1) });
    const own = parseSeries(
      bytes({ x: { name: 't', unit: 's' }, curves: [{ name: 'u', x: [0, 1, 2], y: [5, null, 7] }] }),
    );
    expect(own.curves[0]?.re[1]).toBeNaN();
    expect(() => parseSeries(bytes({ x: {}, curves: [{ name: 'u' }] }))).toThrow(/u has no values/);
    expect(() => parseSeries(bytes({}))).toThrow(/no curves/);
  });

  test('decibels, phase, unwrapping, vswr', () => {
    expect(decibels(0, 0.1)).toBeCloseTo(-20, 12);
    expect(decibels(0, 0)).toBe(-300);
    const turning = curve([0, 1, 2], [1, -0.5, -0.5], [0, 0.866, -0.866]);
    expect(partOf(turning, 'phase')[2]).toBeCloseTo(-120, 1);
    expect(partOf(turning, 'phase unwrapped')[2]).toBeCloseTo(240, 1);
    expect(partOf(curve([0], [0.5]), 'vswr')[0]).toBeCloseTo(3, 12);
  });

  test('what is in dB is not taken in dB once more', () => {
    const energy = { ...curve([0, 1], [0, -20]), unit: 'dB' };
    expect(partsOf([energy])).toEqual(['real']);
    expect(partsOf([curve([0], [1])])).toEqual(['real', 'dB', 'magnitude']);
    expect(partsOf([curve([0], [1], [1]), energy])).toContain('vswr');
    expect([...partOf(energy, 'dB')]).toEqual([0, -20]);
  });

  test('the group delay of a line of 1 ns is 1 ns', () => {
    const x = [1e9, 1.1e9, 1.2e9, 1.3e9];
    const line = curve(
      x,
      x.map((f) => Math.cos(2 * Math.PI * f * 1e-9)),
      x.map((f) => -Math.sin(2 * Math.PI * f * 1e-9)),
    );
    for (const delay of partOf(line, 'group delay')) expect(delay).toBeCloseTo(1e-9, 15);
  });

  test('values between samples, and none outside', () => {
    const [x, y] = [Float64Array.of(0, 1, 3), Float64Array.of(0, 10, 30)];
    expect(interpolate(x, y, 2)).toBe(20);
    expect(interpolate(x, y, 4)).toBeNaN();
  });

  test('CSV has a row for each x of any curve', () => {
    const text = toCsv('f', [
      { name: 'a,b', x: Float64Array.of(1, 2), y: Float64Array.of(5, 6) },
      { name: 'c', x: Float64Array.of(2, 3), y: Float64Array.of(7, Number.NaN) },
    ]);
    expect(text).toBe('f,"a,b",c\n1,5,\n2,6,7\n3,,\n');
  });
});

describe('Smith chart', () => {
  test('known points: matched, short, open, 2 + j', () => {
    expect(impedance(0, 0)).toEqual([1, 0]);
    expect(impedance(-1, 0)[0]).toBe(0);
    expect(impedance(1, 0)[0]).toBe(Infinity);
    const [re, im] = impedance(0.4, 0.2); // (1 + j) / (3 + j)
    expect(re).toBeCloseTo(2, 12);
    expect(im).toBeCloseTo(1, 12);
  });

  test('circles', () => {
    expect(resistanceCircle(1)).toEqual({ cx: 0.5, cy: 0, r: 0.5 });
    expect(reactanceEnd(1)).toEqual([0, 1]);
  });
});

/** Two triangles at a right angle, as two faces that share no vertex numbers. */
function meshBlob(): ArrayBuffer {
  const vertices = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const buffer = new ArrayBuffer(24 + 8 * vertices.length + 2 * 16);
  const view = new DataView(buffer);
  [...'OTTRI001'].forEach((letter, at) => {
    view.setUint8(at, letter.charCodeAt(0));
  });
  view.setBigUint64(8, 6n, true);
  view.setBigUint64(16, 2n, true);
  vertices.forEach((value, at) => {
    view.setFloat64(24 + 8 * at, value, true);
  });
  [0, 1, 2, 3, 5, 4, 0, 1].forEach((value, at) => {
    view.setUint32(24 + 8 * vertices.length + 4 * at, value, true);
  });
  return buffer;
}

describe('body meshes', () => {
  test('faces get vertices of their own, and a line where they meet', () => {
    const surface = surfaceOf(parseMesh(meshBlob()));
    expect(surface.triangles).toBe(2);
    expect([...surface.faces]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(surface.edges.length / 6).toBe(5);
    expect(surface.max).toEqual([1, 1, 1]);
    expect([...surface.normals.slice(0, 3)]).toEqual([0, 0, 127]);
  });

  test('damaged blobs are refused before anything is allocated by their word', () => {
    expect(() => parseMesh(new ArrayBuffer(10))).toThrow(/not a triangle mesh/);
    const cut = meshBlob().slice(0, 80);
    expect(() => parseMesh(cut)).toThrow(/80 bytes/);
    const wild = meshBlob();
    new DataView(wild).setUint32(24 + 8 * 18, 77, true);
    expect(() => parseMesh(wild)).toThrow(/not there/);
  });
});

/** A field of 2 × 2 × 1 points with a complex vector. */
function vtrBlob(): ArrayBuffer {
  const arrays = [[0, 1], [0, 2], [5], [1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]];
  let offset = 0;
  const at = arrays.map((values) => {
    const here = offset;
    offset += 8 + values.length * 8;
    return here;
  });
  const array = (name: string, index: number, components = 1) =>
    `<DataArray type="Float64" Name="${name}" NumberOfComponents="${components}" format="appended" offset="${at[index]}"/>`;
  const head = new TextEncoder().encode(
    `<?xml version="1.0"?><VTKFile type="RectilinearGrid" byte_order="LittleEndian" header_type="UInt64"><RectilinearGrid WholeExtent="0 1 0 1 0 0"><Piece Extent="0 1 0 1 0 0"><PointData>${array('E_real', 3, 3)}${array('E_imag', 4, 3)}</PointData><Coordinates>${array('x', 0)}${array('y', 1)}${array('z', 2)}</Coordinates></Piece></RectilinearGrid><AppendedData encoding="raw">_`,
  );
  const tail = new TextEncoder().encode('</AppendedData></VTKFile>');
  const whole = new Uint8Array(head.length + offset + tail.length);
  whole.set(head);
  const view = new DataView(whole.buffer);
  arrays.forEach((values, index) => {
    const start = head.length + (at[index] as number);
    view.setBigUint64(start, BigInt(values.length * 8), true);
    values.forEach((value, k) => {
      view.setFloat64(start + 8 + 8 * k, value, true);
    });
  });
  whole.set(tail, head.length + offset);
  return whole.buffer;
}

describe('fields', () => {
  const grid = parseVtr(vtrBlob());

  test('the grid and its arrays are read', () => {
    expect(grid.size).toEqual([2, 2, 1]);
    expect([...grid.coordinates[1]]).toEqual([0, 2]);
    expect(grid.arrays.map((one) => [one.name, one.components])).toEqual([
      ['E_real', 3],
      ['E_imag', 3],
    ]);
  });

  test('real and imaginary make one quantity with amplitude and phase', () => {
    const [quantity, ...more] = quantities(grid);
    expect(more).toEqual([]);
    expect(quantity?.label).toBe('E');
    if (!quantity) return;
    const plane = planeSamples(grid.size, quantity, 2, 0);
    const values = valuesOf(plane, 'magnitude');
    expect(values[0]).toBeCloseTo(Math.SQRT2, 6);
    expect(values[3]).toBeCloseTo(5, 6);
    expect(valuesOf(plane, 'z', Math.PI / 2)[3]).toBeCloseTo(-3, 6);
    expect(rangeOf(values)[1]).toBeCloseTo(5, 6);
  });

  test('truncated files are refused', () => {
    expect(() => parseVtr(vtrBlob().slice(0, 900))).toThrow();
    expect(() => parseVtr(new ArrayBuffer(4))).toThrow(/appended/);
  });

  test('colours span the range, in dB from the top down', () => {
    expect(colourIndex(0, 0, 10)).toBe(0);
    expect(colourIndex(10, 0, 10)).toBe(255);
    expect(colourIndex(1, 0, 10, 40)).toBe(128);
    expect(colourIndex(Number.NaN, 0, 1)).toBe(0);
    expect([...colourTable('grey').slice(-4)]).toEqual([255, 255, 255, 255]);
  });
});

test('axes without a unit count in powers of a thousand where digits alone would be many', () => {
  expect(prefixFor(3e9, 'Hz')).toEqual({ factor: 1e9, unit: 'GHz' });
  expect(prefixFor(-0, 'dB')).toEqual({ factor: 1, unit: 'dB' });
  expect(prefixFor(40, '')).toEqual({ factor: 1, unit: '' });
  expect(prefixFor(1.5e-8, '').unit).toBe('10⁻⁹');
  expect(prefixFor(1.5e-8, '').factor).toBeCloseTo(1e-9, 15);
  expect(prefixFor(1e6, '').unit).toBe('10⁶');
});
