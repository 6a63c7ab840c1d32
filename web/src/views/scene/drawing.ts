// What is drawn beside the bodies: mesh lines, and the boxes and arrows of ports and monitors.
import type { Entity, ServiceDescription } from '../../contract';
import type { Entities } from '../../model/project/entities';
import { type Field, formOf, type Json } from '../../model/schema';
import { lastName } from '../../model/tree';
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

/** Something drawn for an entity: lines that can be picked, and what fills them. */
export interface Mark {
  path: string;
  colour: string;
  /** Pairs of points. */
  lines: number[];
  /** Arrows from one point to another. */
  arrows: [Point, Point][];
  /** Filled rectangles by their corners, in turn. */
  plates: [Point, Point, Point, Point][];
  labels: { at: Point; text: string }[];
  /** Dots. */
  pins?: Point[];
  /** True for what is all around and must not cover what is within: it keeps its colour, also when selected. */
  quiet?: boolean;
}

type Box = { min: Point; max: Point };

const numberOf = (value: Json | undefined) => (typeof value === 'number' ? value : undefined);

function pointOf(field: Field | undefined, value: Json | undefined): Point | undefined {
  if (field?.places?.length !== 3 || !Array.isArray(value)) return undefined;
  const numbers = field.places.map((_, axis) => numberOf(value[axis]));
  return numbers.every((one) => one !== undefined) ? (numbers as Point) : undefined;
}

/** A rectangle across an axis, its corners in turn. */
function plate(axis: Axis, at: number, { min, max }: Box): [Point, Point, Point, Point] {
  const [u, v] = ([0, 1, 2] as Axis[]).filter((other) => other !== axis) as [Axis, Axis];
  const corner = (a: number, b: number): Point => {
    const point: Point = [0, 0, 0];
    [point[axis], point[u], point[v]] = [at, a, b];
    return point;
  };
  return [corner(min[u], min[v]), corner(max[u], min[v]), corner(max[u], max[v]), corner(min[u], max[v])];
}

const around = (corners: readonly Point[]) => corners.flatMap((at, index) => [...at, ...corners[(index + 1) % 4]]);

/** How a kind wants its entities drawn: its `x-mark`, read with care, for it comes from a service. */
interface Rule {
  fields: Field[];
  points: [string, string] | undefined;
  shape: 'arrow' | 'frame' | 'box' | 'sides' | 'places';
  along: string;
  planes: string;
  sides: string[];
  rest: string;
}

const names = (value: unknown, count: number): string[] | undefined =>
  Array.isArray(value) && value.length === count && value.every((one) => typeof one === 'string') ? value : undefined;

const marked = (fields: readonly Field[]): boolean =>
  fields.some((field) => field.meshLine !== undefined || (field.fields !== undefined && marked(field.fields)));

function ruleOf(schema: string): Rule | undefined {
  const fields = formOf(schema);
  let mark: { [name: string]: unknown } = {};
  try {
    const found = (JSON.parse(schema) as { [name: string]: unknown })['x-mark'];
    if (typeof found === 'object' && found !== null) mark = found as typeof mark;
  } catch {
    return undefined;
  }
  const text = (name: string) => (typeof mark[name] === 'string' ? (mark[name] as string) : '');
  const shape = (['arrow', 'frame', 'box'] as const).find((name) => names(mark[name], 2));
  const sides = names(mark.sides, 6) ?? [];
  if (!shape && sides.length === 0 && !marked(fields)) return undefined;
  const pair = fields.filter((field) => field.meshLine === 'point').map((field) => field.name);
  return {
    fields,
    points: (shape ? names(mark[shape], 2) : names(pair, 2)) as [string, string] | undefined,
    shape: shape ?? (sides.length > 0 ? 'sides' : 'places'),
    along: text('along'),
    planes: text('planes'),
    sides,
    rest: text('rest'),
  };
}

const AXES = ['x', 'y', 'z'];

/** The axis and the way of `+x`, `-z` and so on. */
function wayOf(value: Json | undefined): [Axis, number] | undefined {
  const [, sign, name] = /^([+-])([xyz])$/.exec(typeof value === 'string' ? value : '') ?? [];
  return name ? [AXES.indexOf(name) as Axis, sign === '+' ? 1 : -1] : undefined;
}

function middle(a: Point, b: Point): Point {
  return a.map((value, axis) => (value + b[axis]) / 2) as Point;
}

/** An arrow where two points differ along one axis; across a wider port it stands in the middle. */
function arrow(mark: Mark, from: Point, to: Point, axisName: Json | undefined): void {
  const differ = ([0, 1, 2] as Axis[]).filter((axis) => from[axis] !== to[axis]);
  const axis = AXES.indexOf(String(axisName)) as Axis | -1;
  if (differ.length > 1 && axis >= 0) {
    const [tail, head] = [middle(from, to), middle(from, to)];
    [tail[axis as Axis], head[axis as Axis]] = [from[axis as Axis], to[axis as Axis]];
    mark.arrows.push([tail, head]);
    mark.lines.push(...boxLines(from, to), ...tail, ...head);
  } else {
    mark.arrows.push([from, to]);
    mark.lines.push(...(differ.length > 1 ? boxLines(from, to) : []), ...from, ...to);
  }
  mark.labels.push({ at: middle(from, to), text: lastName(mark.path) });
}

function frame(mark: Mark, from: Point, to: Point, way: [Axis, number] | undefined): void {
  const flat = ([0, 1, 2] as Axis[]).find((axis) => from[axis] === to[axis]);
  const at = middle(from, to);
  if (flat === undefined) mark.lines.push(...boxLines(from, to));
  else {
    const corners = plate(flat, from[flat], { min: from, max: to });
    mark.plates.push(corners);
    mark.lines.push(...around(corners));
  }
  if (way) {
    const size = Math.hypot(...from.map((value, axis) => value - to[axis]));
    const head: Point = [...at];
    head[way[0]] += way[1] * size * 0.3;
    mark.arrows.push([at, head]);
    mark.lines.push(...at, ...head);
  }
  mark.labels.push({ at, text: lastName(mark.path) });
}

function planes(mark: Mark, field: Field | undefined, value: Json | undefined, box: Box): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const inner of field?.fields ?? []) {
    const axis = AXES.indexOf(inner.meshLine ?? inner.name) as Axis | -1;
    const at = numberOf(value[inner.name]);
    if (axis < 0 || at === undefined) continue;
    const corners = plate(axis as Axis, at, box);
    mark.plates.push(corners);
    mark.lines.push(...around(corners));
    mark.labels.push({ at: corners[2], text: lastName(mark.path) });
  }
}

/** Colours and signs of what closes the domain; other words are shown as words alone. */
const SIDE_COLOURS: Record<string, string> = { pec: '#b07d1a', pmc: '#3569b8', open: '#3f8f5f' };

/** A sign on each side of the domain: hatch for a conductor, rings for a magnetic one, arrows outward where it is open. */
function sides(rule: Rule, values: { [key: string]: Json }, path: string, box: Box): Mark[] {
  return rule.sides.map((name, index) => {
    const axis = Math.floor(index / 2) as Axis;
    const sign = index % 2 === 0 ? -1 : 1;
    const field = (of: string) => rule.fields.find((one) => one.name === of)?.standard;
    const word = String(values[name] ?? values[rule.rest] ?? field(rule.rest) ?? '');
    const corners = plate(axis, sign < 0 ? box.min[axis] : box.max[axis], box);
    const at = middle(corners[0], corners[2]);
    const mark: Mark = {
      path,
      colour: SIDE_COLOURS[word] ?? '#6b7680',
      lines: [],
      arrows: [],
      plates: [],
      labels: [],
      quiet: true,
    };
    mark.lines.push(...around(corners));
    mark.labels.push({ at, text: word.length <= 4 ? word.toUpperCase() : word });
    const size = Math.hypot(...box.max.map((value, one) => value - box.min[one]));
    if (word === 'pec') mark.lines.push(...hatch(corners, axis, sign * size * 0.02));
    if (word === 'pmc') mark.plates.push(corners);
    if (word === 'open')
      for (const corner of corners) {
        const out = middle(middle(corner, at), corner);
        const head: Point = [...out];
        head[axis] += sign * size * 0.07;
        mark.arrows.push([out, head]);
      }
    return mark;
  });
}

/** Short strokes outward along the border, as of a wall. */
function hatch(corners: readonly Point[], axis: Axis, out: number): number[] {
  const STROKES = 14;
  return corners.flatMap((from, index) => {
    const to = corners[(index + 1) % 4];
    return Array.from({ length: STROKES }, (_, stroke) => {
      const at = (share: number) => from.map((value, one) => value + (to[one] - value) * share) as Point;
      const head = at((stroke + 0.5) / STROKES);
      head[axis] += out;
      return [...at(stroke / STROKES), ...head];
    }).flat();
  });
}

function draw(rule: Rule, entity: Entity, box: Box, domain: Box, colour: string): Mark[] {
  const values = propertiesOf(entity);
  if (rule.shape === 'sides') return sides(rule, values, entity.path, domain);
  const mark: Mark = { path: entity.path, colour, lines: [], arrows: [], plates: [], labels: [] };
  const field = (name: string) => rule.fields.find((one) => one.name === name);
  const [from, to] = (rule.points ?? []).map((name) => pointOf(field(name), values[name]));
  if (from && to) {
    const lengths = from.filter((value, axis) => value !== to[axis]).length;
    if (rule.shape === 'arrow' || (rule.shape === 'places' && lengths === 1)) arrow(mark, from, to, values.axis);
    else if (rule.shape === 'frame') frame(mark, from, to, wayOf(values[rule.along]));
    else mark.lines.push(...boxLines(from, to));
  }
  if (rule.planes) planes(mark, field(rule.planes), values[rule.planes], box);
  else if (rule.shape === 'places')
    for (const one of rule.fields) if (one.kind === 'group') planes(mark, one, values[one.name], box);
  return mark.lines.length > 0 ? [mark] : [];
}

const COLOURS = ['#d32f2f', '#7a4fd0', '#0b8390', '#b36b00'];

/** How kinds want their entities drawn, and the sections that these stand in. */
function ruled(services: readonly ServiceDescription[]): { rules: Map<string, Rule>; sections: string[] } {
  const rules = new Map<string, Rule>();
  const sections: string[] = [];
  for (const kind of services.flatMap((service) => service.kinds)) {
    const rule = ruleOf(kind.schema);
    if (!rule) continue;
    rules.set(kind.kind, rule);
    if (!sections.includes(kind.section)) sections.push(kind.section);
  }
  return { rules, sections };
}

/** What has to be measured for `marks`: the entities of those sections. */
export function placedPaths(services: readonly ServiceDescription[]): string[] {
  return ruled(services).sections.flatMap((section) => [section, `${section}/**`]);
}

/** Ports, monitors, boundaries and whatever else has a place, from entities whose properties are in SI. */
export function marks(measured: Entities, services: readonly ServiceDescription[], box: Box, domain = box): Mark[] {
  const { rules, sections } = ruled(services);
  return [...measured.values()].flatMap((entity) => {
    const rule = rules.get(entity.kind);
    const section = sections.indexOf(entity.path.split('/')[0]);
    return rule ? draw(rule, entity, box, domain, COLOURS[Math.max(0, section) % COLOURS.length]) : [];
  });
}

/** True where the entity says what closes the domain: drawn only when asked for, since it is all around. */
export function closes(kind: { schema: string } | undefined): boolean {
  return kind !== undefined && ruleOf(kind.schema)?.shape === 'sides';
}

/** Points that properties name and that can be picked, such as middles of edges; the properties are in SI. */
export function pins(entity: Entity, schema: string): { at: Point; text: string }[] {
  const values = propertiesOf(entity);
  return formOf(schema).flatMap((field) => {
    if (!['point', 'edge', 'face'].includes(field.pick ?? '')) return [];
    const value = values[field.name];
    const list = field.variants?.find((variant) => variant.kind === 'list') ?? field;
    if (list.places) {
      const at = pointOf(list, value);
      return at ? [{ at, text: field.label }] : [];
    }
    return (Array.isArray(value) ? value : []).flatMap((item) => {
      const at = pointOf(list.item, item);
      return at ? [{ at, text: '' }] : [];
    });
  });
}
