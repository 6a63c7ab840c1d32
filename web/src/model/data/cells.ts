// The cells of a mesh as the solver sees them: the material of each, and which edges conduct. Read from the blob that
// the mesh service writes (`hexmesh`'s encoding), where equal neighbours along x are one run.

type Axis = 0 | 1 | 2;

/** Values in order, as runs: where each ends, and its value. */
export interface Runs {
  ends: Float64Array;
  values: Uint16Array;
}

export interface CellMesh {
  /** Places of the nodes along x, y, z; m. */
  lines: [Float64Array, Float64Array, Float64Array];
  materials: { name: string; conductor: boolean }[];
  /** The material of what is empty. */
  background: number;
  /** Material of each cell, along x first. */
  cells: Runs;
  /** Conducting edges of each node, along x first: bit 0 that to the next node along x, 1 along y, 2 along z. */
  edges: Runs;
}

const MAGIC = 'OTHEXMSH';
/** So many cells can be looked at as a solid; planes can of any mesh. */
export const MOST_SOLID = 60e6;

class Input {
  private at = 0;
  private readonly view: DataView;
  constructor(private readonly bytes: ArrayBuffer) {
    this.view = new DataView(bytes);
  }

  /** Takes so many bytes; tells where they are. */
  take(count: number): number {
    const from = this.at;
    if (count > this.bytes.byteLength - from) throw new Error('the mesh ends too early');
    this.at += count;
    return from;
  }
  u8 = () => this.view.getUint8(this.take(1));
  u16 = () => this.view.getUint16(this.take(2), true);
  u32 = () => this.view.getUint32(this.take(4), true);
  u64 = () => Number(this.view.getBigUint64(this.take(8), true));
  text = (length: number) => new TextDecoder().decode(new Uint8Array(this.bytes, this.take(length), length));

  numbers(count: number): Float64Array {
    const from = this.take(8 * count);
    return Float64Array.from({ length: count }, (_, at) => this.view.getFloat64(from + 8 * at, true));
  }

  runs(count: number, size: 1 | 2, most: number): Runs {
    const total = this.u64();
    const from = this.take(total * (4 + size));
    const [ends, values] = [new Float64Array(total), new Uint16Array(total)];
    let end = 0;
    for (let run = 0; run < total; run += 1) {
      const at = from + run * (4 + size);
      end += this.view.getUint32(at, true);
      ends[run] = end;
      values[run] = size === 1 ? this.view.getUint8(at + 4) : this.view.getUint16(at + 4, true);
      if (values[run] >= most) throw new Error('a run of the mesh has a value that is not there');
    }
    if (end !== count) throw new Error(`the mesh has ${end} values and not ${count}`);
    return { ends, values };
  }

  over = () => this.at === this.bytes.byteLength;
}

/** Reads the blob; throws a sentence where it is damaged. */
export function parseCells(bytes: ArrayBuffer): CellMesh {
  const input = new Input(bytes);
  if (input.text(8) !== MAGIC) throw new Error('this is not a mesh of cells');
  const version = input.u32();
  if (version !== 1) throw new Error(`version ${version} of the mesh is not known`);
  const nodes = [input.u32(), input.u32(), input.u32()];
  if (nodes.some((count) => count < 2)) throw new Error('an axis of the mesh has fewer than two lines');
  const [count, background] = [input.u32(), input.u32()];
  if (count === 0 || count > 0xffff || background >= count) throw new Error('the materials of the mesh are damaged');
  const materials = Array.from({ length: count }, () => {
    const conductor = input.u8() === 1;
    const name = input.text(input.u32());
    if (!conductor) input.take(32);
    return { name, conductor };
  });
  const lines = nodes.map((nodesOf) => input.numbers(nodesOf)) as CellMesh['lines'];
  const cells = input.runs(
    nodes.reduce((all, one) => all * (one - 1), 1),
    2,
    count,
  );
  const edges = input.runs(
    nodes.reduce((all, one) => all * one, 1),
    1,
    8,
  );
  if (!input.over()) throw new Error('the mesh has more bytes than it says');
  return { lines, materials, background, cells, edges };
}

/** Cells of each material. */
export function countCells({ cells, materials }: CellMesh): number[] {
  const counts = materials.map(() => 0);
  let before = 0;
  cells.ends.forEach((end, run) => {
    counts[cells.values[run]] += end - before;
    before = end;
  });
  return counts;
}

/** The two axes that a plane across another spans. */
export const SPAN: [Axis, Axis][] = [
  [1, 2],
  [0, 2],
  [0, 1],
];

/** The values in one layer across an axis, along the first of the other axes first. */
export function layer(runs: Runs, sizes: readonly number[], axis: Axis, at: number): Uint16Array {
  const [u, v] = SPAN[axis];
  const found = new Uint16Array(sizes[u] * sizes[v]);
  const steps = [1, sizes[0], sizes[0] * sizes[1]];
  // The places ascend, so one walk through the runs finds all.
  let run = 0;
  for (let b = 0; b < sizes[v]; b += 1)
    for (let a = 0; a < sizes[u]; a += 1) {
      const place = at * steps[axis] + a * steps[u] + b * steps[v];
      while (runs.ends[run] <= place) run += 1;
      found[b * sizes[u] + a] = runs.values[run];
    }
  return found;
}

/** A rectangle of equal cells: from and to along both axes of a plane, and what they are. */
export type Patch = [a0: number, b0: number, a1: number, b1: number, key: number];

/** Puts equal neighbours together; keys below 0 are nothing. */
export function merge(width: number, height: number, keys: Int32Array): Patch[] {
  const done = new Uint8Array(keys.length);
  const found: Patch[] = [];
  for (let b = 0; b < height; b += 1)
    for (let a = 0; a < width; a += 1) {
      const key = keys[b * width + a];
      if (key < 0 || done[b * width + a]) continue;
      let end = a + 1;
      while (end < width && keys[b * width + end] === key && !done[b * width + end]) end += 1;
      let top = b + 1;
      const same = (row: number) => {
        for (let at = a; at < end; at += 1) if (keys[row * width + at] !== key || done[row * width + at]) return false;
        return true;
      };
      while (top < height && same(top)) top += 1;
      for (let row = b; row < top; row += 1) done.fill(1, row * width + a, row * width + end);
      found.push([a, b, end, top, key]);
    }
  return found;
}

/** True where the face of a node plane between (a, b) and the next nodes conducts: all its four edges do. */
function conducts(masks: Uint16Array, width: number, a: number, b: number, bitA: number, bitB: number): boolean {
  const here = masks[b * width + a];
  return (
    (here & bitA) !== 0 &&
    (here & bitB) !== 0 &&
    (masks[(b + 1) * width + a] & bitA) !== 0 &&
    (masks[b * width + a + 1] & bitB) !== 0
  );
}

/** What is drawn: for each key triangles as rows of 9 numbers, and lines as pairs of points; m. Key -1 is a sheet. */
export interface CellPicture {
  faces: Map<number, Float32Array>;
  /** The direction that the faces of a key look into, a number for each corner; absent where all look alike. */
  normals: Map<number, Int8Array>;
  lines: Float32Array;
}

/** Sheets have no cells: their faces conduct. */
export const SHEET = -1;

class Drawn {
  private readonly faces = new Map<number, number[]>();
  private readonly normals = new Map<number, number[]>();
  private readonly lines: number[] = [];

  constructor(private readonly mesh: CellMesh) {}

  private point(axis: Axis, at: number, a: number, b: number): number[] {
    const [u, v] = SPAN[axis];
    const point = [0, 0, 0];
    point[axis] = at;
    point[u] = this.mesh.lines[u][a];
    point[v] = this.mesh.lines[v][b];
    return point;
  }

  patch(axis: Axis, at: number, [a0, b0, a1, b1, key]: Patch, way: number): void {
    const [p, q, r, s] = [
      this.point(axis, at, a0, b0),
      this.point(axis, at, a1, b0),
      this.point(axis, at, a1, b1),
      this.point(axis, at, a0, b1),
    ];
    const list = this.faces.get(key) ?? [];
    list.push(...p, ...q, ...r, ...p, ...r, ...s);
    this.faces.set(key, list);
    const normal = [0, 0, 0];
    normal[axis] = 127 * way;
    const normals = this.normals.get(key) ?? [];
    for (let corner = 0; corner < 6; corner += 1) normals.push(...normal);
    this.normals.set(key, normals);
  }

  line(axis: Axis, at: number, a0: number, b0: number, a1: number, b1: number): void {
    this.lines.push(...this.point(axis, at, a0, b0), ...this.point(axis, at, a1, b1));
  }

  /** The borders of cells that are something. */
  borders(axis: Axis, at: number, width: number, height: number, keys: Int32Array): void {
    const is = (a: number, b: number) => a >= 0 && b >= 0 && a < width && b < height && keys[b * width + a] >= SHEET;
    // Each line as long as it can be: neighbours share theirs.
    const along = (first: boolean) => {
      const [outer, inner] = first ? [height, width] : [width, height];
      for (let fixed = 0; fixed <= outer; fixed += 1) {
        let from = -1;
        for (let at2 = 0; at2 <= inner; at2 += 1) {
          const drawn = first ? is(at2, fixed) || is(at2, fixed - 1) : is(fixed, at2) || is(fixed - 1, at2);
          if (drawn && at2 < inner && from < 0) from = at2;
          if ((!drawn || at2 === inner) && from >= 0) {
            if (first) this.line(axis, at, from, fixed, at2, fixed);
            else this.line(axis, at, fixed, from, fixed, at2);
            from = -1;
          }
        }
      }
    };
    along(true);
    along(false);
  }

  picture(): CellPicture {
    const faces = new Map([...this.faces].map(([key, list]) => [key, Float32Array.from(list)]));
    const normals = new Map([...this.normals].map(([key, list]) => [key, Int8Array.from(list)]));
    return { faces, normals, lines: Float32Array.from(this.lines) };
  }
}

const nodesOf = ({ lines }: CellMesh) => lines.map((line) => line.length);

/** Which layer of cells a place lies in. */
export function layerAt(line: ArrayLike<number>, place: number): number {
  let [low, high] = [0, line.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (line[middle] <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The cells that a plane cuts, without those that are empty, and the sheets: those across the plane as lines in `sheets`,
 * those along it, where one lies on the nearer side of the layer, as faces of the key `SHEET`.
 */
export function cutCells(mesh: CellMesh, axis: Axis, place: number): CellPicture & { sheets: Float32Array } {
  const [u, v] = SPAN[axis];
  const nodes = nodesOf(mesh);
  const sizes = nodes.map((count) => count - 1);
  const line = mesh.lines[axis];
  const at = layerAt(line, place);
  const materials = layer(mesh.cells, sizes, axis, at);
  const masks = [layer(mesh.edges, nodes, axis, at), layer(mesh.edges, nodes, axis, at + 1)] as const;
  const near = masks[place - line[at] <= line[at + 1] - place ? 0 : 1];
  const [width, height] = [sizes[u], sizes[v]];
  const conductor = (a: number, b: number) =>
    a >= 0 && b >= 0 && a < width && b < height && mesh.materials[materials[b * width + a]].conductor;
  const keys = new Int32Array(width * height);
  for (let b = 0; b < height; b += 1)
    for (let a = 0; a < width; a += 1) {
      const material = materials[b * width + a];
      const sheet = !conductor(a, b) && conducts(near, nodes[u], a, b, 1 << u, 1 << v);
      keys[b * width + a] = sheet ? SHEET : material === mesh.background ? SHEET - 1 : material;
    }
  const drawn = new Drawn(mesh);
  for (const patch of merge(width, height, shifted(keys))) drawn.patch(axis, place, unshifted(patch), 1);
  drawn.borders(axis, place, width, height, keys);
  const across = new Drawn(mesh);
  const [bitU, bitV, bitAxis] = [1 << u, 1 << v, 1 << axis];
  const stands = (node: number, next: number, bit: number) =>
    (masks[0][node] & bitAxis) !== 0 &&
    (masks[0][node] & bit) !== 0 &&
    (masks[0][next] & bitAxis) !== 0 &&
    (masks[1][node] & bit) !== 0;
  for (let b = 0; b < nodes[v]; b += 1)
    for (let a = 0; a < nodes[u]; a += 1) {
      const node = b * nodes[u] + a;
      if (a < width && !conductor(a, b) && !conductor(a, b - 1) && stands(node, node + 1, bitU))
        across.line(axis, place, a, b, a + 1, b);
      if (b < height && !conductor(a, b) && !conductor(a - 1, b) && stands(node, node + nodes[u], bitV))
        across.line(axis, place, a, b, a, b + 1);
    }
  return { ...drawn.picture(), sheets: across.picture().lines };
}

/** `merge` leaves out keys below 0, and sheets are -1. */
const shifted = (keys: Int32Array) => keys.map((key) => key + 1);
const unshifted = ([a0, b0, a1, b1, key]: Patch): Patch => [a0, b0, a1, b1, key - 1];

/** All cells that are not empty, from outside, and the sheets. */
export function solidCells(mesh: CellMesh): CellPicture {
  const nodes = nodesOf(mesh);
  const sizes = nodes.map((count) => count - 1);
  const cells = sizes.reduce((all, one) => all * one, 1);
  if (cells > MOST_SOLID)
    throw new Error(`${cells} cells are too many to show at once: cut the model by a section plane`);
  const drawn = new Drawn(mesh);
  for (const axis of [0, 1, 2] as const) {
    const [u, v] = SPAN[axis];
    const [width, height] = [sizes[u], sizes[v]];
    let before: Uint16Array | undefined;
    for (let at = 0; at < nodes[axis]; at += 1) {
      const here = at < sizes[axis] ? layer(mesh.cells, sizes, axis, at) : undefined;
      const masks = layer(mesh.edges, nodes, axis, at);
      // Faces that look back and faces that look ahead never lie on one cell's face both.
      const ways = [new Int32Array(width * height).fill(SHEET - 1), new Int32Array(width * height).fill(SHEET - 1)];
      for (let b = 0; b < height; b += 1)
        for (let a = 0; a < width; a += 1) {
          const cell = b * width + a;
          const [low, high] = [before?.[cell] ?? mesh.background, here?.[cell] ?? mesh.background];
          const solid = mesh.materials[low].conductor || mesh.materials[high].conductor;
          if (!solid && conducts(masks, nodes[u], a, b, 1 << u, 1 << v)) ways[1][cell] = SHEET;
          else if (low === mesh.background && high !== mesh.background) ways[0][cell] = high;
          else if (high === mesh.background && low !== mesh.background) ways[1][cell] = low;
        }
      for (const [index, keys] of ways.entries()) {
        for (const patch of merge(width, height, shifted(keys)))
          drawn.patch(axis, mesh.lines[axis][at], unshifted(patch), index === 0 ? -1 : 1);
        drawn.borders(axis, mesh.lines[axis][at], width, height, keys);
      }
      before = here;
    }
  }
  return drawn.picture();
}
