// Touchstone 1.x and 2.0 files: read, so that measured data can lie over computed ones; and version 1.1 written.
import { type Port, parameterOf, portsOf, USUAL_REFERENCE } from './ports';
import type { Curve, Series } from './series';

const UNITS: Record<string, number> = { HZ: 1, KHZ: 1e3, MHZ: 1e6, GHZ: 1e9 };

interface Options {
  unit: number;
  form: string;
  kind: string;
  reference: number;
}

function options(line: string): Options {
  const words = line.slice(1).trim().toUpperCase().split(/\s+/);
  const unit = words.find((word) => word in UNITS) ?? 'GHZ';
  const form = words.find((word) => ['MA', 'DB', 'RI'].includes(word)) ?? 'MA';
  const kind = words.find((word) => ['S', 'Y', 'Z', 'H', 'G'].includes(word)) ?? 'S';
  const reference = words.includes('R') ? Number(words[words.indexOf('R') + 1]) : Number.NaN;
  return { unit: UNITS[unit] as number, form, kind, reference: reference > 0 ? reference : USUAL_REFERENCE };
}

function complex(form: string, a: number, b: number): [number, number] {
  if (form === 'RI') return [a, b];
  const size = form === 'DB' ? 10 ** (a / 20) : a;
  const angle = (b * Math.PI) / 180;
  return [size * Math.cos(angle), size * Math.sin(angle)];
}

/** How many ports, by the keyword of version 2, else by the file's name (`.s2p`). */
function countOf(name: string, keyword: string | undefined): number {
  const suffix = /\.s(\d+)p$/i.exec(name);
  const ports = Number(keyword ?? suffix?.[1] ?? 0);
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

function numbers(text: string): number[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const value = Number(word);
      if (Number.isNaN(value)) throw new Error(`"${word.slice(0, 20)}" is not a number`);
      return value;
    });
}

interface Scanned {
  options: Options;
  /** Of version 2, in small letters, with what follows up to the next one. */
  keywords: Map<string, string>;
  /** Ports whose waves refer to the wave impedance of their mode, as comments of our own files say. */
  modes: Set<number>;
  values: number[];
}

/** A file by lines: what it says of itself, and its numbers in a row. */
function scan(text: string): Scanned {
  let found: Options | undefined;
  let keyword = '';
  const keywords = new Map<string, string>();
  const modes = new Set<number>();
  const values: number[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const mode = /^!\s*port (\d+):.*\(normalised to the wave impedance of its mode\)/.exec(raw)?.[1];
    if (mode) modes.add(Number(mode));
    const line = (raw.split('!')[0] ?? '').trim();
    const [, name, rest = ''] = /^\[([^\]]+)\](.*)/.exec(line) ?? [];
    if (line.startsWith('#')) found ??= options(line);
    else if (name) {
      keyword = name.trim().toLowerCase();
      if (keyword === 'noise data' || keyword === 'end') break;
      keywords.set(keyword, rest.trim());
    } else if (keyword === '' || keyword === 'network data') values.push(...numbers(line));
    else keywords.set(keyword, `${keywords.get(keyword)} ${line}`.trim());
  }
  return { options: found ?? options('#'), keywords, modes, values };
}

/**
 * Frequencies with all of their pairs. Noise data follows in a two-port file of version 1 without a word: where the
 * frequency does not rise.
 */
function rowsOf(values: readonly number[], width: number, noise: boolean): number {
  const whole = Math.floor(values.length / width);
  for (let row = 1; noise && row < whole; row += 1)
    if ((values[row * width] as number) <= (values[(row - 1) * width] as number)) return row;
  return whole;
}

const label = (kind: string, to: number, from: number, ports: number) =>
  ports < 10 ? `${kind}${to}${from}` : `${kind}${to},${from}`;

export function parseTouchstone(name: string, text: string): Series {
  const { options, keywords, modes, values } = scan(text);
  const ports = countOf(name, keywords.get('number of ports'));
  const format = keywords.get('matrix format') ?? 'full';
  if (!/^full$/i.test(format))
    throw new Error(`it holds only one half of its matrices (${format}): write it with [Matrix Format] Full`);
  const byRows = ports !== 2 || keywords.get('two-port data order') === '12_21';
  const width = 1 + 2 * ports * ports;
  const rows = rowsOf(values, width, ports === 2 && !keywords.has('version'));
  if (rows === 0) throw new Error('the file holds no frequency');
  const x = Float64Array.from({ length: rows }, (_, row) => (values[row * width] as number) * options.unit);
  const curves = Array.from({ length: ports * ports }, (_, index): Curve => {
    const pairs = Array.from({ length: rows }, (_, row) => {
      const at = row * width + 1 + 2 * index;
      return complex(options.form, values[at] as number, values[at + 1] as number);
    });
    return {
      name: label(options.kind, ...cell(index, ports, byRows), ports),
      unit: '',
      x,
      re: Float64Array.from(pairs, (p) => p[0]),
      im: Float64Array.from(pairs, (p) => p[1]),
    };
  });
  const references = numbers(keywords.get('reference') ?? '');
  const port = (_: unknown, at: number): Port => ({
    name: String(at + 1),
    reference: modes.has(at + 1) ? null : (references[at] ?? options.reference),
  });
  return { x: { name: 'frequency', unit: 'Hz' }, curves, ports: Array.from({ length: ports }, port) };
}

const listed = (names: readonly string[]) => `${names.slice(0, 5).join(', ')}${names.length > 5 ? '…' : ''}`;

/** Curves by rows of the matrix, found by the names of their ports; a sentence where some are not there. */
function matrixOf({ curves }: Series, ports: readonly Port[]): Curve[][] {
  const places = new Map<string, Curve>();
  const place = (to: string, from: string) => JSON.stringify([to, from]);
  for (const curve of curves) {
    const parameter = parameterOf(curve.name);
    if (parameter?.letter === 'S' && curve.im) places.set(place(parameter.to, parameter.from), curve);
  }
  if (places.size === 0) throw new Error('These curves are no S-parameters.');
  const names = ports.map(({ name }) => name);
  const missing = names.filter((from) => names.some((to) => !places.has(place(to, from))));
  if (missing.length > 0)
    throw new Error(
      `Touchstone needs every port driven; ${listed(missing)} ${missing.length > 1 ? 'were' : 'was'} not. ` +
        'Drive all of them and solve again, or export a CSV table.',
    );
  return names.map((to) => names.map((from) => places.get(place(to, from)) as Curve));
}

/** A Touchstone 1.1 file of S-parameters, real and imaginary; throws a sentence where they make none. */
export function toTouchstone(series: Series): string {
  const { ports = portsOf({}, series.curves) } = series;
  const matrix = matrixOf(series, ports);
  const references = [...new Set(ports.map(({ reference }) => reference ?? USUAL_REFERENCE))];
  if (references.length > 1)
    throw new Error(
      `Touchstone 1.1 holds one reference for all ports; these have ${listed(references.map(String))} Ω. ` +
        'Export a CSV table.',
    );
  const all = matrix.flat();
  const { x } = all[0] as Curve;
  const same = (curve: Curve) => curve.x.length === x.length && curve.x.every((value, at) => value === x[at]);
  if (!all.every(same)) throw new Error('The curves have different frequencies. Export a CSV table.');
  const lines = ports.map(({ name, reference }, at) => {
    const own = reference === null ? ' (normalised to the wave impedance of its mode)' : '';
    return `! port ${at + 1}: ${name.replace(/\p{Cc}/gu, '')}${own}`;
  });
  lines.push(`# HZ S RI R ${references[0]}`);
  const factor = UNITS[series.x.unit.toUpperCase()] ?? 1;
  const count = ports.length;
  for (let row = 0; row < x.length; row += 1) {
    let line = String((x[row] as number) * factor);
    for (let index = 0; index < count * count; index += 1) {
      // Two ports stand in one line; more of them row by row, at most four pairs a line.
      const column = index % count;
      if (count > 2 && index > 0 && column % 4 === 0) line += '\n';
      const [to, from] = cell(index, count, false);
      const curve = matrix[to - 1]?.[from - 1] as Curve;
      line += ` ${curve.re[row]} ${curve.im?.[row]}`;
    }
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
