// What is drawn beside the bodies: mesh lines, and the boxes and arrows of ports and monitors.
import type { Entity } from '../../contract';
import type { Entities } from '../../model/project/entities';
import type { Json } from '../../model/schema';
import { propertiesOf } from '../../model/value';

type Point = [number, number, number];
type Axis = 0 | 1 | 2;

const isNumbers = (value: Json | undefined): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

/** The mesh lines of a grid, in metres. */
export function gridLines(entity: Entity | undefined): [number[], number[], number[]] | undefined {
  const { lines } = propertiesOf(entity);
  if (!Array.isArray(lines) || lines.length !== 3 || !lines.every(isNumbers)) return undefined;
  return lines as [number[], number[], number[]];
}

/** Lines of a grid in the plane across `axis` at `at`, as pairs of points. */
export function planeLines(lines: [number[], number[], number[]], axis: Axis, at: number): number[] {
  const [u, v] = ([0, 1, 2] as Axis[]).filter((other) => other !== axis) as [Axis, Axis];
  const points: number[] = [];
  const push = (a: number, b: number) => {
    const point = [0, 0, 0];
    point[axis] = at;
    point[u] = a;
    point[v] = b;
    points.push(...point);
  };
  const ends = (of: Axis) => [lines[of][0] ?? 0, lines[of][lines[of].length - 1] ?? 0] as const;
  for (const a of lines[u]) {
    push(a, ends(v)[0]);
    push(a, ends(v)[1]);
  }
  for (const b of lines[v]) {
    push(ends(u)[0], b);
    push(ends(u)[1], b);
  }
  return points;
}

/** The twelve edges of a box, or of a rectangle or line where it is flat. */
export function boxLines(min: Point, max: Point): number[] {
  const corner = (n: number): Point => [n & 1 ? max[0] : min[0], n & 2 ? max[1] : min[1], n & 4 ? max[2] : min[2]];
  const points: number[] = [];
  for (let a = 0; a < 8; a += 1)
    for (const bit of [1, 2, 4]) if (!(a & bit)) points.push(...corner(a), ...corner(a | bit));
  return points;
}

/** A line with a head, as pairs of points. */
export function arrowLines(from: Point, to: Point): number[] {
  const along = to.map((value, axis) => value - (from[axis] as number)) as Point;
  const length = Math.hypot(...along);
  if (length === 0) return [];
  const unit = along.map((value) => value / length) as Point;
  const least = [0, 1, 2].reduce(
    (best, axis) => (Math.abs(unit[axis] as number) < Math.abs(unit[best] as number) ? axis : best),
    0,
  );
  const side = [0, 0, 0].map(
    (_, axis) => (axis === least ? 1 : 0) - (unit[axis] as number) * (unit[least] as number),
  ) as Point;
  const points = [...from, ...to];
  for (const sign of [1, -1]) {
    points.push(
      ...to,
      ...to.map(
        (value, axis) => value - (unit[axis] as number) * length * 0.25 + sign * (side[axis] as number) * length * 0.1,
      ),
    );
  }
  return points;
}

export interface Mark {
  path: string;
  points: number[];
  colour: string;
}

function point(value: Json | undefined): Point | undefined {
  return isNumbers(value) && value.length === 3 ? (value as Point) : undefined;
}

function markOf(values: { [key: string]: Json }, path: string): Mark | undefined {
  const from = point(values.from ?? values.start);
  const to = point(values.to ?? values.end);
  if (from && to) {
    const flat = from.filter((value, axis) => value !== to[axis]).length;
    if (flat <= 1) return { path, points: arrowLines(from, to), colour: '#d32f2f' };
    return { path, points: boxLines(from, to), colour: '#d32f2f' };
  }
  const box = values.extent ?? values.bounding_box ?? values.box;
  if (!Array.isArray(box) || box.length !== 2) return undefined;
  const [min, max] = [point(box[0]), point(box[1])];
  return min && max ? { path, points: boxLines(min, max), colour: '#7a4fd0' } : undefined;
}

/** Ports, monitors and whatever else a result tells the place of, in metres. */
export function marks(entities: Entities): Mark[] {
  const found: Mark[] = [];
  for (const entity of entities.values()) {
    if (entity.blobs.mesh || entity.path === 'model' || entity.path === 'grid') continue;
    const values = propertiesOf(entity);
    const own = entity.path.startsWith('results/') ? markOf(values, entity.path) : undefined;
    if (own) found.push(own);
    const ports = values.ports;
    if (!Array.isArray(ports)) continue;
    for (const port of ports) {
      if (typeof port !== 'object' || port === null || Array.isArray(port)) continue;
      const mark = markOf(port, `ports/${typeof port.name === 'string' ? port.name : ''}`);
      if (mark && !found.some((other) => other.path === mark.path)) found.push(mark);
    }
  }
  return found;
}
