// What all drawings of curves share: traces, colours, prefixes, ticks.

export interface Trace {
  name: string;
  x: Float64Array;
  y: Float64Array;
  dash?: boolean;
  /** Which colour; by its place if not given. The same curve of another version has the same. */
  hue?: number;
}

export const COLOURS = ['#1f6fc4', '#c8501a', '#23834b', '#8a4fbe', '#b62f2f', '#0b8390', '#8a6a10', '#5c6773'];
/** The same hues on a dark ground. */
export const DARK_COLOURS = ['#5aa6ee', '#f08c5a', '#5fcf90', '#bb8cf0', '#f07878', '#4cc5d0', '#d8b250', '#a9b4c0'];

/** The colour of a curve; they come round again. */
export function colourOf(hue: number, dark = false): string {
  const colours = dark ? DARK_COLOURS : COLOURS;
  return colours[hue % colours.length] as string;
}

const PREFIXES: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
  [1e-12, 'p'],
];

/** The factor and prefix that make the largest of some values readable; none where there is no unit for it. */
export function prefixFor(largest: number, unit: string): { factor: number; unit: string } {
  if (['dB', '°', '%'].includes(unit) || !Number.isFinite(largest) || largest === 0) return { factor: 1, unit };
  if (!unit) {
    // Without a unit there are no prefixes: powers of a thousand, where digits alone would be many.
    if (largest >= 1e-3 && largest < 1e6) return { factor: 1, unit };
    const power = 3 * Math.floor(Math.log10(largest) / 3 + 1e-9);
    const raised = [...String(power)].map((sign) => RAISED[sign] ?? sign).join('');
    return { factor: 10 ** power, unit: `10${raised}` };
  }
  const [factor, prefix] = PREFIXES.find(([size]) => largest >= size) ?? ([1e-12, 'p'] as [number, string]);
  return { factor, unit: prefix + unit };
}

const RAISED: { [sign: string]: string } = { '-': '⁻' };
for (const [digit, sign] of [...'⁰¹²³⁴⁵⁶⁷⁸⁹'].entries()) RAISED[digit] = sign;

/** Steps of 1, 2 or 5 that cut a range into about `count` pieces. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const raw = (high - low) / count;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * size >= raw * 0.999) ?? 10) * size;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step);
}

/** The largest of 1, 2 or 5 times a power of ten that is not above `most`. */
export function roundBelow(most: number): number {
  const size = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((factor) => factor * size <= most) ?? 1) * size;
}
