// Entities of the shown version as a map by path, and what edits and events do to it.
import type { Entity } from '../../contract';

export type Entities = ReadonlyMap<string, Entity>;

export const NONE: Entities = new Map();

/** True if `path` is named by `pattern`: a path, or `prefix/**` for all below it. */
export function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('/**') ? path.startsWith(pattern.slice(0, -2)) : pattern === path;
}

export function without(entities: Entities, patterns: readonly string[]): Entities {
  if (patterns.length === 0) return entities;
  const left = new Map(entities);
  for (const pattern of patterns) {
    if (!pattern.endsWith('/**')) left.delete(pattern);
    else for (const path of entities.keys()) if (matches(pattern, path)) left.delete(path);
  }
  return left;
}

export function withThose(entities: Entities, put: readonly Entity[]): Entities {
  if (put.length === 0) return entities;
  const more = new Map(entities);
  for (const entity of put) {
    const known = more.get(entity.path);
    more.set(entity.path, known && !entity.id ? { ...entity, id: known.id } : entity);
  }
  return more;
}

export interface Edit {
  message: string;
  put: Entity[];
  delete: string[];
}

/**
 * An edit whose new entities have their ids already. Should its answer be lost and the edit be sent once more, the
 * platform then knows them again, instead of finding their paths taken by strangers.
 */
export function withIds(edit: Edit, entities: Entities): Edit {
  const put = edit.put.map((entity) =>
    entity.id ? entity : { ...entity, id: entities.get(entity.path)?.id || crypto.randomUUID() },
  );
  return { ...edit, put };
}

/** Entities as they will be once the edits that are on their way have arrived. */
export function overlay(entities: Entities, edits: readonly Edit[]): Entities {
  return edits.reduce((now, edit) => withThose(without(now, edit.delete), edit.put), entities);
}

/** Expressions of parameters that edits change, by name; empty for those that they delete. */
export function editedParameters(edits: readonly Edit[]): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  const name = (path: string) => (path.startsWith('parameters/') ? path.slice('parameters/'.length) : '');
  for (const edit of edits) {
    for (const path of edit.delete) if (name(path)) found[name(path)] = '';
    for (const entity of edit.put) {
      if (!name(entity.path)) continue;
      const { value } = JSON.parse(entity.properties || '{}') as { value?: unknown };
      found[name(entity.path)] = value === undefined || value === null ? '' : String(value);
    }
  }
  return found;
}

/** What became of entities that were seen before, wherever they stand now; without those that are gone. */
export function asTheyAre(entities: Entities, seen: readonly Entity[]): Entity[] {
  const known = new Map([...entities.values()].map((entity) => [entity.id, entity]));
  return seen.flatMap(({ id, path, kind }) => {
    const now = (id ? known.get(id) : undefined) ?? entities.get(path);
    return now?.kind === kind ? [now] : [];
  });
}

/** Entities below a path, sorted as they stand. */
export function below(entities: Entities, prefix: string): Entity[] {
  return [...entities.values()].filter((entity) => entity.path.startsWith(`${prefix}/`));
}
