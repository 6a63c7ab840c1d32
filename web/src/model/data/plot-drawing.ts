// A plot as an SVG drawing of its own, for reports: on white, what is seen of it, with its markers.
import { formatNumber, formatSI } from '../value';
import { colourOf, prefixFor, type Trace, ticks } from './drawing';
import type { Marker, Range } from './markers';
import { interpolate } from './series';

export interface Axes {
  xName: string;
  xUnit: string;
  yName: string;
  yUnit: string;
}

/** What is seen; all of the curves where nothing is said. */
export interface Seen {
  x: Range;
  y: Range;
}

export const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

const label = (name: string, unit: string) => (unit ? `${name} / ${unit}` : name);
const ROW = 18;
const WIDTH = 800;

function extent(traces: readonly Trace[], of: 'x' | 'y'): Range {
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

function everything(traces: readonly Trace[]): Seen {
  const [low, high] = extent(traces, 'y');
  const room = (high - low) * 0.05;
  return { x: extent(traces, 'x'), y: [low - room, high + room] };
}

/** The frame of a plot and where values lie in it. */
class Frame {
  readonly left = 70;
  readonly top = 20;
  readonly right = WIDTH - 20;

  constructor(
    readonly bottom: number,
    readonly seen: Seen,
  ) {}

  px(x: number): string {
    const [from, to] = this.seen.x;
    return (this.left + ((x - from) / (to - from)) * (this.right - this.left)).toFixed(1);
  }

  py(y: number): string {
    const [from, to] = this.seen.y;
    return (this.bottom - ((y - from) / (to - from)) * (this.bottom - this.top)).toFixed(1);
  }
}

function grid(frame: Frame, axes: Axes): string {
  const { left, right, top, bottom, seen } = frame;
  const xScale = prefixFor(Math.max(...seen.x.map(Math.abs)), axes.xUnit);
  const yScale = prefixFor(Math.max(...seen.y.map(Math.abs)), axes.yUnit);
  const upright = ticks(...seen.x, 8).map((x) => {
    const at = frame.px(x);
    return `<path d="M${at} ${top}V${bottom}" class="g"/><text x="${at}" y="${bottom + 16}" text-anchor="middle">${formatNumber(x / xScale.factor, 5)}</text>`;
  });
  const across = ticks(...seen.y, 7).map((y) => {
    const at = frame.py(y);
    return `<path d="M${left} ${at}H${right}" class="g"/><text x="${left - 6}" y="${Number(at) + 4}" text-anchor="end">${formatNumber(y / yScale.factor, 5)}</text>`;
  });
  const names = [
    `<text x="${(left + right) / 2}" y="${bottom + 34}" text-anchor="middle">${escaped(label(axes.xName, xScale.unit))}</text>`,
    `<text transform="translate(16 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(label(axes.yName, yScale.unit))}</text>`,
  ];
  return [...upright, ...across, ...names].join('');
}

const dashed = (trace: Trace) => (trace.dash ? ' stroke-dasharray="6 4"' : '');

function line(trace: Trace, frame: Frame): string {
  let pen = 'M';
  let path = '';
  trace.x.forEach((x, at) => {
    const y = trace.y[at] as number;
    if (Number.isFinite(y)) path += `${pen}${frame.px(x)} ${frame.py(y)}`;
    pen = Number.isFinite(y) ? 'L' : 'M';
  });
  return path;
}

function markerLine(marker: Marker, number: number, traces: readonly Trace[], frame: Frame): string {
  const at = frame.px(marker.x);
  const dots = traces.map((trace, index) => {
    const y = interpolate(trace.x, trace.y, marker.x);
    return Number.isFinite(y)
      ? `<circle cx="${at}" cy="${frame.py(y)}" r="3.5" fill="${colourOf(trace.hue ?? index)}"/>`
      : '';
  });
  return `<path d="M${at} ${frame.top}V${frame.bottom}" stroke="#555" stroke-dasharray="4 4"/><text x="${Number(at) + 4}" y="${frame.top + 12}">${number}</text>${dots.join('')}`;
}

/** The values at a marker, in one line. */
function reading(marker: Marker, number: number, traces: readonly Trace[], axes: Axes): string {
  const values = traces.map((trace) => {
    const y = interpolate(trace.x, trace.y, marker.x);
    return `${trace.name} ${Number.isFinite(y) ? formatSI(y, axes.yUnit, 5) : '–'}`;
  });
  return `${number}: ${formatSI(marker.x, axes.xUnit, 6)}: ${values.join(', ')}`;
}

export function plotSvg(
  traces: readonly Trace[],
  axes: Axes,
  { seen = everything(traces), markers = [] }: { seen?: Seen | undefined; markers?: readonly Marker[] } = {},
): string {
  const frame = new Frame(400, seen);
  const { left, right, top, bottom } = frame;
  const parts = [grid(frame, axes), '<g clip-path="url(#frame)">'];
  traces.forEach((trace, index) => {
    const colour = colourOf(trace.hue ?? index);
    parts.push(`<path d="${line(trace, frame)}" fill="none" stroke="${colour}" stroke-width="1.6"${dashed(trace)}/>`);
  });
  markers.forEach((marker, index) => {
    if (marker.x >= seen.x[0] && marker.x <= seen.x[1]) parts.push(markerLine(marker, index + 1, traces, frame));
  });
  parts.push('</g>');
  let y = bottom + 34;
  traces.forEach((trace, index) => {
    if (index % 4 === 0) y += ROW;
    const x = left + (index % 4) * 180;
    parts.push(
      `<path d="M${x} ${y - 4}h22" stroke="${colourOf(trace.hue ?? index)}" stroke-width="2"${dashed(trace)}/><text x="${x + 28}" y="${y}">${escaped(trace.name)}</text>`,
    );
  });
  markers.forEach((marker, index) => {
    y += ROW;
    parts.push(`<text x="${left}" y="${y}">${escaped(reading(marker, index + 1, traces, axes))}</text>`);
  });
  const box = `x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"`;
  const height = y + 14;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"><style>text{font:12px sans-serif;fill:#222}.g{stroke:#dde2e7}</style><clipPath id="frame"><rect ${box}/></clipPath><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}<rect ${box} fill="none" stroke="#555"/></svg>`;
}
