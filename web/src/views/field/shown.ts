// What of a field is shown, and in what colours: the same for the plane view and for the 3-D view.
import type { Axis, ColourMap, Show } from '../../model/data/field';
import type { FieldArray, FieldSource } from '../../model/data/field-source';

export interface Shown {
  /** Number of the array. */
  array: number;
  show: Show;
  map: ColourMap;
  /** How far below the largest the scale goes, dB; 0 for a linear scale. */
  decibels: number;
  /** Degrees; absent for the amplitude. */
  phase: number | undefined;
  /** Ends of the scale by hand; absent where the field says them. */
  low: number | undefined;
  high: number | undefined;
}

export const START: Shown = {
  array: 0,
  show: 'magnitude',
  map: 'turbo',
  decibels: 0,
  phase: undefined,
  low: undefined,
  high: undefined,
};

/** True where values go below zero: a component of a vector, or a number, at an instant. */
export function signed(array: FieldArray, shown: Shown): boolean {
  const instant = !array.complex || shown.phase !== undefined;
  return instant && (array.components === 1 || shown.show !== 'magnitude');
}

/** The ends of the scale; `found` is the largest value where the service did not say it. */
export function scaleOf(source: FieldSource, shown: Shown, found: number): [number, number] {
  const array = source.arrays[shown.array];
  // Snapshots of one row share a scale, so that colours mean the same at all times.
  const row = array?.time === undefined ? [array] : source.arrays.filter((one) => one.time !== undefined);
  const known = row.reduce((most, one) => Math.max(most, one?.maximum ?? 0), 0);
  const high = shown.high ?? (known > 0 ? known : found > 0 ? found : 1);
  const low = shown.low ?? (array && signed(array, shown) && shown.decibels === 0 ? -high : 0);
  return [low, high > low ? high : low + (Math.abs(low) || 1) * 1e-6];
}

/** The plane to begin with: across the thinnest direction. */
export function firstAxis(source: FieldSource): Axis {
  const order = ([2, 1, 0] as Axis[]).filter((axis) => source.across[axis]);
  return order.reduce<Axis>(
    (best, axis) => (source.lines[axis].length < source.lines[best].length ? axis : best),
    order[0] ?? 2,
  );
}
