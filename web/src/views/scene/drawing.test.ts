import { expect, test } from 'vitest';
import { type Entity, read } from '../../contract';
import { boxLines, closes, gridLines, marks, pins, placedPaths, planeLines } from './drawing';

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
  'x-pick': 'point',
};
const length = { type: ['number', 'string', 'null'], 'x-dimension': 'length' };
const kind = (name: string, section: string, properties: object, mark?: object) => ({
  kind: name,
  section,
  schema: JSON.stringify({ type: 'object', properties, ...(mark ? { 'x-mark': mark } : {}) }),
});
const sides = ['x_min', 'x_max', 'y_min', 'y_max', 'z_min', 'z_max'];
const services = [
  read('ServiceDescription', {
    kinds: [
      kind('s.port', 'ports', { start: point, end: point }, { arrow: ['start', 'end'] }),
      kind(
        's.guide',
        'ports',
        { min: point, max: point, way: { type: 'string' } },
        { frame: ['min', 'max'], along: 'way' },
      ),
      kind(
        's.monitor',
        'monitors',
        { plane: { type: 'object', properties: { z: { ...length, 'x-mesh-line': 'z' } } }, min: point, max: point },
        { box: ['min', 'max'], planes: 'plane' },
      ),
      kind('s.walls', 'walls', { all: { type: 'string', default: 'open' } }, { sides, rest: 'all' }),
      kind('s.line', 'lines', { a: point, b: point }),
      kind('m.box', 'geometry', {}),
      kind('s.odd', 'odd', { a: point }, { arrow: 'a' }),
    ],
  }),
];
const around = { min: [0, 0, 0] as [number, number, number], max: [1, 2, 3] as [number, number, number] };

test('a port is an arrow where its values put it', () => {
  const entities = new Map([
    entity('ports/1', 's.port', { start: [0, 0, 0], end: [0, 0, 0.0016] }),
    entity('geometry/b', 'm.box', {}),
  ]);
  const [port, ...rest] = marks(entities, services, around);
  expect(rest).toEqual([]);
  expect(placedPaths(services)).toEqual(expect.arrayContaining(['ports', 'ports/**', 'walls']));
  expect(port?.arrows).toEqual([
    [
      [0, 0, 0],
      [0, 0, 0.0016],
    ],
  ]);
  expect(port?.labels).toEqual([{ at: [0, 0, 0.0008], text: '1' }]);
});

test('a wide port has a box and stands in its middle', () => {
  const entities = new Map([entity('ports/w', 's.port', { start: [0, 0, 0], end: [0.002, 0, 0.004], axis: 'z' })]);
  const [port] = marks(entities, services, around);
  expect(port?.arrows).toEqual([
    [
      [0.001, 0, 0],
      [0.001, 0, 0.004],
    ],
  ]);
  expect(port?.lines.length).toBe(13 * 6);
});

test('a guide is a frame with an arrow into it, a monitor a plane across the model', () => {
  const entities = new Map([
    entity('ports/g', 's.guide', { min: [0, 0, 0.005], max: [0.03, 0.04, 0.005], way: '-z' }),
    entity('monitors/m', 's.monitor', { plane: { z: 0.002 } }),
    entity('lines/l', 's.line', { a: [0, 0, 0], b: [1, 0, 0] }),
  ]);
  const [guide, monitor, line] = marks(entities, services, around);
  expect(guide?.plates).toHaveLength(1);
  expect(guide?.lines.length).toBe(5 * 6);
  expect(guide?.arrows[0]?.[1][2]).toBeCloseTo(0.005 - 0.05 * 0.3, 9);
  expect(new Set(monitor?.plates[0]?.map((corner) => corner[2]))).toEqual(new Set([0.002]));
  expect(line?.arrows).toHaveLength(1);
});

test('walls have a sign on each side, with the value of the side or of the rest', () => {
  const entities = new Map([entity('walls', 's.walls', { all: 'pec', z_max: 'open', x_min: 'odd' })]);
  const found = marks(entities, services, around);
  expect(found.map((mark) => mark.labels[0]?.text)).toEqual(['ODD', 'PEC', 'PEC', 'PEC', 'PEC', 'OPEN']);
  expect(found[5]?.arrows).toHaveLength(4);
  expect(found[5]?.labels[0]?.at).toEqual([0.5, 1, 3]);
  // Where nothing is said, the schema's default holds.
  const plain = marks(new Map([entity('walls', 's.walls', {})]), services, around);
  expect(plain.map((mark) => mark.labels[0]?.text)).toEqual(Array(6).fill('OPEN'));
  expect(services[0]?.kinds.filter(closes).map((one) => one.kind)).toEqual(['s.walls']);
});

test('what has no value or is not understood is left out', () => {
  const entities = new Map([
    entity('ports/1', 's.port', { start: [0, 0, null], end: [0, 0, 1] }),
    entity('odd/1', 's.odd', { a: [0, 0, 0] }),
  ]);
  expect(marks(entities, services, around)).toEqual([]);
});

test('points of properties are pinned, also those of a list with another form', () => {
  const edges = { 'x-pick': 'edge', anyOf: [{ const: 'all' }, { type: 'array', items: point }] };
  const schema = JSON.stringify({ type: 'object', properties: { start: point, edges } });
  const values = {
    start: [0.001, 0.002, 0.003],
    edges: [
      [0.001, 0, 0],
      [0, null, 0],
    ],
  };
  const [, one] = entity('geometry/b', 'm.blend', values);
  expect(pins(one, schema)).toEqual([
    { at: [0.001, 0.002, 0.003], text: 'Start' },
    { at: [0.001, 0, 0], text: '' },
  ]);
});

test('boxes have twelve edges, grids their lines', () => {
  expect(boxLines([0, 0, 0], [1, 1, 1]).length).toBe(12 * 6);
  const all = [
    [0, 1],
    [0, 1, 2],
    [0, 3],
  ];
  const lines = gridLines(entity('grid', 'g', { lines: all })[1]);
  expect(lines && planeLines(lines, 2, 5).length).toBe((2 + 3) * 6);
  expect(gridLines(entity('grid', 'g', { lines: 'x' })[1])).toBeUndefined();
});
