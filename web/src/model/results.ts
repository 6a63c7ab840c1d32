// What of the tree was made by people, and what was computed.
import type { Entities } from './project/entities';
import { lastName, parentOf } from './tree';
import { propertiesOf } from './value';

/** The result that an entity is a part of, such as `model` of `model/block`; undefined where it is none. */
export function resultOf(entities: Entities, path: string): string | undefined {
  for (let above = parentOf(path); above; above = parentOf(above))
    if (typeof propertiesOf(entities.get(above)).inputs === 'string') return above;
  return undefined;
}

/**
 * The path of what is changed when a user means to change this one: of a computed body its feature. Undefined for other
 * parts of a result, which are computed anew or go with the whole of it.
 */
export function authored(entities: Entities, path: string): string | undefined {
  if (resultOf(entities, path) === undefined) return path;
  const feature = `geometry/${lastName(path)}`;
  return path.startsWith('model/') && entities.has(feature) ? feature : undefined;
}
