// What is drawn beside the bodies: mesh lines, and the boxes and arrows of ports and monitors.
import type { Entity, ServiceDescription } from '../../contract';
import type { Entities } from '../../model/project/entities';
import { type Field, formOf, type Json } from '../../model/schema';
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

type Box = { min: Point; max: Point };

const numberOf = (value: Json | undefined) => (typeof value === 'number' ? value : undefined);

function pointOf(field: Field, value: Json | undefined): Point | undefined {
  if (field.places?.length !== 3 || !Array.isArray(value)) return undefined;
  const numbers = field.places.map((_, axis) => numberOf(value[axis]));
  return numbers.every((one) => one !== undefined) ? (numbers as Point) : undefined;
}

/** A rectangle across the box where a property names one coordinate. */
function planesOf(field: Field, value: Json | undefined, around: Box): number[] {
  if (field.kind !== 'group' || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return (field.fields ?? []).flatMap((inner) => {
    const axis = ['x', 'y', 'z'].indexOf(inner.meshLine ?? '');
    const at = numberOf(value[inner.name]);
    if (axis < 0 || at === undefined) return [];
    const [min, max] = [[...around.min], [...around.max]] as [Point, Point];
    min[axis] = at;
    max[axis] = at;
    return boxLines(min, max);
  });
}

const marked = (fields: readonly Field[]): boolean =>
  fields.some((field) => field.meshLine !== undefined || (field.fields !== undefined && marked(field.fields)));

/** The lines of one entity whose kind has places that mesh lines are laid through, such as a port. */
export function linesOf(fields: readonly Field[], values: { [key: string]: Json }, around: Box): number[] {
  if (!marked(fields)) return [];
  const corners = fields.flatMap((field) => pointOf(field, values[field.name]) ?? []);
  const points = fields.flatMap((field) => planesOf(field, values[field.name], around));
  if (corners.length !== 6) return points;
  const [from, to] = [corners.slice(0, 3), corners.slice(3)] as [Point, Point];
  const directions = from.filter((value, axis) => value !== to[axis]).length;
  return [...points, ...(directions === 1 ? arrowLines(from, to) : boxLines(from, to))];
}

const COLOURS = ['#d32f2f', '#7a4fd0', '#0b8390', '#b36b00'];

/** Kinds whose schema marks a place, with their forms and the sections that they stand in. */
function placed(services: readonly ServiceDescription[]): { forms: Map<string, Field[]>; sections: string[] } {
  const forms = new Map<string, Field[]>();
  const sections: string[] = [];
  for (const kind of services.flatMap((service) => service.kinds)) {
    const fields = formOf(kind.schema);
    if (!marked(fields)) continue;
    forms.set(kind.kind, fields);
    if (!sections.includes(kind.section)) sections.push(kind.section);
  }
  return { forms, sections };
}

/** What has to be measured for `marks`: the entities of those sections. */
export function placedPaths(services: readonly ServiceDescription[]): string[] {
  return placed(services).sections.flatMap((section) => [section, `${section}/**`]);
}

/** Ports, monitors and whatever else has a place, from entities whose properties are in SI. */
export function marks(measured: Entities, services: readonly ServiceDescription[], around: Box): Mark[] {
  const { forms, sections } = placed(services);
  const found: Mark[] = [];
  for (const entity of measured.values()) {
    const fields = forms.get(entity.kind);
    const points = fields ? linesOf(fields, propertiesOf(entity), around) : [];
    const section = sections.indexOf(entity.path.split('/')[0] ?? '');
    if (points.length > 0)
      found.push({ path: entity.path, points, colour: COLOURS[Math.max(0, section) % COLOURS.length] as string });
  }
  return found;
}
