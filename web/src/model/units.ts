// Units of what was computed, as the kind of a result declares them: by places in its properties.

export type Units = readonly (readonly [place: readonly string[], unit: string])[];

/** The units in the schema of a result's kind. */
export function unitsOf(schema: string): Units {
  try {
    const units = (JSON.parse(schema) as { 'x-units'?: unknown })['x-units'];
    if (typeof units !== 'object' || units === null) return [];
    return Object.entries(units).flatMap(([place, unit]) =>
      typeof unit === 'string' ? [[place.split('/').slice(1), unit] as const] : [],
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
