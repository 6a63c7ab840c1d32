// A new name for an entity, and for it wherever others mention it: parameters in expressions, names in references.
import type { Entity, ServiceDescription } from '../../contract';
import { type Field, formOf, type Json, type JsonObject } from '../schema';
import { isResult, lastName, parentOf } from '../tree';
import { propertiesOf, variantOf } from '../value';
import type { Edit, Entities } from './entities';
import { renameInResult, resultPaths } from './result-paths';

/** One place that follows a new name. */
export interface Follower {
  path: string;
  /** The names that lead to it, such as `refinements.left.min`. */
  property: string;
  before: string;
  after: string;
}

export interface Renaming {
  edit: Edit;
  followers: Follower[];
}

// As the platform reads expressions: a number, a word, white space, or a sign.
const TOKENS =
  /(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([\p{Alphabetic}_°µΩ][\p{Alphabetic}_°µΩ0-9]*)|\s+|./gsu;

interface Token {
  text: string;
  kind: 'number' | 'word' | 'sign';
}

/** Where the unit ends that begins at a token: its power and the units below it are of it, unless they are `name`. */
function afterUnit(tokens: readonly Token[], start: number, name: string): number {
  let at = start + 1;
  const power = () => {
    if (tokens[at]?.text !== '^') return;
    const number = tokens[at + 1]?.text === '-' ? at + 2 : at + 1;
    if (tokens[number]?.kind === 'number') at = number + 1;
  };
  power();
  const isBelow = () =>
    tokens[at]?.text === '/' &&
    tokens[at + 1]?.kind === 'word' &&
    tokens[at + 1]?.text !== name &&
    tokens[at + 2]?.text !== '(';
  while (isBelow()) {
    at += 2;
    power();
  }
  return at;
}

/**
 * Gives a parameter another name in an expression: whole words that are neither units nor functions. Below a unit, as in
 * `S/m`, a word that could be both is the unit.
 */
export function renameIn(expression: string, from: string, to: string, fromIsUnit: boolean): string {
  const parts = [...expression.matchAll(TOKENS)].map(([text, number, word]): Token => {
    return { text, kind: number !== undefined ? 'number' : word !== undefined ? 'word' : 'sign' };
  });
  const tokens = parts.filter((part) => part.text.trim() !== '');
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at] as Token;
    if (token.kind === 'number' && tokens[at + 1]?.kind === 'word') {
      at = afterUnit(tokens, at + 1, fromIsUnit ? '' : from);
      continue;
    }
    if (token.kind === 'word' && token.text === from && tokens[at + 1]?.text !== '(') token.text = to;
    at += 1;
  }
  return parts.map((part) => part.text).join('');
}

/** What becomes of a text that stands in a field; the same text where the name is not in it. */
type Replace = (field: Field, text: string) => string;

/** The values of an entity with a name replaced; `found` is told each text that changes, by the names that lead to it. */
interface Pass {
  replace: Replace;
  found: (place: string, before: string, after: string) => void;
}

function walk(field: Field, value: Json, place: string, pass: Pass): Json {
  if (field.kind === 'variants') {
    const variant = field.variants?.[variantOf(field, value)];
    return variant ? walk(variant, value, place, pass) : value;
  }
  if (typeof value === 'string') {
    const after = pass.replace(field, value);
    if (after !== value) pass.found(place, value, after);
    return after;
  }
  if (Array.isArray(value)) {
    return value.map((one, at) => {
      const item = field.places?.[at] ?? field.item;
      return item ? walk(item, one, place, pass) : one;
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  return walkAll(field.fields ?? [], value, `${place}.`, pass, field.values);
}

function walkAll(fields: readonly Field[], values: JsonObject, before: string, pass: Pass, others?: Field): JsonObject {
  const known = new Map(fields.map((field) => [field.name, field]));
  const entries = Object.entries(values).map(([name, value]): [string, Json] => {
    const field = known.get(name) ?? others;
    return [name, field ? walk(field, value, before + name, pass) : value];
  });
  return Object.fromEntries(entries);
}

/** What replaces the names of one entity, and of what is below it, by those of another; `results` those in paths of results. */
function replacing(from: string, to: string, fromIsUnit: boolean, results: (path: string) => string): Replace {
  const [section] = from.split('/') as [string];
  const [old, next] = [from.slice(section.length + 1), to.slice(section.length + 1)];
  return (field, value) => {
    if (field.kind === 'quantity') {
      return section === 'parameters' ? renameIn(value, lastName(from), lastName(to), fromIsUnit) : value;
    }
    if (field.result) return results(value);
    if (field.kind !== 'reference' || field.section !== section) return value;
    if (value === old) return next;
    return value.startsWith(`${old}/`) ? next + value.slice(old.length) : value;
  };
}

/** The edit that gives an entity another path, and all that has to follow it. */
export function renaming(
  entities: Entities,
  services: readonly ServiceDescription[],
  from: string,
  to: string,
  fromIsUnit: boolean,
): Renaming {
  const kinds = new Map(services.flatMap((service) => service.kinds.map((kind) => [kind.kind, kind])));
  const fields = new Map<string, Field[]>();
  const [paths, { kind: named = '' }] = [resultPaths(services), entities.get(from) ?? {}];
  const inResult = (path: string) => renameInResult(paths, named, lastName(from), lastName(to), path);
  const replace = replacing(from, to, fromIsUnit, inResult);
  const followers: Follower[] = [];
  const put: Entity[] = [];
  for (const entity of entities.values()) {
    const moved = entity.path === from || entity.path.startsWith(`${from}/`);
    const path = moved ? to + entity.path.slice(from.length) : entity.path;
    const kind = kinds.get(entity.kind);
    let properties = entity.properties;
    // Results say what they were computed from.
    if (kind && !isResult(kind)) {
      const known = fields.get(kind.kind) ?? formOf(kind.schema);
      fields.set(kind.kind, known);
      const count = followers.length;
      const found = (property: string, before: string, after: string) =>
        followers.push({ path, property, before, after });
      const after = walkAll(known, propertiesOf(entity), '', { replace, found });
      if (followers.length > count) properties = JSON.stringify(after);
    }
    if (moved || properties !== entity.properties) put.push({ ...entity, path, properties });
  }
  return { edit: { message: `Rename ${from} to ${to}`, put, delete: [from, `${from}/**`] }, followers };
}

/** The path that an entity has under another name. */
export const underName = (path: string, name: string) => `${parentOf(path)}/${name}`;
