// Touchstone 1.x and 2.0 files: reading, so that measured data can lie over computed ones.
import type { Curve, Series } from './series';

const UNITS: Record<string, number> = { HZ: 1, KHZ: 1e3, MHZ: 1e6, GHZ: 1e9 };

interface Options {
  unit: number;
  form: string;
  kind: string;
}

function options(line: string): Options {
  const words = line.slice(1).trim().toUpperCase().split(/\s+/);
  const unit = words.find((word) => word in UNITS) ?? 'GHZ';
  const form = words.find((word) => ['MA', 'DB', 'RI'].includes(word)) ?? 'MA';
  const kind = words.find((word) => ['S', 'Y', 'Z', 'H', 'G'].includes(word)) ?? 'S';
  return { unit: UNITS[unit] as number, form, kind };
}

function complex(form: string, a: number, b: number): [number, number] {
  if (form === 'RI') return [a, b];
  const size = form === 'DB' ? 10 ** (a / 20) : a;
  const angle = (b * Math.PI) / 180;
  return [size * Math.cos(angle), size * Math.sin(angle)];
}

/** Ports by the file's name (`.s2p`), else by the keyword of version 2. */
function portsOf(name: string, text: string): number {
  const keyword = /\[number of ports\]\s*(\d+)/i.exec(text);
  const suffix = /\.s(\d+)p$/i.exec(name);
  const ports = Number(keyword?.[1] ?? suffix?.[1] ?? 0);
  if (!Number.isInteger(ports) || ports < 1 || ports > 64)
    throw new Error('the number of ports is not known: name the file .s1p, .s2p…');
  return ports;
}

/** Row and column of the n-th pair of a frequency; two ports go by columns unless version 2 says otherwise. */
function cell(index: number, ports: number, byRows: boolean): [number, number] {
  const major = Math.floor(index / ports) + 1;
  const minor = (index % ports) + 1;
  return ports === 2 && !byRows ? [minor, major] : [major, minor];
}

export function parseTouchstone(name: string, text: string): Series {
  const ports = portsOf(name, text);
  const byRows = ports !== 2 || /\[two-port data order\]\s*12_21/i.test(text);
  let found: Options | undefined;
  const values: number[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = (raw.split('!')[0] ?? '').trim();
    if (line === '') continue;
    if (line.startsWith('#')) found ??= options(line);
    else if (/^\[(noise data|end)\]/i.test(line)) break;
    else if (!line.startsWith('[')) {
      for (const word of line.split(/\s+/)) {
        const value = Number(word);
        if (Number.isNaN(value)) throw new Error(`"${word.slice(0, 20)}" is not a number`);
        values.push(value);
      }
    }
  }
  const { unit, form, kind } = found ?? options('#');
  const width = 1 + 2 * ports * ports;
  const rows = Math.floor(values.length / width);
  if (rows === 0) throw new Error('the file holds no frequency');
  const x = Float64Array.from({ length: rows }, (_, row) => (values[row * width] as number) * unit);
  const curves = Array.from({ length: ports * ports }, (_, index): Curve => {
    const [to, from] = cell(index, ports, byRows);
    const pairs = Array.from({ length: rows }, (_, row) => {
      const at = row * width + 1 + 2 * index;
      return complex(form, values[at] as number, values[at + 1] as number);
    });
    const label = ports < 10 ? `${kind}${to}${from}` : `${kind}${to},${from}`;
    return {
      name: label,
      unit: '',
      x,
      re: Float64Array.from(pairs, (p) => p[0]),
      im: Float64Array.from(pairs, (p) => p[1]),
    };
  });
  return { x: { name: 'frequency', unit: 'Hz' }, curves };
}

/** A Touchstone 1.1 file of curves named S<to><from>, real and imaginary; `undefined` if they make no square. */
export function toTouchstone(series: Series, impedance: number): string | undefined {
  const ports = Math.round(Math.sqrt(series.curves.length));
  const first = series.curves[0];
  if (!first || ports * ports !== series.curves.length || series.curves.some((curve) => !curve.im)) return undefined;
  const lines = [`# HZ S RI R ${impedance}`];
  for (let row = 0; row < first.x.length; row += 1) {
    const pairs = series.curves.map((_, index) => {
      const [to, from] = cell(index, ports, false);
      const curve = series.curves[(to - 1) * ports + from - 1] as Curve;
      return `${curve.re[row]} ${curve.im?.[row]}`;
    });
    lines.push([first.x[row], ...pairs].join(' '));
  }
  return `${lines.join('\n')}\n`;
}
