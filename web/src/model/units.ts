// Units of what was computed, as the kind of a result declares them: by places in its properties.

import type { JsonObject } from './schema';

export type Units = readonly (readonly [place: readonly string[], unit: string])[];

/** What a property says that a unit points to: that of a field is the one of its quantity. */
function named(unit: string, properties: JsonObject): string {
  if (!unit.startsWith('/')) return unit;
  const value = properties[unit.slice(1)];
  return typeof value === 'string' ? value : '';
}

/** The units in the schema of a result's kind, for a result with these properties. */
export function unitsOf(schema: string, properties: JsonObject = {}): Units {
  try {
    const units = (JSON.parse(schema) as { 'x-units'?: unknown })['x-units'];
    if (typeof units !== 'object' || units === null) return [];
    return Object.entries(units).flatMap(([place, unit]) =>
      typeof unit === 'string' ? [[place.split('/').slice(1), named(unit, properties)] as const] : [],
    );
  } catch {
    return [];
  }
}

/** The unit of what stands at a place or above it; items of a list stand at `*`. Empty where none is declared. */
export function unitAt(units: Units, place: readonly string[]): string {
  for (const [declared, unit] of units) {
    if (declared.length <= place.length && declared.every((part, at) => part === place[at])) return unit;
  }
  return '';
}
