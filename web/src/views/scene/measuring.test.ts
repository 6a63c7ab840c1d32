import { expect, test } from 'vitest';
import type { Part } from '../../model/picking';
import type { Entities } from '../../model/project/entities';
import { entity } from '../../model/project/pending';
import type { JsonObject } from '../../model/schema';
import { measuredOf, measures, stillTrue, withTaken } from './measuring';

/** A block of 10 mm × 20 mm × 30 mm with a hole of 2 mm, as far as it is measured. */
const BLOCK: JsonObject = {
  area: 2.2e-3,
  volume: 6e-6,
  bounding_box: [
    [0, 0, 0],
    [0.01, 0.02, 0.03],
  ],
  edges: [
    { kind: 'line', length: 0.01, start: [0, 0, 0], middle: [0.005, 0, 0], end: [0.01, 0, 0] },
    { kind: 'line', length: 0.01, start: [0.01, 0.02, 0.03], middle: [0.005, 0.02, 0.03], end: [0, 0.02, 0.03] },
    { kind: 'line', length: 0.02, start: [0, 0, 0], middle: [0, 0.01, 0], end: [0, 0.02, 0] },
    { kind: 'circle', length: 0.0126, start: [0.007, 0.01, 0], middle: [0.003, 0.01, 0], end: [0.007, 0.01, 0] },
    { kind: 'circle', length: 0.0063, start: [0.007, 0.01, 0], middle: [0.005, 0.012, 0], end: [0.003, 0.01, 0] },
  ],
  faces: [
    { kind: 'plane', area: 2e-4, center: [0.005, 0.01, 0], normal: [0, 0, -1] },
    { kind: 'plane', area: 2e-4, center: [0.004, 0.012, 0.03], normal: [0, 0, 1] },
    { kind: 'cylinder', area: 3.8e-4, center: [0.005, 0.01, 0.015] },
  ],
};

const part = (kind: Part['kind'], index = 0, at: Part['at'] = [0, 0, 0]) =>
  measuredOf({ path: 'model/block', kind, index, at }, BLOCK);

test('one part: its length, radius, area, volume, as far as they are known', () => {
  expect(measures([])).toEqual([]);
  expect(measures([part('edge', 0)])).toEqual([['Length', '10 mm']]);
  expect(measures([part('edge', 3)])).toEqual([
    ['Length', '12.6 mm'],
    ['Radius', '2 mm'],
  ]);
  expect(measures([part('edge', 4)]).at(-1)).toEqual(['Radius', '2 mm']);
  expect(measures([part('face', 2)])).toEqual([['Area', '380 mm²']]);
  expect(measures([part('body')])).toEqual([
    ['Surface', '2200 mm²'],
    ['Volume', '6000 mm³'],
  ]);
  // More are there than the service lists.
  expect(measures([part('edge', 99)])).toEqual([]);
});

test('two points: how far, and along each axis', () => {
  const rows = measures([part('point'), part('point', 0, [0.003, 0.004, 0])]);
  expect(rows).toEqual([['Distance', '5 mm (Δx 3 mm, Δy 4 mm, Δz 0 m)']]);
});

test('two edges or faces: the angle, and straight across where they are parallel', () => {
  const names = (rows: ReturnType<typeof measures>) => rows.map(([name, value]) => `${name} ${value.split(' (')[0]}`);
  expect(names(measures([part('edge', 0), part('edge', 2)]))[0]).toBe('Angle 90°');
  expect(names(measures([part('edge', 0), part('edge', 1)])).slice(0, 2)).toEqual(['Angle 0°', 'Distance 36.056 mm']);
  expect(names(measures([part('face', 0), part('face', 1)])).slice(0, 2)).toEqual(['Angle 0°', 'Distance 30 mm']);
  // An edge within the plane of a face.
  expect(names(measures([part('edge', 0), part('face', 0)]))[0]).toBe('Angle 0°');
  expect(names(measures([part('face', 2), part('face', 0)]))[0]).toMatch(/^Between middles/);
});

test('two bodies are measured between their middles, wherever they were clicked', () => {
  const shifted = {
    bounding_box: [
      [0.02, 0, 0],
      [0.03, 0.02, 0.03],
    ],
  };
  const other = measuredOf({ path: 'model/other', kind: 'body', index: 0, at: [0.02, 0.001, 0.03] }, shifted);
  expect(measures([part('body', 0, [0.01, 0.015, 0]), other])).toEqual([
    ['Between middles', '20 mm (Δx 20 mm, Δy 0 m, Δz 0 m)'],
  ]);
});

test('what was measured is forgotten once a body is built anew', () => {
  const model = (...meshes: string[]): Entities =>
    new Map(meshes.map((mesh, at) => [`model/${at}`, entity(`model/${at}`, 'modeling.body', {}, undefined, { mesh })]));
  const edge = (body: number): Part => ({ path: `model/${body}`, kind: 'edge', index: 3, at: [0, 0, 0] });
  const before = model('a', 'b');
  const both = withTaken(withTaken([], edge(0), before), edge(1), before);
  expect(both.map(({ mesh }) => mesh)).toEqual(['a', 'b']);
  // Other changes of the project are nothing to it.
  expect(stillTrue(both, model('a', 'b', 'c'))).toBe(both);
  expect(stillTrue(both, model('a', 'new'))).toEqual([]);
  expect(stillTrue(both, model('a'))).toEqual([]);
  // The next one begins anew, as after two.
  expect(withTaken(both, edge(0), model('a', 'new'))).toHaveLength(1);
  expect(withTaken(both, edge(0), before)).toHaveLength(1);
});
