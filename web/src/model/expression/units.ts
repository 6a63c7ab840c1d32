// Unit symbols and dimensions, as far as a preview of values needs them. The platform's own evaluation is what
// counts; this follows it so that people see at once what they have written.

/** Exponents of metre, second, kilogram, ampere, kelvin and radian. */
export type Dimension = readonly number[];

export interface Unit {
  dimension: Dimension;
  /** Size in SI, as a fraction that is exact for powers of ten. */
  multiplier: number;
  divisor: number;
}

export const NONE: Dimension = [0, 0, 0, 0, 0, 0];

/** Names as the schemas say them, the dimension, and the symbol that values are shown in. */
export const DIMENSIONS: Record<string, { exponents: Dimension; symbol: string }> = {
  length: { exponents: [1, 0, 0, 0, 0, 0], symbol: 'm' },
  frequency: { exponents: [0, -1, 0, 0, 0, 0], symbol: 'Hz' },
  time: { exponents: [0, 1, 0, 0, 0, 0], symbol: 's' },
  angle: { exponents: [0, 0, 0, 0, 0, 1], symbol: 'rad' },
  conductivity: { exponents: [-3, 3, -1, 2, 0, 0], symbol: 'S/m' },
  'magnetic-conductivity': { exponents: [1, -3, 1, -2, 0, 0], symbol: 'Ω/m' },
  resistance: { exponents: [2, -3, 1, -2, 0, 0], symbol: 'Ω' },
  voltage: { exponents: [2, -3, 1, -1, 0, 0], symbol: 'V' },
  current: { exponents: [0, 0, 0, 1, 0, 0], symbol: 'A' },
  power: { exponents: [2, -3, 1, 0, 0, 0], symbol: 'W' },
  capacitance: { exponents: [-2, 4, -1, 2, 0, 0], symbol: 'F' },
  inductance: { exponents: [2, -2, 1, -2, 0, 0], symbol: 'H' },
  conductance: { exponents: [-2, 3, -1, 2, 0, 0], symbol: 'S' },
  temperature: { exponents: [0, 0, 0, 0, 1, 0], symbol: 'K' },
  mass: { exponents: [0, 0, 1, 0, 0, 0], symbol: 'kg' },
  energy: { exponents: [2, -2, 1, 0, 0, 0], symbol: 'J' },
  force: { exponents: [1, -2, 1, 0, 0, 0], symbol: 'N' },
  charge: { exponents: [0, 1, 0, 1, 0, 0], symbol: 'C' },
  'flux-density': { exponents: [0, -2, 1, -1, 0, 0], symbol: 'T' },
  area: { exponents: [2, 0, 0, 0, 0, 0], symbol: 'm²' },
  volume: { exponents: [3, 0, 0, 0, 0, 0], symbol: 'm³' },
  velocity: { exponents: [1, -1, 0, 0, 0, 0], symbol: 'm/s' },
  permittivity: { exponents: [-3, 4, -1, 2, 0, 0], symbol: 'F/m' },
  permeability: { exponents: [1, -2, 1, -2, 0, 0], symbol: 'H/m' },
};

const PREFIXES: Record<string, [number, number]> = {
  f: [1, 1e15],
  p: [1, 1e12],
  n: [1, 1e9],
  u: [1, 1e6],
  µ: [1, 1e6],
  μ: [1, 1e6],
  m: [1, 1e3],
  k: [1e3, 1],
  M: [1e6, 1],
  G: [1e9, 1],
  T: [1e12, 1],
};

/** Symbol, dimension, size, and whether it takes a prefix. */
const SYMBOLS: [string, string, number, number, boolean][] = [
  ['m', 'length', 1, 1, true],
  ['cm', 'length', 1, 100, false],
  ['in', 'length', 254, 1e4, false],
  ['mil', 'length', 254, 1e7, false],
  ['s', 'time', 1, 1, true],
  ['Hz', 'frequency', 1, 1, true],
  ['rad', 'angle', 1, 1, true],
  ['deg', 'angle', Math.PI, 180, false],
  ['°', 'angle', Math.PI, 180, false],
  ['ohm', 'resistance', 1, 1, true],
  ['Ohm', 'resistance', 1, 1, true],
  ['\u03a9', 'resistance', 1, 1, true],
  ['\u2126', 'resistance', 1, 1, true],
  ['S', 'conductance', 1, 1, true],
  ['F', 'capacitance', 1, 1, true],
  ['H', 'inductance', 1, 1, true],
  ['V', 'voltage', 1, 1, true],
  ['A', 'current', 1, 1, true],
  ['W', 'power', 1, 1, true],
  ['J', 'energy', 1, 1, true],
  ['N', 'force', 1, 1, true],
  ['C', 'charge', 1, 1, true],
  ['T', 'flux-density', 1, 1, true],
  ['K', 'temperature', 1, 1, true],
  ['g', 'mass', 1, 1e3, true],
];

export function parseSymbol(text: string): Unit | undefined {
  const unit = ([, name, multiplier, divisor]: (typeof SYMBOLS)[number], up = 1, down = 1): Unit => ({
    dimension: DIMENSIONS[name]?.exponents ?? NONE,
    multiplier: multiplier * up,
    divisor: divisor * down,
  });
  const plain = SYMBOLS.find(([symbol]) => symbol === text);
  if (plain) return unit(plain);
  for (const entry of SYMBOLS) {
    if (!entry[4] || !text.endsWith(entry[0])) continue;
    const prefix = PREFIXES[text.slice(0, -entry[0].length)];
    if (prefix) return unit(entry, ...prefix);
  }
  return undefined;
}

export function power(unit: Unit, exponent: number): Unit {
  const size = Math.abs(exponent);
  const [up, down] = exponent < 0 ? [unit.divisor, unit.multiplier] : [unit.multiplier, unit.divisor];
  return { dimension: unit.dimension.map((one) => one * exponent), multiplier: up ** size, divisor: down ** size };
}

export function times(a: Unit, b: Unit): Unit {
  return {
    dimension: a.dimension.map((one, at) => one + (b.dimension[at] ?? 0)),
    multiplier: a.multiplier * b.multiplier,
    divisor: a.divisor * b.divisor,
  };
}

export function sameDimension(a: Dimension, b: Dimension): boolean {
  return a.every((one, at) => Math.abs(one - (b[at] ?? 0)) < 1e-9);
}

/** The unit of SI that a dimension is shown in. */
export function siSymbol(dimension: Dimension): string {
  if (sameDimension(dimension, NONE)) return '';
  const known = Object.values(DIMENSIONS).find((one) => sameDimension(one.exponents, dimension));
  if (known) return known.symbol;
  const bases = ['m', 's', 'kg', 'A', 'K', 'rad'];
  return dimension
    .flatMap((one, at) => (one === 0 ? [] : [one === 1 ? bases[at] : `${bases[at]}^${Number(one.toFixed(3))}`]))
    .join(' ');
}
