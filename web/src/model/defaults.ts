// What fields hold before the user has said anything, and when that is so again.
import type { Field, Json, JsonObject } from './schema';
import { formatNumber, formatSI } from './value';

/** Units of the dimensions that take prefixes when a value is written, as the platform reads them. */
const PREFIXED: Record<string, string> = {
  length: 'm',
  frequency: 'Hz',
  time: 's',
  resistance: 'ohm',
  voltage: 'V',
  current: 'A',
  power: 'W',
  capacitance: 'F',
  inductance: 'H',
  conductance: 'S',
  energy: 'J',
};
/** Units of the others. */
const PLAIN: Record<string, string> = {
  conductivity: 'S/m',
  'magnetic-conductivity': 'ohm/m',
  temperature: 'K',
  mass: 'kg',
  area: 'm^2',
  volume: 'm^3',
  velocity: 'm/s',
  permittivity: 'F/m',
  permeability: 'H/m',
};
const DIGITS = 12;

function writtenNumber(value: number, dimension: string): Json {
  if (dimension === 'angle') return `${formatNumber((value * 180) / Math.PI, DIGITS)} deg`;
  const prefixed = PREFIXED[dimension];
  if (prefixed) return formatSI(value, prefixed, DIGITS);
  const plain = PLAIN[dimension];
  return plain ? `${formatNumber(value, DIGITS)} ${plain}` : value;
}

/** A default as a user would write it: schemas have it in SI, but bare numbers are in the project's units. */
export function writtenDefault({ kind, standard, dimension = '', places, item }: Field): Json | undefined {
  if (kind === 'quantity' && typeof standard === 'number') return writtenNumber(standard, dimension);
  if (kind !== 'list' || !Array.isArray(standard)) return standard;
  return standard.map((value, at) => {
    const of = places?.[at] ?? item;
    return (of && writtenDefault({ ...of, standard: value })) ?? value;
  });
}

/** Properties of a new entity before the user has said anything. */
export function startValues(fields: readonly Field[]): JsonObject {
  const values: JsonObject = {};
  for (const field of fields) {
    if (!field.required) continue;
    const standard = writtenDefault(field);
    if (standard !== undefined) values[field.name] = standard;
    else if (field.kind === 'group') values[field.name] = startValues(field.fields ?? []);
    else if (field.kind === 'choice') values[field.name] = field.options?.[0]?.value ?? null;
    else if (field.kind === 'list' && !field.places) values[field.name] = [];
    else if (field.kind === 'boolean') values[field.name] = false;
  }
  return values;
}

/** A first value of a field's form. */
export function startValue(field: Field): Json {
  const standard = writtenDefault(field);
  if (standard !== undefined) return standard;
  if (field.kind === 'group') return startValues(field.fields ?? []);
  if (field.kind === 'list') return field.places ? field.places.map(startValue) : [];
  if (field.kind === 'choice') return field.options?.[0]?.value ?? null;
  if (field.kind === 'boolean') return false;
  if (field.kind === 'variants') return field.variants?.[0] ? startValue(field.variants[0]) : null;
  return ['quantity', 'number', 'integer'].includes(field.kind) ? 0 : '';
}

/** A list as it is kept: one that may be left out is, once nothing is in it. */
export function keptList(field: Field, items: Json[]): Json[] | undefined {
  const told = Array.isArray(field.standard) && field.standard.length > 0 && !field.minItems;
  // Where the default is a list of some, an empty one says something else.
  return items.length > 0 || field.required || told ? items : undefined;
}
