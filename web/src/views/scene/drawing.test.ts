import { expect, test } from 'vitest';
import { type Entity, read } from '../../contract';
import { arrowLines, boxLines, gridLines, marks, placedPaths, planeLines } from './drawing';

const entity = (path: string, kind: string, properties: object): [string, Entity] => [
  path,
  read('Entity', { path, kind, properties: JSON.stringify(properties) }),
];
const point = {
  type: 'array',
  items: { type: ['number', 'string'], 'x-dimension': 'length' },
  minItems: 3,
  maxItems: 3,
  'x-mesh-line': 'point',
};
const plane = { type: ['number', 'string', 'null'], 'x-dimension': 'length', 'x-mesh-line': 'z' };
const services = [
  read('ServiceDescription', {
    kinds: [
      {
        kind: 's.port',
        section: 'ports',
        schema: JSON.stringify({ type: 'object', properties: { start: point, end: point } }),
      },
      {
        kind: 's.monitor',
        section: 'monitors',
        schema: JSON.stringify({ type: 'object', properties: { plane: { type: 'object', properties: { z: plane } } } }),
      },
      { kind: 'm.box', section: 'geometry', schema: '{"type":"object"}' },
    ],
  }),
];
const around = { min: [0, 0, 0] as [number, number, number], max: [1, 2, 3] as [number, number, number] };

test('places that a schema marks are drawn where their values put them', () => {
  const measured = new Map([
    entity('ports/1', 's.port', { start: [0, 0, 0], end: [0, 0, 0.0016] }),
    entity('monitors/m', 's.monitor', { plane: { z: 0.002 } }),
    entity('geometry/b', 'm.box', {}),
  ]);
  const found = marks(measured, services, around);
  expect(found.map((mark) => mark.path)).toEqual(['ports/1', 'monitors/m']);
  expect(found[0]?.points.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0.0016]);
  expect(new Set(found[1]?.points.filter((_, at) => at % 3 === 2))).toEqual(new Set([0.002]));
  expect(placedPaths(services)).toEqual(['ports', 'ports/**', 'monitors', 'monitors/**']);
});

test('what has no value is left out', () => {
  const measured = new Map([entity('ports/1', 's.port', { start: [0, 0, null], end: [0, 0, 1] })]);
  expect(marks(measured, services, around)).toEqual([]);
});

test('boxes have twelve edges, arrows a head, grids their lines', () => {
  expect(boxLines([0, 0, 0], [1, 1, 1]).length).toBe(12 * 6);
  expect(arrowLines([0, 0, 0], [0, 0, 1]).length).toBe(3 * 6);
  expect(arrowLines([1, 1, 1], [1, 1, 1])).toEqual([]);
  const lines = gridLines(
    entity('grid', 'g', {
      lines: [
        [0, 1],
        [0, 1, 2],
        [0, 3],
      ],
    })[1],
  );
  expect(lines && planeLines(lines, 2, 5).length).toBe((2 + 3) * 6);
  expect(gridLines(entity('grid', 'g', { lines: 'x' })[1])).toBeUndefined();
});
