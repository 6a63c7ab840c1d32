import { describe, expect, test } from 'vitest';
import { evaluate, parameters, siValue } from './evaluate';
import { parseSymbol, siSymbol } from './units';

const none = () => undefined;
const value = (text: string) => evaluate(text, none).value;

describe('expressions', () => {
  test('operators bind as in mathematics', () => {
    expect(value('1 + 2*3')).toBe(7);
    expect(value('2^3^2')).toBe(512);
    expect(value('-2^2')).toBe(-4);
    expect(value('8/2/2')).toBe(2);
    expect(value('max(1, 2, sqrt(9))')).toBe(3);
    expect(value('2e3 + .5')).toBe(2000.5);
  });

  test('units: prefixes, quotients, powers', () => {
    expect(value('22.86 mm')).toBe(0.02286);
    expect(value('3 GHz')).toBe(3e9);
    expect(value('5 S/m')).toBe(5);
    expect(siSymbol(evaluate('5 S/m', none).dimension)).toBe('S/m');
    expect(value('4 mm^2')).toBeCloseTo(4e-6, 18);
    expect(siSymbol(evaluate('sqrt(4 mm^2)', none).dimension)).toBe('m');
    expect(value('c0/(10 GHz)')).toBeCloseTo(0.0299792458, 12);
    expect(value('sin(90 deg)')).toBe(1);
    expect(parseSymbol('Gdeg')).toBeUndefined();
    expect(siSymbol(parseSymbol('mS')?.dimension ?? [])).toBe('S');
  });

  test('what cannot be is said', () => {
    expect(() => value('1 mm + 1 s')).toThrow(/different units/);
    expect(() => value('2*')).toThrow(/not finished/);
    expect(() => value('w')).toThrow(/w is not known/);
    expect(() => value('1/0')).toThrow(/zero/);
    expect(() => value('2 apples')).toThrow(/no unit/);
    expect(() => value('f(1)')).toThrow(/no function/);
    expect(() => value('constructor(1)')).toThrow(/no function/);
    expect(() => value(`${'('.repeat(200)}1${')'.repeat(200)}`)).toThrow(/deeply/);
    expect(() => value('1 2')).toThrow(/operator/);
    expect(value('0 + 1 mm')).toBe(0.001);
  });

  test('parameters use each other, circles are found', () => {
    const lookup = parameters(
      new Map([
        ['a', '2*b'],
        ['b', '3 mm'],
        ['x', 'y'],
        ['y', 'x'],
      ]),
    );
    expect(evaluate('a + 1 mm', lookup).value).toBeCloseTo(0.007, 15);
    expect(() => evaluate('x', lookup)).toThrow(/refers to itself/);
  });

  test('bare numbers take the default unit, expressions do not', () => {
    const length = [1, 0, 0, 0, 0, 0];
    expect(siValue(3, length, 'mm', none)).toBe(0.003);
    expect(siValue('3', length, 'mm', none)).toBe(0.003);
    expect(siValue(0, length, '', none)).toBe(0);
    expect(siValue('2*3', length, 'mm', none)).toBeUndefined();
    expect(siValue('3 s', length, 'mm', none)).toBeUndefined();
  });
});
