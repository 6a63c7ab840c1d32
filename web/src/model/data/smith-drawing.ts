// The Smith chart as an SVG drawing of its own, for reports; and what it says of a point, in words and as a table.
import { formatNumber, formatSI } from '../value';
import { colourOf, type Trace } from './drawing';
import type { Marker } from './markers';
import { escaped } from './plot-drawing';
import { gammaAt, impedance, type Reflection, smithGrid } from './smith';

/** Where one looks: the point in the middle, and how close. All of the chart at 1. */
export interface Look {
  u: number;
  v: number;
  scale: number;
}

export const WHOLE: Look = { u: 0, v: 0, scale: 1 };
/** From here on the finer lines are drawn. */
const CLOSE = 2;

/** The part of the drawing that is seen; the imaginary axis points down there. */
export function viewBox({ u, v, scale }: Look): [number, number, number, number] {
  const [width, height] = [2.3 / scale, 2.24 / scale];
  return [u - width / 2, -v - height / 2, width, height];
}

export const isClose = (look: Look) => look.scale >= CLOSE;

const signed = (a: number, b: number, digits = 4) =>
  `${formatNumber(a, digits)} ${b < 0 ? '−' : '+'} j${formatNumber(Math.abs(b), digits)}`;

/** Size and angle of a reflection coefficient: `0.224 ∠ 26.6°`. */
export function gammaText(re: number, im: number): string {
  return `${formatNumber(Math.hypot(re, im), 4)} ∠ ${formatNumber((Math.atan2(im, re) * 180) / Math.PI, 4)}°`;
}

/** The impedance that reflects so: `100 + j50 Ω`, or `2 + j1` where it is a multiple of the port's own one. */
export function impedanceText(re: number, im: number, reference: number | null): string {
  const [r, x] = impedance(re, im);
  if (!Number.isFinite(r)) return 'open';
  return reference === null ? signed(r, x) : `${signed(r * reference, x * reference)} Ω`;
}

/** What the impedances refer to, in a line for each that curves have. */
export function referenceTexts(curves: readonly Reflection[]): string[] {
  const lines = new Map<number | null, string[]>();
  for (const { name, reference } of curves) lines.set(reference, [...(lines.get(reference) ?? []), name]);
  return [...lines].map(([reference, names]) => {
    const of = lines.size > 1 ? ` of ${names.join(', ')}` : '';
    return reference === null
      ? `Reference${of}: wave impedance of the port`
      : `Reference${of}${of && ':'} ${formatNumber(reference)} Ω`;
  });
}

/** Real and imaginary parts of the reflections and of the impedances, as the columns of a table. */
export function smithColumns(curves: readonly Reflection[]): Trace[] {
  return curves.flatMap(({ name, x, re, im, reference }) => {
    const of = (part: 0 | 1) =>
      Float64Array.from(re, (value, at) => impedance(value, im[at] as number)[part] * (reference ?? 1));
    const unit = reference === null ? 'normalised' : 'Ω';
    return [
      { name: `Re ${name}`, x, y: re },
      { name: `Im ${name}`, x, y: im },
      { name: `R ${name} (${unit})`, x, y: of(0) },
      { name: `X ${name} (${unit})`, x, y: of(1) },
    ];
  });
}

const SIDE = 640;
const ROW = 18;

function chart(look: Look): string {
  const grid = smithGrid(isClose(look));
  const size = (0.045 / look.scale).toFixed(5);
  const lines = [
    ...grid.circles.map(({ cx, r }) => `<circle cx="${cx}" cy="0" r="${r}"/>`),
    ...grid.arcs.map((d) => `<path d="${d}"/>`),
  ];
  const labels = grid.labels.map(({ x, y, text, end }) =>
    end
      ? `<text x="${x}" y="${y}" text-anchor="middle" dominant-baseline="middle">${text}</text>`
      : `<text x="${x}" y="-0.012" dx="0.01">${text}</text>`,
  );
  return `<g fill="none" stroke="#cbd2da">${lines.join('')}</g><g font-size="${size}" fill="#5f6b79">${labels.join('')}</g>`;
}

function dots(marker: Marker, number: number, curves: readonly Reflection[], scale: number): string {
  return curves
    .map((curve) => {
      const gamma = gammaAt(curve, marker.x);
      if (!gamma) return '';
      const [u, v] = [gamma[0].toFixed(5), (-gamma[1]).toFixed(5)];
      return `<circle cx="${u}" cy="${v}" r="${0.018 / scale}" fill="${colourOf(curve.hue)}" stroke="none"/><text x="${u}" y="${v}" dx="${0.025 / scale}" dy="${-0.02 / scale}" font-size="${0.05 / scale}" fill="#222">${number}</text>`;
    })
    .join('');
}

export function smithSvg(
  curves: readonly Reflection[],
  { look = WHOLE, markers = [] }: { look?: Look; markers?: readonly Marker[] } = {},
): string {
  const dash = (curve: Reflection) => (curve.dash ? ' stroke-dasharray="6 4"' : '');
  const drawn = curves.map((curve) => {
    const points = Array.from(curve.re, (u, at) => `${u.toFixed(5)},${(-(curve.im[at] as number)).toFixed(5)}`);
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colourOf(curve.hue)}" stroke-width="1.8"${dash(curve)}/>`;
  });
  const marked = markers.map((marker, index) => dots(marker, index + 1, curves, look.scale));
  let y = SIDE;
  const rows = curves.map((curve) => {
    y += ROW;
    return `<path d="M40 ${y - 4}h22" stroke="${colourOf(curve.hue)}" stroke-width="2"${dash(curve)}/><text x="70" y="${y}">${escaped(curve.name)}</text>`;
  });
  for (const [index, marker] of markers.entries()) {
    for (const curve of curves) {
      const gamma = gammaAt(curve, marker.x);
      if (!gamma) continue;
      y += ROW;
      const said = `${index + 1}: ${formatSI(marker.x, curve.unit, 6)}: ${curve.name} ${gammaText(...gamma)}, ${impedanceText(...gamma, curve.reference)}`;
      rows.push(`<text x="40" y="${y}">${escaped(said)}</text>`);
    }
  }
  for (const said of referenceTexts(curves)) {
    y += ROW;
    rows.push(`<text x="40" y="${y}">${escaped(said)}</text>`);
  }
  const height = y + 14;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${height}" viewBox="0 0 ${SIDE} ${height}"><style>text{font-family:sans-serif}.k{font-size:12px;fill:#222}circle,path,polyline{vector-effect:non-scaling-stroke}</style><rect width="100%" height="100%" fill="#fff"/><svg width="${SIDE}" height="${SIDE}" viewBox="${viewBox(look).join(' ')}">${chart(look)}${drawn.join('')}${marked.join('')}</svg><g class="k">${rows.join('')}</g></svg>`;
}
