// The Smith chart: the unit disc of reflection coefficients with circles of constant resistance and reactance.

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
