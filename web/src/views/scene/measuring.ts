// What can be said of one picked part, and of two: from what the service lists of edges and faces, not from triangles.
import type { Part, Place } from '../../model/picking';
import type { Entities } from '../../model/project/entities';
import type { Json, JsonObject } from '../../model/schema';
import { formatNumber, formatSI } from '../../model/value';

/** A part with what is known of its shape. */
export interface Measured {
  kind: Part['kind'];
  at: Place;
  length?: number;
  radius?: number;
  area?: number;
  volume?: number;
  /** Along a straight edge, or across a plane face. */
  along?: Place;
}

const isPlace = (value: Json | undefined): value is [number, number, number] =>
  Array.isArray(value) && value.length === 3 && value.every((one) => typeof one === 'number');

const minus = (a: Place, b: Place): Place => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const middleOf = (a: Place, b: Place) => a.map((one, axis) => (one + (b[axis] as number)) / 2) as unknown as Place;
const dot = (a: Place, b: Place) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const size = (a: Place) => Math.hypot(...a);
const cross = (a: Place, b: Place): Place => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const unit = (a: Place): Place => a.map((one) => one / size(a)) as unknown as Place;

/** Of the circle through three points; through two opposite ones where the ends are one. */
function radiusOf(start: Place, middle: Place, end: Place): number | undefined {
  const [a, b, c] = [minus(middle, start), minus(end, middle), minus(end, start)].map(size) as [number, number, number];
  if (c <= 1e-9 * a) return a / 2;
  const area = size(cross(minus(middle, start), minus(end, start))) / 2;
  return area > 1e-12 * a * b ? (a * b * c) / (4 * area) : undefined;
}

/** A part that was taken for measuring, with the mesh that its body had then. */
export interface Taken extends Part {
  mesh: string;
}

const NONE: readonly Taken[] = [];

const meshOf = (entities: Entities, path: string) => entities.get(path)?.blobs.mesh ?? '';

/** One more part, or the first one anew after two. */
export function withTaken(taken: readonly Taken[], part: Part, entities: Entities): readonly Taken[] {
  const now = stillTrue(taken, entities);
  const more = { ...part, mesh: meshOf(entities, part.path) };
  return now.length >= 2 ? [more] : [...now, more];
}

/** What was taken, unless a body was built anew since: there another edge may have the number. */
export function stillTrue(taken: readonly Taken[], entities: Entities): readonly Taken[] {
  return taken.every(({ path, mesh }) => meshOf(entities, path) === mesh) ? taken : NONE;
}

/** What the properties of its body tell of a part. */
export function measuredOf(part: Part, values: JsonObject): Measured {
  const found: Measured = { kind: part.kind, at: part.at };
  const listed = (name: string) => {
    const list = values[name];
    return ((Array.isArray(list) ? list[part.index] : undefined) ?? {}) as JsonObject;
  };
  const number = (value: Json | undefined) => (typeof value === 'number' ? value : undefined);
  if (part.kind === 'body') {
    const [least, most] = Array.isArray(values.bounding_box) ? values.bounding_box : [];
    // Not where it was clicked.
    if (isPlace(least) && isPlace(most)) found.at = middleOf(least, most);
    return { ...found, area: number(values.area), volume: number(values.volume) };
  }
  if (part.kind === 'face') {
    const { kind, area, center, normal } = listed('faces');
    if (isPlace(center)) found.at = center;
    if (kind === 'plane' && isPlace(normal)) found.along = unit(normal);
    return { ...found, area: number(area) };
  }
  if (part.kind === 'edge') {
    const { kind, length, start, middle, end } = listed('edges');
    if (isPlace(middle)) found.at = middle;
    if (isPlace(start) && isPlace(middle) && isPlace(end)) {
      if (kind === 'line') found.along = unit(minus(end, start));
      if (kind === 'circle') found.radius = radiusOf(start, middle, end);
    }
    return { ...found, length: number(length) };
  }
  return found;
}

/** A row of the measure: what, and how much. */
export type Row = [name: string, value: string];

const metres = (value: number) => formatSI(value, 'm', 5);

function ofOne({ kind, length, radius, area, volume }: Measured): Row[] {
  const rows: Row[] = [];
  if (length !== undefined) rows.push(['Length', metres(length)]);
  if (radius !== undefined) rows.push(['Radius', metres(radius)]);
  if (area !== undefined) rows.push([kind === 'body' ? 'Surface' : 'Area', `${formatNumber(area * 1e6, 5)} mm²`]);
  if (volume !== undefined) rows.push(['Volume', `${formatNumber(volume * 1e9, 5)} mm³`]);
  return rows;
}

function between(a: Measured, b: Measured): Row[] {
  const way = minus(b.at, a.at);
  const steps = way.map((value, axis) => `Δ${'xyz'[axis]} ${formatSI(value, 'm', 4)}`).join(', ');
  const rows: Row[] = [];
  const parallel = a.along && b.along && size(cross(a.along, b.along)) < 1e-9;
  if (a.along && b.along) {
    const turn = (Math.acos(Math.min(1, Math.abs(dot(a.along, b.along)))) * 180) / Math.PI;
    // Of a face its normal is known: to it an edge stands as far from the face as is missing to a right angle.
    rows.push(['Angle', `${formatNumber(a.kind === b.kind ? turn : 90 - turn, 4)}°`]);
  }
  // Between parallel faces, or parallel straight edges, straight across.
  if (a.along && parallel && a.kind === b.kind) {
    const across = a.kind === 'face' ? Math.abs(dot(way, a.along)) : size(cross(way, a.along));
    rows.push(['Distance', metres(across)]);
  }
  rows.push([
    a.kind === 'point' && b.kind === 'point' ? 'Distance' : 'Between middles',
    `${metres(size(way))} (${steps})`,
  ]);
  return rows;
}

/** What is to be read of the parts that were picked, two at most. */
export function measures([a, b]: readonly Measured[]): Row[] {
  if (!a) return [];
  return b ? between(a, b) : ofOne(a);
}
