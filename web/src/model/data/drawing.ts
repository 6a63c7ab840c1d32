// A plot as an SVG drawing of its own, for reports.
import { formatNumber } from '../value';

export interface Trace {
  name: string;
  x: Float64Array;
  y: Float64Array;
  dash?: boolean;
  /** Which colour; by its place if not given. The same curve of another version has the same. */
  hue?: number;
}

export const COLOURS = ['#1f6fc4', '#c8501a', '#23834b', '#8a4fbe', '#b62f2f', '#0b8390', '#8a6a10', '#5c6773'];

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

function extent(traces: readonly Trace[], of: 'x' | 'y'): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const trace of traces) {
    for (const value of trace[of]) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (!Number.isFinite(low)) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

export interface Axes {
  xName: string;
  xUnit: string;
  yName: string;
  yUnit: string;
}

const label = (name: string, unit: string) => (unit ? `${name} / ${unit}` : name);

export function plotSvg(traces: readonly Trace[], axes: Axes, width = 800, height = 480): string {
  const [x0, x1] = extent(traces, 'x');
  const [low, high] = extent(traces, 'y');
  const room = (high - low) * 0.05;
  const [y0, y1] = [low - room, high + room];
  const xScale = prefixFor(Math.max(Math.abs(x0), Math.abs(x1)), axes.xUnit);
  const yScale = prefixFor(Math.max(Math.abs(y0), Math.abs(y1)), axes.yUnit);
  const box = { left: 70, top: 20, right: width - 20, bottom: height - 50 - 18 * Math.ceil(traces.length / 4) };
  const px = (x: number) => box.left + ((x - x0) / (x1 - x0)) * (box.right - box.left);
  const py = (y: number) => box.bottom - ((y - y0) / (y1 - y0)) * (box.bottom - box.top);
  const parts: string[] = [];
  for (const x of ticks(x0, x1, 8)) {
    parts.push(
      `<path d="M${px(x).toFixed(1)} ${box.top}V${box.bottom}" class="g"/><text x="${px(x).toFixed(1)}" y="${box.bottom + 16}" text-anchor="middle">${formatNumber(x / xScale.factor, 5)}</text>`,
    );
  }
  for (const y of ticks(y0, y1, 7)) {
    parts.push(
      `<path d="M${box.left} ${py(y).toFixed(1)}H${box.right}" class="g"/><text x="${box.left - 6}" y="${(py(y) + 4).toFixed(1)}" text-anchor="end">${formatNumber(y / yScale.factor, 5)}</text>`,
    );
  }
  traces.forEach((trace, index) => {
    let pen = 'M';
    let path = '';
    trace.x.forEach((x, at) => {
      const y = trace.y[at] as number;
      if (Number.isFinite(y)) path += `${pen}${px(x).toFixed(1)} ${py(y).toFixed(1)}`;
      pen = Number.isFinite(y) ? 'L' : 'M';
    });
    const colour = COLOURS[(trace.hue ?? index) % COLOURS.length];
    const [lx, ly] = [box.left + (index % 4) * 180, box.bottom + 52 + Math.floor(index / 4) * 18];
    parts.push(
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6"${trace.dash ? ' stroke-dasharray="6 4"' : ''}/>`,
    );
    parts.push(
      `<path d="M${lx} ${ly - 4}h22" stroke="${colour}" stroke-width="2"${trace.dash ? ' stroke-dasharray="6 4"' : ''}/><text x="${lx + 28}" y="${ly}">${escaped(trace.name)}</text>`,
    );
  });
  const middle = (box.top + box.bottom) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><style>text{font:12px sans-serif;fill:#222}.g{stroke:#dde2e7}</style><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}<rect x="${box.left}" y="${box.top}" width="${box.right - box.left}" height="${box.bottom - box.top}" fill="none" stroke="#555"/><text x="${(box.left + box.right) / 2}" y="${box.bottom + 34}" text-anchor="middle">${escaped(label(axes.xName, xScale.unit))}</text><text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${escaped(label(axes.yName, yScale.unit))}</text></svg>`;
}
