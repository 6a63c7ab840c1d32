import { expect, test } from 'vitest';
import { fieldsOfResult } from '../parts/form/form';
import { sheetsOf } from '../views/result/table';
import { unitAt, unitsOf } from './units';
import { told } from './value';

const SCHEMA = JSON.stringify({
  type: 'object',
  'x-units': { '/range': 'Hz', '/statistics/time': 's', '/minima/*/frequency': 'Hz', '/bad': 7 },
});
const units = unitsOf(SCHEMA);

test('a unit holds at its place and below', () => {
  expect(unitAt(units, ['range', '*'])).toBe('Hz');
  expect(unitAt(units, ['statistics', 'time'])).toBe('s');
  expect(unitAt(units, ['statistics', 'steps'])).toBe('');
  expect(unitAt(units, ['bad'])).toBe('');
  for (const schema of ['', '{', 'null', '{"x-units":[]}']) expect(unitsOf(schema)).toEqual([]);
});

test('a unit may be named by a property', () => {
  const schema = JSON.stringify({ 'x-units': { '/maximum': '/unit', '/arrays/*/maximum': '/unit' } });
  expect(unitAt(unitsOf(schema, { unit: 'V/m' }), ['arrays', '*', 'maximum'])).toBe('V/m');
  expect(unitAt(unitsOf(schema, {}), ['maximum'])).toBe('');
  expect(unitAt(unitsOf(schema, { unit: 7 }), ['maximum'])).toBe('');
});

test('what was computed is told with units', () => {
  expect(told(2.4e9, 'Hz')).toBe('2.4 GHz');
  expect(told([2e9, 2.8e9], 'Hz')).toBe('2 GHz, 2.8 GHz');
  expect(
    told(
      [
        [0, 0.001],
        [1, 2],
      ],
      'm',
    ),
  ).toBe('(0 m, 1 mm), (1 m, 2 m)');
  expect(told(0.1234567891)).toBe('0.1234568');
  expect(told('text', 'Hz')).toBe('text');
  expect(told(null)).toBe('');
});

const RESULT = {
  range: [2e9, 2.8e9],
  statistics: { time: 3e-9, steps: 100 },
  minima: [{ curve: 'S11', frequency: 2.4e9 }],
};

test('a result has a group for what holds more, and units beside', () => {
  const fields = fieldsOfResult(RESULT, units);
  expect(fields.map((field) => [field.name, field.kind, field.unit])).toEqual([
    ['range', 'json', 'Hz'],
    ['statistics', 'group', ''],
    ['minima', 'json', ''],
  ]);
  expect(fields[1]?.fields?.map((field) => [field.name, field.unit])).toEqual([
    ['time', 's'],
    ['steps', ''],
  ]);
});

test('tables have units in their heads, or with each value', () => {
  const [single, minima] = sheetsOf(RESULT, units);
  expect(single?.rows).toEqual([
    ['Range', '2 GHz, 2.8 GHz', ''],
    ['Statistics · Time', 3e-9, 's'],
    ['Statistics · Steps', 100, ''],
  ]);
  expect(minima?.columns).toEqual(['Curve', 'Frequency / Hz']);
});
