// A declarative project file as entities, by what the kinds say of their place in it.
import type { Entity, KindDescription, ServiceDescription } from '../contract';
import { entity } from './project/pending';
import type { Json, JsonObject } from './schema';

/** Words of the file that are about the file or the project and not entities. */
const ABOUT = new Set(['opentwin', 'version', 'format', 'name', 'project', 'description', 'tags', '$schema']);

function asObject(value: Json | undefined, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error(`${where}: names with their values were expected`);
}

/** Properties, or the plain value that stands for one of them. */
function properties(kind: KindDescription, value: Json | undefined, where: string): JsonObject {
  const plain = value === null || value === undefined || typeof value !== 'object' || Array.isArray(value);
  if (plain && kind.shorthand && value !== null && value !== undefined) return { [kind.shorthand]: value };
  return value === null || value === undefined ? {} : asObject(value, where);
}

function named(kinds: readonly KindDescription[], section: string, name: string, value: Json): Entity {
  const where = `${section}.${name}`;
  const first = kinds[0] as KindDescription;
  // Where services differ in how they hold a section, names with kinds tell all apart.
  if (kinds.every((kind) => kind.arrangement === 'ARRANGEMENT_MAP')) {
    return entity(`${section}/${name}`, first.kind, properties(first, value, where));
  }
  const [key, inner] = Object.entries(asObject(value, where))[0] ?? [];
  const kind = kinds.find((one) => one.key === key);
  if (!kind) throw new Error(`${where}: ${key ?? 'nothing'} is none of ${kinds.map((one) => one.key).join(', ')}`);
  return entity(`${section}/${name}`, kind.kind, properties(kind, inner, where));
}

/** The entities that a parsed project file describes. */
export function entitiesOf(document: Json, services: readonly ServiceDescription[]): Entity[] {
  const kinds = services
    .flatMap((service) => service.kinds)
    .filter((kind) => kind.arrangement !== 'ARRANGEMENT_RESULT');
  const found: Entity[] = [];
  for (const [section, value] of Object.entries(asObject(document, 'the file'))) {
    const here = kinds.filter((kind) => kind.section === section);
    if (here.length === 0) {
      if (ABOUT.has(section)) continue;
      throw new Error(
        `${section} is no section of a project; there are ${[...new Set(kinds.map((kind) => kind.section))].join(', ')}`,
      );
    }
    const first = here[0] as KindDescription;
    if (first.arrangement === 'ARRANGEMENT_SINGLE')
      found.push(entity(section, first.kind, properties(first, value, section)));
    else
      for (const [name, inner] of Object.entries(asObject(value ?? {}, section)))
        found.push(named(here, section, name, inner));
  }
  return found;
}
