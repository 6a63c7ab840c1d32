// Values of form fields: between what the user types and what is stored, and what is wrong with them.
import type { Field, Json, JsonObject } from './schema';

/** Numbers that a bare text means; `undefined` for an expression. */
export function plainNumber(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim())) return undefined;
  return Number(text);
}

/** True for a hash, such as that of a result's inputs. */
export const isHash = (value: Json | undefined) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/** True for a number with a unit, which says by itself what it comes to. */
export function isQuantity(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*[\p{L}°µΩ][\p{L}°µΩ/^\d]*$/u.test(text.trim());
}

/** Seven significant digits, without trailing zeros or float dust. */
export function formatNumber(value: number, digits = 7): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e7) return String(Number(value.toPrecision(digits)));
  return value
    .toExponential(digits - 1)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e');
}

const PREFIXES: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
  [1e-12, 'p'],
  [1e-15, 'f'],
];
const FIXED = new Set(['', '%', 'dB', 'dBm', '°', 'deg', '1', 'm²', 'm³']);

/** An SI number with a prefix that keeps it readable: 2.45e9 Hz → `2.45 GHz`. */
export function formatSI(value: number, unit: string, digits = 5): string {
  if (!Number.isFinite(value) || value === 0 || FIXED.has(unit)) return `${formatNumber(value, digits)} ${unit}`.trim();
  const size = Math.abs(value);
  const found = PREFIXES.find(([factor]) => size >= factor * 0.9999995) ?? PREFIXES[PREFIXES.length - 1];
  const [factor, prefix] = found as [number, string];
  return `${formatNumber(value / factor, digits)} ${prefix}${unit}`;
}

/** What was computed, for reading: numbers with their unit, lists of them in one line. */
export function told(value: Json | undefined, unit = ''): string {
  if (typeof value === 'number') return unit ? formatSI(value, unit, 7) : formatNumber(value);
  if (Array.isArray(value)) {
    const inner = value.map((item) => told(item, unit));
    return value.some(Array.isArray) ? inner.map((item) => `(${item})`).join(', ') : inner.join(', ');
  }
  return typeof value === 'object' && value !== null ? summary(value) : textOf(value);
}

/** What stands in the field for a stored value. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatNumber(value, 15);
  return typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

/** What is stored for a text in a field; an empty one is `undefined`: not set. */
export function parseText(field: Field, text: string): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (field.kind === 'quantity' || field.kind === 'number' || field.kind === 'integer') {
    return plainNumber(trimmed) ?? trimmed;
  }
  if (field.kind === 'json') {
    try {
      return JSON.parse(trimmed) as Json;
    } catch {
      return trimmed;
    }
  }
  return trimmed;
}

/** What is plainly wrong with an expression; its meaning is the server's to judge. */
export function expressionFault(text: string): string | undefined {
  let depth = 0;
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth < 0) return 'a closing bracket has no opening one';
  }
  if (depth > 0) return 'a bracket is not closed';
  if (/[;{}"'`\\$@#]/.test(text)) return 'only numbers, names, units and + - * / ^ ( ) make an expression';
  if (/[-+*/^(,]\s*$/.test(text)) return 'the expression is not finished';
  return undefined;
}

function rangeFault(field: Field, value: number): string | undefined {
  if (field.minimum !== undefined && value < field.minimum) return `must be at least ${field.minimum}`;
  if (field.maximum !== undefined && value > field.maximum) return `must be at most ${field.maximum}`;
  if (field.above !== undefined && value <= field.above) return `must be above ${field.above}`;
  if (field.below !== undefined && value >= field.below) return `must be below ${field.below}`;
  return undefined;
}

function listFault(field: Field, value: Json): string | undefined {
  if (!Array.isArray(value)) return 'must be a list';
  if (field.places) {
    for (const [index, place] of field.places.entries()) {
      const wrong = fault(place, value[index]);
      if (wrong) return `${place.label}: ${wrong}`;
    }
    return undefined;
  }
  if (field.minItems !== undefined && value.length < field.minItems) return `needs at least ${field.minItems}`;
  if (field.maxItems !== undefined && value.length > field.maxItems) return `takes at most ${field.maxItems}`;
  for (const [index, item] of value.entries()) {
    const wrong = field.item && fault(field.item, item);
    if (wrong) return `item ${index + 1}: ${wrong}`;
  }
  return undefined;
}

/** What is wrong with a value, in one short sentence; `undefined` if nothing is seen here. */
export function fault(field: Field, value: Json | undefined): string | undefined {
  if (value === undefined || value === '')
    return field.required && field.standard === undefined ? 'is needed' : undefined;
  if (value === null) return field.nullable ? undefined : 'is needed';
  switch (field.kind) {
    case 'quantity':
      return typeof value === 'number' ? rangeFault(field, value) : expressionFault(String(value));
    case 'number':
    case 'integer':
      if (typeof value !== 'number') return 'must be a number';
      if (field.kind === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
      return rangeFault(field, value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be yes or no';
    case 'choice':
      return field.options?.some((option) => option.value === value) ? undefined : 'is none of the choices';
    case 'list':
      return listFault(field, value);
    case 'group': {
      if (typeof value !== 'object' || Array.isArray(value)) return 'must be a group of values';
      for (const inner of field.fields ?? []) {
        const wrong = fault(inner, value[inner.name]);
        if (wrong) return `${inner.label}: ${wrong}`;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

/** All faults of a set of properties, by the name of the field. */
export function faults(fields: readonly Field[], values: JsonObject): Record<string, string> {
  const found: Record<string, string> = {};
  for (const field of fields) {
    const wrong = fault(field, values[field.name]);
    if (wrong) found[field.name] = wrong;
  }
  return found;
}

/** The properties text of an entity as an object; empty if it is not one. */
export function propertiesOf(entity: { properties: string } | undefined): JsonObject {
  if (!entity?.properties) return {};
  try {
    const value = JSON.parse(entity.properties) as Json;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

/** `values` with one field replaced, or taken out where `value` is `undefined`. */
export function withValue(values: JsonObject, name: string, value: Json | undefined): JsonObject {
  const { [name]: _, ...rest } = values;
  if (value === undefined) return rest;
  return name in values ? { ...values, [name]: value } : { ...rest, [name]: value };
}

/** A value that several entities share, or `mixed`. */
export function shared(all: readonly JsonObject[], name: string): { mixed: boolean; value: Json | undefined } {
  const first = all[0]?.[name];
  const text = JSON.stringify(first);
  const mixed = all.some((values) => JSON.stringify(values[name]) !== text);
  return { mixed, value: mixed ? undefined : first };
}

/** Number of the variant that a value has the form of; by tags first, then by type. */
export function variantOf(field: Field, value: Json | undefined): number {
  const variants = field.variants ?? [];
  const type = Array.isArray(value) ? 'list' : typeof value;
  let best = 0;
  let bestScore = -1;
  for (const [index, variant] of variants.entries()) {
    let score = 0;
    if (variant.kind === 'group' && type === 'object' && value !== null) {
      const object = value as JsonObject;
      score = 1;
      for (const inner of variant.fields ?? []) {
        if (!(inner.name in object)) score -= inner.required ? 5 : 0;
        else score += fault(inner, object[inner.name]) === undefined ? 10 : -20;
      }
    } else if (variant.kind === 'list' && type === 'list') score = 10;
    else if (variant.kind === 'choice' && variant.options?.some((option) => option.value === value)) score = 20;
    else if (
      ['quantity', 'text', 'number', 'integer'].includes(variant.kind) &&
      (type === 'string' || type === 'number')
    )
      score = 5;
    else if (variant.kind === 'boolean' && type === 'boolean') score = 10;
    if (score > bestScore) [best, bestScore] = [index, score];
  }
  return best;
}

/** A value in one line, for reading only. */
export function summary(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(summary).join(', ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, inner]) => `${name}: ${summary(inner)}`)
      .join(', ');
  return typeof value === 'number' ? formatNumber(value) : String(value);
}
