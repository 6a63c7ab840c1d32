// Picking in the 3-D view: what can be picked, who asks for it, and what a field becomes by it.
import type { Field, Json } from './schema';
import { Store } from './store';
import { lastName } from './tree';

export type PickKind = 'body' | 'face' | 'edge' | 'point';
export const PICK_KINDS: readonly PickKind[] = ['body', 'face', 'edge', 'point'];

/** A point in metres. */
export type Place = readonly [number, number, number];

/** A part of a body, as its properties count them; or a free point. */
export interface Part {
  path: string;
  kind: PickKind;
  index: number;
  /** Where to find it: the middle of an edge, the centre of a face, the point itself. */
  at: Place;
}

/** A field of a form that waits for something to be picked. */
export interface PickRequest {
  label: string;
  kind: PickKind;
  /** True: goes on until it is ended. */
  many: boolean;
  take: (part: Part) => void;
}

/** Who asks for a pick now; one at most. */
export const picking = new Store<PickRequest | undefined>(undefined);

/** Path of what the pointer is on, in the tree or in the 3-D view; empty for nothing. */
export const pointed = new Store('');

/** What has to be picked for a field that `x-pick` marks. */
export function pickKindOf(field: Field): PickKind | undefined {
  const { pick = '' } = field;
  if (['x', 'y', 'z'].includes(pick)) return 'point';
  return PICK_KINDS.find((kind) => kind === pick);
}

/** The form of a field that takes what is picked: itself, or one of its variants. */
function taker(field: Field): Field {
  return field.variants?.find((variant) => variant.kind === 'list') ?? field;
}

/** True where several picks go into the field, one after the other. */
export function takesMany(field: Field): boolean {
  const { kind, places } = taker(field);
  return kind === 'list' && places === undefined;
}

/** Units that lengths are written in, as parts of a metre: whole numbers, so that nothing is lost. */
const LENGTHS: Record<string, [number, number]> = {
  m: [1, 1],
  cm: [1, 100],
  mm: [1, 1e3],
  um: [1, 1e6],
  µm: [1, 1e6],
  nm: [1, 1e9],
  km: [1e3, 1],
  in: [254, 1e4],
  mil: [254, 1e7],
};

/** A length as a user would write it: in the project's unit, without the dust of floating point. */
export function lengthText(metres: number, unit: string): Json {
  const known = LENGTHS[unit];
  const clean = (value: number) => Number(value.toPrecision(10)) + 0;
  // Nobody means less than a picometre.
  const value = Math.abs(metres) < 1e-12 ? 0 : metres;
  return known ? clean((value * known[1]) / known[0]) : value === 0 ? 0 : `${clean(value * 1e3)} mm`;
}

/** What the field holds after a pick; `unit` is that of bare lengths. */
export function pickedValue(field: Field, old: Json | undefined, part: Part, unit: string): Json {
  const point = part.at.map((metres) => lengthText(metres, unit));
  const axis = ['x', 'y', 'z'].indexOf(field.pick ?? '');
  if (axis >= 0) return point[axis];
  const one: Json = field.pick === 'body' ? lastName(part.path) : point;
  if (!takesMany(field)) return one;
  const list = Array.isArray(old) ? old : [];
  // Picked again is taken out.
  const text = JSON.stringify(one);
  const rest = list.filter((item) => JSON.stringify(item) !== text);
  return rest.length < list.length ? rest : [...list, one];
}
