// Reads VTK's XML RectilinearGrid with raw appended data, as field monitors write it: coordinates along the
// three axes and named arrays at the points or in the cells.

export interface FieldArray {
  name: string;
  components: number;
  /** Values, all components of a point together, x fastest. */
  values: Float32Array | Float64Array;
  /** True for values of cells, which lie between the coordinates. */
  ofCells: boolean;
}

export interface FieldGrid {
  /** Number of points along each axis. */
  size: [number, number, number];
  coordinates: [Float64Array, Float64Array, Float64Array];
  arrays: FieldArray[];
}

type Attributes = Record<string, string>;

interface Declared {
  attributes: Attributes;
  within: 'coordinates' | 'points' | 'cells' | 'other';
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function unescaped(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}

function attributes(tag: string): Attributes {
  return Object.fromEntries(
    [...tag.matchAll(/([\w:]+)\s*=\s*"([^"]*)"/g)].map((match) => [match[1], unescaped(match[2] ?? '')]),
  );
}

function find(bytes: Uint8Array, text: string, from = 0): number {
  const wanted = new TextEncoder().encode(text);
  outer: for (
    let at = bytes.indexOf(wanted[0] as number, from);
    at >= 0;
    at = bytes.indexOf(wanted[0] as number, at + 1)
  ) {
    for (let index = 1; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) continue outer;
    return at;
  }
  return -1;
}

function declared(header: string): Declared[] {
  const found: Declared[] = [];
  let within: Declared['within'] = 'other';
  for (const [, close, name, rest] of header.matchAll(/<(\/?)([\w]+)([^>]*)>/g)) {
    if (name === 'DataArray' && !close) found.push({ attributes: attributes(rest ?? ''), within });
    else if (name === 'Coordinates') within = close ? 'other' : 'coordinates';
    else if (name === 'PointData') within = close ? 'other' : 'points';
    else if (name === 'CellData') within = close ? 'other' : 'cells';
  }
  return found;
}

function readArray(view: DataView, start: number, long: boolean, attributes: Attributes): Float32Array | Float64Array {
  const at = start + Number(attributes.offset ?? 0);
  const head = long ? 8 : 4;
  if (at + head > view.byteLength) throw new Error(`the array ${attributes.Name} lies outside the file`);
  const length = long ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true);
  const from = at + head;
  if (from + length > view.byteLength) throw new Error(`the array ${attributes.Name} is cut off`);
  const bytes = view.buffer.slice(view.byteOffset + from, view.byteOffset + from + length);
  if (attributes.type === 'Float32') return new Float32Array(bytes, 0, Math.floor(length / 4));
  if (attributes.type === 'Float64') return new Float64Array(bytes, 0, Math.floor(length / 8));
  if (attributes.type === 'Int32') return Float64Array.from(new Int32Array(bytes, 0, Math.floor(length / 4)));
  if (attributes.type === 'UInt8') return Float64Array.from(new Uint8Array(bytes));
  throw new Error(`numbers of type ${attributes.type} are not understood`);
}

export function parseVtr(buffer: ArrayBuffer): FieldGrid {
  const bytes = new Uint8Array(buffer);
  const appended = find(bytes, '<AppendedData');
  if (appended < 0) throw new Error('the field file has no appended data');
  const header = new TextDecoder().decode(bytes.subarray(0, appended));
  if (!header.includes('RectilinearGrid')) throw new Error('the field file is not a rectilinear grid');
  if (/encoding="base64"/.test(new TextDecoder().decode(bytes.subarray(appended, appended + 80)))) {
    throw new Error('appended data in base64 are not understood');
  }
  const start = bytes.indexOf(0x5f, find(bytes, '>', appended)) + 1;
  const long = /header_type="UInt64"/.test(header);
  const extent = (/<Piece[^>]*Extent="([^"]*)"/.exec(header)?.[1] ?? '').trim().split(/\s+/).map(Number);
  if (extent.length !== 6 || extent.some(Number.isNaN)) throw new Error('the field file does not tell its extent');
  const span = (axis: number) => (extent[2 * axis + 1] as number) - (extent[2 * axis] as number) + 1;
  const size: [number, number, number] = [span(0), span(1), span(2)];
  const view = new DataView(buffer);
  const coordinates: Float64Array[] = [];
  const arrays: FieldArray[] = [];
  for (const { attributes, within } of declared(header)) {
    if (attributes.format !== 'appended') continue;
    const values = readArray(view, start, long, attributes);
    if (within === 'coordinates') coordinates.push(Float64Array.from(values));
    else if (within !== 'other') {
      const components = Number(attributes.NumberOfComponents ?? 1) || 1;
      arrays.push({ name: attributes.Name ?? '', components, values, ofCells: within === 'cells' });
    }
  }
  const [x, y, z] = coordinates;
  if (!x || !y || !z || x.length !== size[0] || y.length !== size[1] || z.length !== size[2]) {
    throw new Error('the coordinates of the field do not fit its extent');
  }
  const points = size[0] * size[1] * size[2];
  const cells = size.reduce((product, count) => product * Math.max(1, count - 1), 1);
  for (const array of arrays) {
    if (array.values.length !== (array.ofCells ? cells : points) * array.components) {
      throw new Error(`the array ${array.name} does not fit the extent`);
    }
  }
  return { size, coordinates: [x, y, z], arrays };
}
