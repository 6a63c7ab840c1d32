// Reads proto3's JSON mapping into the contract's types: absent fields get their defaults, 64-bit numbers
// become numbers, enums become names. What the mapping does not know is dropped, so a newer server may say more.
import { ENUMS, FIELDS, type Messages } from './types';

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function scalar(kind: string, value: unknown): unknown {
  if (kind === 'string' || kind === 'bytes') return typeof value === 'string' ? value : '';
  if (kind === 'boolean') return value === true;
  if (kind === 'long' || kind === 'number') {
    const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : 0;
    return Number.isNaN(number) && value !== 'NaN' ? 0 : number;
  }
  if (kind.startsWith('enum:')) {
    const names = ENUMS[kind.slice(5)] ?? [];
    if (typeof value === 'number') return names[value] ?? names[0];
    return names.includes(value as string) ? value : names[0];
  }
  return read(kind as keyof Messages, value);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The message `name` out of parsed JSON; never throws. */
export function read<M extends keyof Messages>(name: M, json: unknown): Messages[M] {
  const from = isObject(json) ? json : {};
  const message: Json = {};
  for (const [field, kind, shape] of FIELDS[name]) {
    const value = from[field] ?? from[snake(field)];
    if (shape === 'list') message[field] = Array.isArray(value) ? value.map((item) => scalar(kind, item)) : [];
    else if (shape === 'map') {
      const entries = isObject(value) ? Object.entries(value) : [];
      message[field] = Object.fromEntries(entries.map(([key, item]) => [key, scalar(kind, item)]));
    } else if (value !== undefined && value !== null) message[field] = scalar(kind, value);
    else if (shape === 'one') message[field] = scalar(kind, undefined);
  }
  return message as unknown as Messages[M];
}
