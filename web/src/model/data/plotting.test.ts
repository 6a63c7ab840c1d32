// Markers, and the drawings that plots are exported as.
import { describe, expect, test } from 'vitest';
import { difference, extremeAt, parsePlace, withMarker, withPlace } from './markers';
import { plotSvg } from './plot-drawing';
import { gammaAt, isReflection, nearestSample, type Reflection, smithGrid } from './smith';
import { gammaText, impedanceText, referenceTexts, smithColumns, smithSvg, viewBox } from './smith-drawing';

const x = Float64Array.of(1e9, 2e9, 3e9, 4e9);
const trace = { name: 'S11', x, y: Float64Array.of(-1, -20, -3, -30) };
const curve: Reflection = {
  name: 'S11',
  unit: 'Hz',
  x,
  re: Float64Array.of(0.5, 0, -0.5, 0),
  im: Float64Array.of(0, 0.5, 0, -0.5),
  hue: 0,
  dash: false,
  reference: 50,
};

describe('markers', () => {
  test('they are numbered by themselves, moved, and no more than eight', () => {
    let markers = withMarker(withMarker([], 1e9), 2e9);
    markers = withPlace(markers, markers[0]?.id ?? 0, 3e9);
    expect(markers.map((marker) => marker.x)).toEqual([3e9, 2e9]);
    for (let count = 0; count < 20; count += 1) markers = withMarker(markers, count);
    expect(markers.map((marker) => marker.x)).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    expect(new Set(markers.map((marker) => marker.id)).size).toBe(8);
  });

  test('lowest and highest are those of the part that is seen', () => {
    expect(extremeAt(trace, 'lowest', [0, 5e9])).toBe(4e9);
    expect(extremeAt(trace, 'lowest', [0, 3.5e9])).toBe(2e9);
    expect(extremeAt(trace, 'highest', [1.5e9, 5e9])).toBe(3e9);
    expect(extremeAt(trace, 'highest', [5e9, 6e9])).toBeUndefined();
    expect(extremeAt({ x, y: x.map(() => Number.NaN) }, 'lowest', [0, 5e9])).toBeUndefined();
  });

  test('a difference is that of the values between the samples', () => {
    expect(difference(trace, 1.5e9, 1e9)).toBeCloseTo(-9.5, 12);
    expect(difference(trace, 9e9, 1e9)).toBeNaN();
  });

  test('a place is read with prefix and unit, or without', () => {
    for (const text of ['2.4 GHz', '2.4GHz', '2.4G', '2.4e9', '2400 MHz', '2400000000 Hz'])
      expect(parsePlace(text, 'Hz'), text).toBeCloseTo(2.4e9, 3);
    expect(parsePlace('5', '')).toBe(5);
    for (const text of ['', 'x', '2.4 mm', '2.4 Gs', '1.2.3 GHz', 'GHz'])
      expect(parsePlace(text, 'Hz'), text).toBeUndefined();
  });
});

const AXES = { xName: 'Frequency', xUnit: 'Hz', yName: 'Magnitude', yUnit: 'dB' };

describe('drawings for reports', () => {
  test('a plot shows the part that is seen, and its markers with their values', () => {
    const whole = plotSvg([trace], AXES);
    expect(whole).toContain('>Frequency / GHz<');
    expect(whole).not.toContain('<circle');
    const part = plotSvg([trace], AXES, { seen: { x: [1.5e9, 2.5e9], y: [-25, 0] }, markers: [{ id: 7, x: 2e9 }] });
    // The ticks are those of the part.
    expect(part).toContain('>1.6<');
    expect(part).toContain('>-25<');
    expect(part).not.toContain('>4<');
    expect(part).toContain('1: 2 GHz: S11 -20 dB');
    // At the middle of the frame, 70 to 780 wide.
    expect(part).toContain('<circle cx="425.0"');
  });

  test('names of curves are never markup', () => {
    const evil = { ...trace, name: '<script>&"' };
    expect(plotSvg([evil], AXES, { markers: [{ id: 1, x: 2e9 }] })).not.toContain('<script>');
    expect(smithSvg([{ ...curve, name: '<script>' }])).not.toContain('<script>');
  });

  test('a Smith chart is drawn with curves, markers and impedances', () => {
    const svg = smithSvg([curve], { markers: [{ id: 1, x: 1e9 }] });
    expect(svg).toContain('points="0.50000,0.00000 0.00000,-0.50000');
    // (1 + 0.5) / (1 - 0.5) × 50 Ω
    expect(svg).toContain('1: 1 GHz: S11 0.5 ∠ 0°, 150 + j0 Ω');
    expect(smithSvg([curve], { look: { u: 0.5, v: 0.1, scale: 2 } })).toContain(
      `viewBox="${viewBox({ u: 0.5, v: 0.1, scale: 2 }).join(' ')}"`,
    );
  });

  test('as a table it has coefficients and impedances, not decibels', () => {
    const columns = smithColumns([curve]);
    expect(columns.map((one) => one.name)).toEqual(['Re S11', 'Im S11', 'R S11 (Ω)', 'X S11 (Ω)']);
    expect(columns[2]?.y[0]).toBeCloseTo(150, 12);
    // Γ = j/2: (1 + j/2) / (1 - j/2) = 0.6 + j0.8
    expect(columns[2]?.y[1]).toBeCloseTo(30, 12);
    expect(columns[3]?.y[1]).toBeCloseTo(40, 12);
  });
});

describe('points of a Smith chart', () => {
  test('reflections are told from transmissions', () => {
    for (const name of ['S11', 'S(in,in)', 'S12,12', 'gamma']) expect(isReflection(name), name).toBe(true);
    for (const name of ['S21', 'S(out,in)', 'S10,1', 'Z11', 'Y(a,a)', 'H22', 'G1,1'])
      expect(isReflection(name), name).toBe(false);
  });

  test('the nearest sample, and none that is far', () => {
    expect(nearestSample([curve], [-0.45, 0.02], 0.1)).toEqual({ curve: 0, at: 2 });
    expect(nearestSample([curve], [0.9, 0.9], 0.1)).toBeUndefined();
  });

  test('between the samples, and none outside', () => {
    expect(gammaAt(curve, 1.5e9)).toEqual([0.25, 0.25]);
    expect(gammaAt(curve, 5e9)).toBeUndefined();
  });

  test('in words', () => {
    expect(gammaText(0, 0.5)).toBe('0.5 ∠ 90°');
    expect(impedanceText(0, -0.5, 50)).toBe('30 − j40 Ω');
    expect(impedanceText(1, 0, 50)).toBe('open');
    // What refers to the wave impedance of its port has no ohms.
    expect(impedanceText(0, -0.5, null)).toBe('0.6 − j0.8');
  });

  test('what impedances refer to is said once where it is the same for all', () => {
    const of = (name: string, reference: number | null) => ({ ...curve, name, reference });
    expect(referenceTexts([of('S11', 75), of('S22', 75)])).toEqual(['Reference 75 Ω']);
    expect(referenceTexts([of('S11', null)])).toEqual(['Reference: wave impedance of the port']);
    expect(referenceTexts([of('S11', 50), of('S22', null), of('S33', 50)])).toEqual([
      'Reference of S11, S33: 50 Ω',
      'Reference of S22: wave impedance of the port',
    ]);
    const svg = smithSvg([of('S11', 50), of('S22', null)], { markers: [{ id: 1, x: 1e9 }] });
    expect(svg).toContain('S11 0.5 ∠ 0°, 150 + j0 Ω');
    expect(svg).toContain('S22 0.5 ∠ 0°, 3 + j0<');
    const [, , r] = smithColumns([of('S22', null)]);
    expect([r?.name, r?.y[0]]).toEqual(['R S22 (normalised)', 3]);
  });

  test('closer, the chart has more lines', () => {
    expect(smithGrid(true).circles.length).toBeGreaterThan(smithGrid(false).circles.length);
  });
});
