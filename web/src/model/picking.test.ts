import { expect, test } from 'vitest';
import { regular, thinPlane, warp } from './data/sampling';
import { lengthText, type Part, pickedValue, pickKindOf, takesMany } from './picking';
import { formOf } from './schema';

const length = { type: ['number', 'string'], 'x-dimension': 'length' };
const point = { type: 'array', items: length, minItems: 3, maxItems: 3 };
const [start, at, edges, of, shapes, plain] = formOf(
  JSON.stringify({
    type: 'object',
    properties: {
      start: { ...point, 'x-pick': 'point' },
      at: { ...length, 'x-pick': 'y' },
      edges: { 'x-pick': 'edge', anyOf: [{ const: 'all' }, { type: 'array', items: point }] },
      of: { type: 'string', 'x-reference': 'geometry', 'x-pick': 'body' },
      shapes: { type: 'array', items: { type: 'string' }, 'x-reference': 'geometry', 'x-pick': 'body' },
      plain: length,
    },
  }),
);
const part: Part = { path: 'model/block', kind: 'point', index: 0, at: [0.01, 0.1 + 0.2, -1e-15] };

test('lengths stand in the unit of the project, without dust', () => {
  expect(lengthText(0.1 + 0.2, 'mm')).toBe(300);
  expect(lengthText(0.0016, '')).toBe('1.6 mm');
  expect(lengthText(-1e-15, 'mm')).toBe(0);
  expect(lengthText(0.0254, 'in')).toBe(1);
});

test('what is picked becomes what the field holds', () => {
  expect([start, at, edges, of, plain].map(pickKindOf)).toEqual(['point', 'point', 'edge', 'body', undefined]);
  expect([start, at, edges, of, shapes].map(takesMany)).toEqual([false, false, true, false, true]);
  expect(pickedValue(start, undefined, part, 'mm')).toEqual([10, 300, 0]);
  expect(pickedValue(at, 5, part, 'mm')).toBe(300);
  expect(pickedValue(of, 'x', part, 'mm')).toBe('block');
});

test('a list grows by each pick; picked again is taken out; another form gives way', () => {
  const one = pickedValue(edges, 'all', part, 'mm');
  expect(one).toEqual([[10, 300, 0]]);
  const two = pickedValue(edges, one, { ...part, at: [0, 0, 0] }, 'mm');
  expect(two).toEqual([
    [10, 300, 0],
    [0, 0, 0],
  ]);
  expect(pickedValue(edges, two, part, 'mm')).toEqual([[0, 0, 0]]);
  expect(pickedValue(shapes, ['a'], part, '')).toEqual(['a', 'block']);
});

test('arrows stand evenly, with the vectors between the points of the grid', () => {
  const lines = [Float64Array.of(0, 1, 4), Float64Array.of(0, 4), Float64Array.of(3)] as const;
  // x of the vector grows with x.
  const re = Float32Array.from([0, 1, 4, 0, 1, 4].flatMap((x) => [x, 0, 0]));
  const lattice = regular(lines, { components: 3, re }, 16);
  expect(lattice.step).toBe(1);
  expect(lattice.points.length / 3).toBe(16);
  expect([...lattice.points.slice(0, 6)]).toEqual([0.5, 0.5, 3, 1.5, 0.5, 3]);
  expect([...lattice.samples.re.filter((_, index) => index % 3 === 0).slice(0, 4)]).toEqual([0.5, 1.5, 2.5, 3.5]);
});

test('textures are told where uneven lines are; planes are thinned', () => {
  expect([...warp(Float64Array.of(0, 1, 4), 5)].map((one) => Number(one.toFixed(4)))).toEqual([
    0.1667, 0.5, 0.6111, 0.7222, 0.8333,
  ]);
  const u = Float64Array.of(0, 1, 2, 3);
  const samples = { components: 1, re: Float32Array.from({ length: 8 }, (_, index) => index) };
  const thin = thinPlane(u, Float64Array.of(0, 1), samples, 2);
  expect([[...thin.u], [...thin.samples.re]]).toEqual([
    [0, 2, 3],
    [0, 2, 3, 4, 6, 7],
  ]);
});
