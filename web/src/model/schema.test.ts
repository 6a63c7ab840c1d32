import { describe, expect, test } from 'vitest';
import { keptList, startValue, startValues, writtenDefault } from './defaults';
import { formOf, humanize } from './schema';
import { expressionFault, fault, faults, formatNumber, formatSI, parseText, shared, textOf, withValue } from './value';

const form = (properties: object, required: string[] = [], more: object = {}) =>
  formOf(JSON.stringify({ type: 'object', properties, required, ...more }));
const one = (schema: object, required = false) => {
  const [field] = form({ f: schema }, required ? ['f'] : []);
  if (!field) throw new Error('no field');
  return field;
};

describe('forms from schemas', () => {
  test('quantities, references, files and choices by their marks', () => {
    const fields = form(
      {
        radius: { type: ['number', 'string'], 'x-dimension': 'length', description: 'of the base' },
        material: { type: 'string', 'x-reference': 'materials' },
        file: { type: 'string', 'x-file': true },
        axis: { enum: ['x', 'y', 'z'], default: 'z' },
      },
      ['radius'],
    );
    expect(fields.map((field) => [field.name, field.kind])).toEqual([
      ['radius', 'quantity'],
      ['material', 'reference'],
      ['file', 'file'],
      ['axis', 'choice'],
    ]);
    expect(fields[0]).toMatchObject({ dimension: 'length', required: true, description: 'of the base' });
    expect(fields[1]?.section).toBe('materials');
    expect(fields[3]?.options?.map((option) => option.value)).toEqual(['x', 'y', 'z']);
  });

  test('definitions are followed, and alternatives with null are nullable', () => {
    const [field] = form({ size: { anyOf: [{ $ref: '#/$defs/Length' }, { type: 'null' }] } }, [], {
      $defs: { Length: { type: ['number', 'string'], 'x-dimension': 'length' } },
    });
    expect(field).toMatchObject({ kind: 'quantity', dimension: 'length', nullable: true });
  });

  test('points are lists with places, the dimension of the list holds for each', () => {
    const field = one({
      type: 'array',
      items: { type: ['number', 'string'] },
      minItems: 3,
      maxItems: 3,
      'x-dimension': 'length',
    });
    expect(field.kind).toBe('list');
    expect(field.places?.map((place) => [place.label, place.dimension])).toEqual([
      ['X', 'length'],
      ['Y', 'length'],
      ['Z', 'length'],
    ]);
  });

  test('constants of a oneOf are choices, groups nest', () => {
    const field = one({
      type: 'object',
      properties: { kind: { oneOf: [{ const: 'pec', title: 'Conductor' }, { const: 'open' }] } },
    });
    expect(field.kind).toBe('group');
    expect(field.fields?.[0]?.options).toEqual([
      { value: 'pec', label: 'Conductor' },
      { value: 'open', label: 'open' },
    ]);
  });

  test('circles and nonsense end', () => {
    const circle = formOf('{"type":"object","properties":{"a":{"$ref":"#"}}}');
    expect(circle[0]?.kind).toBe('group');
    expect(formOf('not json')).toEqual([]);
    expect(formOf('[]')).toEqual([]);
    expect(one({ type: 'object', additionalProperties: true }).kind).toBe('json');
  });

  test('names become labels', () => {
    expect(humanize('epsilon_r')).toBe('Epsilon r');
    expect(humanize('maxEdgeLength')).toBe('Max edge length');
  });
});

describe('values', () => {
  test('bare numbers are kept as numbers, the rest as the user wrote it', () => {
    const field = one({ type: ['number', 'string'], 'x-dimension': 'length' });
    expect(parseText(field, ' 2.5 ')).toBe(2.5);
    expect(parseText(field, '2*w + 3 mm')).toBe('2*w + 3 mm');
    expect(parseText(field, '')).toBeUndefined();
    expect(textOf(0.1)).toBe('0.1');
  });

  test('what is plainly wrong is said', () => {
    expect(expressionFault('2*(w+1')).toMatch(/not closed/);
    expect(expressionFault('2)')).toMatch(/opening/);
    expect(expressionFault('2*')).toMatch(/not finished/);
    expect(expressionFault('sqrt(2)*w')).toBeUndefined();
    expect(fault(one({ type: 'integer', minimum: 1 }), 0)).toMatch(/at least 1/);
    expect(fault(one({ type: 'integer' }), 1.5)).toMatch(/whole/);
    expect(fault(one({ type: 'number', exclusiveMinimum: 0 }), 0)).toMatch(/above 0/);
    expect(fault(one({ enum: ['a'] }), 'b')).toMatch(/choices/);
    expect(faults(form({ a: { type: 'string' } }, ['a']), {})).toEqual({ a: 'is needed' });
  });

  test('a new thing starts with the defaults of what is required', () => {
    expect(
      startValues(
        form({ a: { enum: ['x', 'y'] }, b: { type: 'number', default: 2 }, c: { type: 'string' } }, ['a', 'b']),
      ),
    ).toEqual({
      a: 'x',
      b: 2,
    });
  });

  test('defaults, in SI in the schema, are written with their units', () => {
    const of = (dimension: string, value: unknown) =>
      one({ type: ['number', 'string'], 'x-dimension': dimension, default: value });
    for (const [dimension, value, text] of [
      ['length', 0.001, '1 mm'],
      ['length', 0, '0 m'],
      ['angle', 2 * Math.PI, '360 deg'],
      ['resistance', 50, '50 ohm'],
      ['frequency', 1.5e9, '1.5 GHz'],
      ['conductivity', 5.8e7, '5.8e7 S/m'],
      ['ratio', 0.99, 0.99],
      ['count', 8, 8],
      ['length', '2 cm', '2 cm'],
    ] as const)
      expect(writtenDefault(of(dimension, value)), `${value} of ${dimension}`).toBe(text);
    expect(writtenDefault(of('length', undefined))).toBeUndefined();
    // Where the default is what a field begins with, it is stored so.
    expect(startValue(of('length', 0.001))).toBe('1 mm');
    expect(startValues([{ ...of('length', 0.001), required: true }])).toEqual({ f: '1 mm' });
    const point = { type: 'array', items: { 'x-dimension': 'length' }, minItems: 2, maxItems: 2, default: [0.002, 1] };
    expect(startValue(one(point))).toEqual(['2 mm', '1 m']);
  });

  test('a list that may be left out is, once it is empty', () => {
    const frequencies = { type: ['array', 'null'], items: { 'x-dimension': 'frequency' }, minItems: 1, default: null };
    expect(keptList(one(frequencies), [])).toBeUndefined();
    expect(keptList(one(frequencies), [1])).toEqual([1]);
    expect(keptList(one(frequencies, true), [])).toEqual([]);
    // None is not the default.
    const names = { type: 'array', items: { type: 'string' }, default: ['a'] };
    expect(keptList(one(names), [])).toEqual([]);
  });

  test('several entities share a value or are mixed', () => {
    expect(shared([{ a: [1] }, { a: [1] }], 'a')).toEqual({ mixed: false, value: [1] });
    expect(shared([{ a: 1 }, {}], 'a').mixed).toBe(true);
    expect(withValue({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 });
    expect(Object.keys(withValue({ a: 1, b: 2 }, 'a', 3))).toEqual(['a', 'b']);
  });

  test('numbers are shown readably', () => {
    expect(formatNumber(0.1 + 0.2)).toBe('0.3');
    expect(formatSI(2.45e9, 'Hz')).toBe('2.45 GHz');
    expect(formatSI(0.0227, 'm')).toBe('22.7 mm');
    expect(formatSI(0, 'm')).toBe('0 m');
    expect(formatSI(-21.5, 'dB')).toBe('-21.5 dB');
  });
});
