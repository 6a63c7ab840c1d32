import { expect, test } from 'vitest';
import { type Entity, read } from '../../contract';
import { renameIn, renaming } from './renaming';

test.each([
  // [expression, from, what becomes of it with `n` for `from`, is `from` a unit too]
  ['w', 'w', 'n'],
  ['2*w + ww - w2', 'w', '2*n + ww - w2'],
  ['  w ', 'w', '  n '],
  ['(w+w)/w^2', 'w', '(n+n)/n^2'],
  ['2 w', 'w', '2 w'],
  ['2w', 'w', '2w'],
  ['-3.5e-3 mm*w', 'w', '-3.5e-3 mm*n'],
  ['2 mm/w', 'w', '2 mm/n'],
  ['2 mm^2/w', 'w', '2 mm^2/n'],
  ['sqrt(w)', 'sqrt', 'sqrt(w)'],
  ['max(w, sqrt(w))', 'w', 'max(n, sqrt(n))'],
  ['2 m', 'm', '2 m', true],
  ['m*2 m', 'm', 'n*2 m', true],
  ['5 S/m', 'm', '5 S/m', true],
  ['5 S/m^2/s', 's', '5 S/m^2/s', true],
  ['5 S/m*m', 'm', '5 S/m*n', true],
  ['5 J/kg^-1/m', 'm', '5 J/kg^-1/m', true],
  ['2^w', 'w', '2^n'],
  ['w^2 mm', 'w', 'n^2 mm'],
  ['2eps0 + e', 'e', '2eps0 + n'],
  ['2e3*e', 'e', '2e3*n'],
  ['größe + groesse', 'größe', 'n + groesse'],
  ['λ/2', 'λ', 'n/2'],
  ['w # odd', 'w', 'n # odd'],
  ['', 'w', ''],
])('%j without %j', (expression, from, wanted, isUnit = false) => {
  expect(renameIn(expression, from, 'n', isUnit as boolean)).toBe(wanted);
});

const schema = {
  type: 'object',
  properties: {
    value: { type: ['number', 'string'], 'x-dimension': 'none' },
    text: { type: 'string' },
    at: { type: 'array', items: { type: ['number', 'string'], 'x-dimension': 'length' }, minItems: 3, maxItems: 3 },
    of: { type: 'string', 'x-reference': 'geometry' },
    shapes: { type: 'array', items: { type: 'string' }, 'x-reference': 'geometry' },
    material: { type: 'string', 'x-reference': 'materials' },
    boxes: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { edge: { type: 'string', 'x-dimension': 'length' } } },
    },
    inner: {
      anyOf: [
        { type: 'object', required: ['radius'], properties: { radius: { type: 'string', 'x-dimension': 'length' } } },
        { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      ],
    },
  },
};
const kinds = [
  { kind: 'k', section: 'geometry', arrangement: 'ARRANGEMENT_MAP', schema: JSON.stringify(schema) },
  { kind: 'r', section: 'results', arrangement: 'ARRANGEMENT_RESULT', schema: JSON.stringify(schema) },
];
const solved = (path: string) => ({
  kind: `fit.${path.length}`,
  section: 'results',
  arrangement: 'ARRANGEMENT_RESULT',
  schema: JSON.stringify({ type: 'object', 'x-path': path }),
});
const services = [read('ServiceDescription', { kinds })];
const entity = (path: string, properties: object, kind = 'k'): Entity =>
  read('Entity', { id: `id ${path}`, path, kind, properties: JSON.stringify(properties) });
const map = (...list: Entity[]) => new Map(list.map((one) => [one.path, one]));
const put = (path: string, entities: readonly Entity[]) =>
  JSON.parse(entities.find((one) => one.path === path)?.properties ?? 'null');

test('a parameter is renamed in all expressions, and in nothing else', () => {
  const entities = map(
    entity('parameters/w', { value: '2 mm' }),
    entity('parameters/h', { value: 'w/2' }),
    entity('geometry/a', { at: ['w', 0, '-w'], text: 'w', of: 'w', inner: { radius: '2*w' } }),
    entity('geometry/w', { at: [1, 2, '3 mm'], inner: { name: 'w' } }),
    entity('geometry/boxed', { boxes: { w: { edge: 'w/3' }, other: { edge: '1 mm' } } }),
    entity('results/x', { value: 'w' }, 'r'),
    entity('geometry/alien', { value: 'w' }, 'unknown'),
  );
  const { edit, followers } = renaming(entities, services, 'parameters/w', 'parameters/width', false);
  expect(edit.put.map((one) => one.path)).toEqual(['parameters/width', 'parameters/h', 'geometry/a', 'geometry/boxed']);
  expect(put('geometry/boxed', edit.put)).toEqual({ boxes: { w: { edge: 'width/3' }, other: { edge: '1 mm' } } });
  expect(edit.put[0]?.id).toBe('id parameters/w');
  expect(edit.delete).toEqual(['parameters/w', 'parameters/w/**']);
  expect(put('parameters/h', edit.put)).toEqual({ value: 'width/2' });
  expect(put('geometry/a', edit.put)).toEqual({
    at: ['width', 0, '-width'],
    text: 'w',
    of: 'w',
    inner: { radius: '2*width' },
  });
  expect(followers.map((one) => `${one.path} ${one.property}`)).toEqual([
    'parameters/h value',
    'geometry/a at',
    'geometry/a at',
    'geometry/a inner.radius',
    'geometry/boxed boxes.w.edge',
  ]);
  expect(followers[0]).toMatchObject({ before: 'w/2', after: 'width/2' });
});

test('an entity is renamed where others refer to it, with what is below it', () => {
  const entities = map(
    entity('geometry/a', {}),
    entity('geometry/a/part', { of: 'a' }),
    entity('geometry/b', { of: 'a', shapes: ['a', 'ab', 'a/part'], material: 'a' }),
    entity('materials/a', {}),
  );
  const { edit, followers } = renaming(entities, services, 'geometry/a', 'geometry/c', false);
  expect(edit.put.map((one) => one.path)).toEqual(['geometry/c', 'geometry/c/part', 'geometry/b']);
  expect(put('geometry/b', edit.put)).toEqual({ of: 'c', shapes: ['c', 'ab', 'c/part'], material: 'a' });
  expect(put('geometry/c/part', edit.put)).toEqual({ of: 'c' });
  expect(followers.map((one) => one.before)).toEqual(['a', 'a', 'a', 'a/part']);
});

test('paths of results follow the names of what they are computed for', () => {
  const wanted = { type: 'object', properties: { of: { type: 'string', 'x-result': true } } };
  const described = [
    read('ServiceDescription', {
      kinds: [
        ...kinds,
        { kind: 'export', section: 'exports', arrangement: 'ARRANGEMENT_MAP', schema: JSON.stringify(wanted) },
        solved('results/{fit.solver}/s-parameters'),
        solved('results/{fit.solver}/fields/{fit.monitor.}'),
      ],
    }),
  ];
  const exported = (name: string, of: string) => entity(`exports/${name}`, { of }, 'export');
  const entities = map(
    entity('solvers/main', {}, 'fit.solver'),
    entity('monitors/main', {}, 'fit.monitor.plane'),
    exported('s', 'results/main/s-parameters'),
    exported('field', 'results/main/fields/main'),
    exported('other', 'results/mains/s-parameters'),
    exported('strange', 'main/s-parameters'),
  );
  const after = (from: string, to: string) => {
    const { edit } = renaming(entities, described, from, to, false);
    return edit.put.slice(1).map(({ path, properties }) => [path, JSON.parse(properties).of]);
  };
  expect(after('solvers/main', 'solvers/fast')).toEqual([
    ['exports/s', 'results/fast/s-parameters'],
    ['exports/field', 'results/fast/fields/main'],
  ]);
  expect(after('monitors/main', 'monitors/near')).toEqual([['exports/field', 'results/main/fields/near']]);
});
