// The Smith chart: the unit disc of reflection coefficients with circles of constant resistance and reactance.
import { parameterOf } from './ports';
import { interpolate } from './series';

export interface Circle {
  cx: number;
  cy: number;
  r: number;
}

/** Circle of normalised resistance `r`: centre r/(1+r), radius 1/(1+r). */
export function resistanceCircle(r: number): Circle {
  return { cx: r / (1 + r), cy: 0, r: 1 / (1 + r) };
}

/** Circle of normalised reactance `x`: centre (1, 1/x), radius 1/|x|; only its part in the unit disc is drawn. */
export function reactanceCircle(x: number): Circle {
  return { cx: 1, cy: 1 / x, r: 1 / Math.abs(x) };
}

/** Where a circle of reactance `x` meets the unit circle: the reflection of a pure reactance, (jx-1)/(jx+1). */
export function reactanceEnd(x: number): [number, number] {
  return [(x * x - 1) / (x * x + 1), (2 * x) / (x * x + 1)];
}

/** Normalised impedance (1+Γ)/(1-Γ) of a reflection coefficient; infinite for Γ = 1. */
export function impedance(re: number, im: number): [number, number] {
  const size = (1 - re) ** 2 + im ** 2;
  if (size === 0) return [Number.POSITIVE_INFINITY, 0];
  return [(1 - re * re - im * im) / size, (2 * im) / size];
}

/** A curve of reflection coefficients on the chart. */
export interface Reflection {
  name: string;
  /** Unit of `x`. */
  unit: string;
  x: Float64Array;
  re: Float64Array;
  im: Float64Array;
  hue: number;
  dash: boolean;
  /** Ω; `null` for the wave impedance of its port. */
  reference: number | null;
}

/** `S11` and `S(out,out)`, and what is not named like a parameter of a network at all. */
export function isReflection(name: string): boolean {
  const parameter = parameterOf(name);
  return !parameter || (parameter.letter === 'S' && parameter.to === parameter.from);
}

/** The reflection coefficient at `x` by straight lines between the samples; `undefined` outside. */
export function gammaAt(curve: Reflection, x: number): [number, number] | undefined {
  const [re, im] = [interpolate(curve.x, curve.re, x), interpolate(curve.x, curve.im, x)];
  return Number.isFinite(re) && Number.isFinite(im) ? [re, im] : undefined;
}

/** The sample that is nearest to a point of the disc, no farther away than `within`. */
export function nearestSample(
  curves: readonly Reflection[],
  [u, v]: readonly [number, number],
  within: number,
): { curve: number; at: number } | undefined {
  let least = within;
  let found: { curve: number; at: number } | undefined;
  for (const [number, { re, im }] of curves.entries()) {
    for (let at = 0; at < re.length; at += 1) {
      const distance = Math.hypot((re[at] as number) - u, (im[at] as number) - v);
      if (distance < least) [least, found] = [distance, { curve: number, at }];
    }
  }
  return found;
}

export interface Grid {
  circles: Circle[];
  /** Arcs of constant reactance, and the line of none; as paths with the imaginary axis downward, as in drawings. */
  arcs: string[];
  labels: { x: number; y: number; text: string; end: boolean }[];
}

const COARSE = { resistances: [0, 0.2, 0.5, 1, 2, 5], reactances: [0.2, 0.5, 1, 2, 5] };
const FINE = {
  resistances: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 3, 4, 5, 10],
  reactances: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 3, 4, 5, 10],
};

/** The lines of the chart; more of them where it is looked at closely. */
export function smithGrid(fine: boolean): Grid {
  const { resistances, reactances } = fine ? FINE : COARSE;
  const signed = reactances.flatMap((x) => [x, -x]);
  return {
    circles: resistances.map(resistanceCircle),
    arcs: [
      'M-1 0H1',
      ...signed.map((x) => {
        const [u, v] = reactanceEnd(x);
        const { r } = reactanceCircle(x);
        return `M1 0A${r} ${r} 0 0 ${x > 0 ? 1 : 0} ${u} ${-v}`;
      }),
    ],
    labels: [
      ...resistances.slice(1).map((r) => ({ x: (r - 1) / (r + 1), y: 0, text: String(r), end: false })),
      ...signed.map((x) => {
        const [u, v] = reactanceEnd(x);
        return { x: u * 1.05, y: -v * 1.05, text: `${x > 0 ? '' : '−'}j${Math.abs(x)}`, end: true };
      }),
    ],
  };
}
