// Touchstone files and the ports of S-parameters.
import { describe, expect, test } from 'vitest';
import { type Port, parameterOf, portsOf, referenceOf } from './ports';
import type { Series } from './series';
import { parseTouchstone, toTouchstone } from './touchstone';

/** As a solver writes them, port by port that is driven; S(to,from) is 10 to + from. */
function network(ports: readonly Port[], driven: readonly number[]): Series {
  const digits = ports.every(({ name }) => /^\d$/.test(name));
  const curves = driven.flatMap((from) =>
    ports.map((port, to) => {
      const source = ports[from]?.name;
      return {
        name: digits ? `S${port.name}${source}` : `S(${port.name},${source})`,
        unit: '',
        x: Float64Array.of(1e9, 2e9),
        re: Float64Array.of(10 * (to + 1) + from + 1, 0),
        im: Float64Array.of(-to, 0.5),
      };
    }),
  );
  return { x: { name: 'frequency', unit: 'Hz' }, curves, ports };
}

const named = (...names: string[]): Port[] => names.map((name) => ({ name, reference: 50 }));

describe('Touchstone, read', () => {
  test('two ports go by columns: 11 21 12 22', () => {
    const series = parseTouchstone('a.s2p', '! c\n# GHz S MA R 50\n1 0.5 90 0.1 0 0.2 0 0.3 0\n');
    expect(series.curves.map((one) => one.name)).toEqual(['S11', 'S21', 'S12', 'S22']);
    expect(series.curves[0]?.x[0]).toBe(1e9);
    expect(series.curves[0]?.im?.[0]).toBeCloseTo(0.5, 12);
    expect(series.curves[2]?.re[0]).toBeCloseTo(0.2, 12);
  });

  test('one port in dB; version 2 keywords are passed over', () => {
    const text = '[Version] 2.0\n# Hz S DB R 50\n[Number of Ports] 1\n[Network Data]\n100 -20 0\n[End]\n';
    expect(parseTouchstone('x.ts', text).curves[0]?.re[0]).toBeCloseTo(0.1, 12);
  });

  test('damaged files are refused with a reason', () => {
    expect(() => parseTouchstone('x.txt', '1 2 3')).toThrow(/ports/);
    expect(() => parseTouchstone('x.s1p', '1 two 3')).toThrow(/two/);
    expect(() => parseTouchstone('x.s1p', '')).toThrow(/no frequency/);
  });

  test('the reference is that of the file, of each port in version 2', () => {
    const one = parseTouchstone('a.s2p', '# GHz S RI R 75\n1 0 0 0 0 0 0 0 0\n');
    expect(one.ports).toEqual([
      { name: '1', reference: 75 },
      { name: '2', reference: 75 },
    ]);
    const text = `[Version] 2.0
# Hz S RI R 50
[Number of Ports] 2
[Two-Port Data Order] 12_21
[Reference] 50
 75
[Begin Information]
measured by hand
[End Information]
[Network Data]
1 11 0 12 0 21 0 22 0
[End]
`;
    const two = parseTouchstone('a.ts', text);
    expect(two.ports?.map((port) => port.reference)).toEqual([50, 75]);
    expect(two.curves.map((curve) => `${curve.name} ${curve.re[0]}`)).toEqual(['S11 11', 'S12 12', 'S21 21', 'S22 22']);
  });

  test('half a matrix is refused', () => {
    const text = '[Version] 2.0\n# Hz S RI\n[Number of Ports] 3\n[Matrix Format] Lower\n[Network Data]\n';
    expect(() => parseTouchstone('a.ts', `${text}${'1 '.repeat(39)}`)).toThrow(/Lower.*Full/);
    expect(parseTouchstone('a.ts', `${text.replace('Lower', 'Full')}${'1 '.repeat(38)}`).curves).toHaveLength(9);
  });

  test('noise data of version 1 begins where the frequency falls', () => {
    const rows = ['1 1 0 2 0 3 0 4 0', '2 1 0 2 0 3 0 4 0'];
    // Nine lines of five numbers would be read as five frequencies.
    const noise = Array.from({ length: 9 }, (_, at) => `${1 + at / 10} 0.5 0.3 90 0.2`);
    const series = parseTouchstone('a.s2p', ['# GHz S RI R 50', ...rows, ...noise].join('\n'));
    expect([...(series.curves[0]?.x ?? [])]).toEqual([1e9, 2e9]);
  });
});

describe('Touchstone, written', () => {
  test('what is written is read again, whatever port was driven first', () => {
    for (const names of [['1', '2'], ['in', 'out'], ['1', '2', '3', '4', '5'], ['1']]) {
      const ports = named(...names);
      const text = toTouchstone(network(ports, [...ports.keys()].reverse()));
      const again = parseTouchstone(`x.s${names.length}p`, text);
      expect(again.curves).toHaveLength(names.length ** 2);
      for (const { name, x, re, im } of again.curves) {
        const [to, from] = [Number(name[1]), Number(name[2])];
        expect([name, re[0], im?.[0], x[1]]).toEqual([name, 10 * to + from, 1 - to, 2e9]);
      }
    }
  });

  test('a line has four pairs at most', () => {
    const text = toTouchstone(network(named('1', '2', '3', '4', '5'), [0, 1, 2, 3, 4]));
    for (const line of text.split('\n').filter((one) => !/^[!#]/.test(one)))
      expect(line.trim().split(' ').length).toBeLessThanOrEqual(9);
  });

  test('a matrix with columns that were not driven is refused, though its curves would make a square', () => {
    const ports = named('1', '2', '3', '4');
    expect(network(ports, [0]).curves).toHaveLength(4);
    expect(() => toTouchstone(network(ports, [0]))).toThrow(/every port driven; 2, 3, 4 were not/);
    const { ports: _, ...unknown } = network(ports, [0]);
    expect(() => toTouchstone(unknown)).toThrow(/2, 3, 4 were not/);
    const real = network(named('1'), [0]).curves.map(({ im: _im, ...curve }) => curve);
    expect(() => toTouchstone({ x: { name: 'f', unit: 'Hz' }, curves: real })).toThrow(/no S-parameters/);
  });

  test('different references are refused; wave impedances are noted, and read again', () => {
    const mixed = [
      { name: '1', reference: 50 },
      { name: '2', reference: 75 },
    ];
    expect(() => toTouchstone(network(mixed, [0, 1]))).toThrow(/50, 75 Ω/);
    const guide = [
      { name: '1', reference: null },
      { name: '2', reference: 50 },
    ];
    const text = toTouchstone(network(guide, [0, 1]));
    expect(text).toContain('! port 1: 1 (normalised to the wave impedance of its mode)\n! port 2: 2\n# HZ S RI R 50\n');
    expect(parseTouchstone('x.s2p', text).ports).toEqual(guide);
  });
});

describe('ports', () => {
  test('curves tell of which ports they are', () => {
    expect(parameterOf('S21')).toEqual({ letter: 'S', to: '2', from: '1' });
    expect(parameterOf('S10,1')).toEqual({ letter: 'S', to: '10', from: '1' });
    expect(parameterOf('S(out,in)')).toEqual({ letter: 'S', to: 'out', from: 'in' });
    expect(parameterOf('z11')).toEqual({ letter: 'Z', to: '1', from: '1' });
    for (const name of ['gamma', 'S1', 'energy, 1 driven']) expect(parameterOf(name)).toBeUndefined();
  });

  test('each has its reference, a waveguide none in ohms', () => {
    const curves = [{ name: 'S11' }, { name: 'S22' }];
    const ports = portsOf({ ports: ['1', '2'], reference_impedance: [75, null] }, curves);
    expect([referenceOf('S11', ports), referenceOf('S22', ports)]).toEqual([75, null]);
    // One for all, names by the curves.
    expect(portsOf({ reference_impedance: 60 }, curves)).toEqual([
      { name: '1', reference: 60 },
      { name: '2', reference: 60 },
    ]);
    expect(referenceOf('gamma', portsOf({ reference_impedance: [null] }, [{ name: 'gamma' }]))).toBeNull();
    expect(referenceOf('S11', portsOf({}, curves))).toBe(50);
    expect(referenceOf('S11')).toBe(50);
  });
});
