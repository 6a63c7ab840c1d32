// The navigation tree: entities by path, folders where a path has no entity of its own.
import type { Entity, KindDescription, ServiceDescription } from '../contract';
import { humanize } from './schema';
import { naturally } from './sort';

export interface Node {
  path: string;
  name: string;
  label: string;
  /** Of the entity at this path, if there is one. */
  kind: string;
  children: Node[];
}

export interface Row {
  node: Node;
  depth: number;
  expanded: boolean;
  /** Place among its siblings and how many they are, for assistive technology. */
  place: number;
  count: number;
}

export interface Catalogue {
  kinds: Map<string, KindDescription>;
  /** Sections in the order in which the services declare them. */
  sections: string[];
}

export function catalogue(services: readonly ServiceDescription[]): Catalogue {
  const kinds = new Map<string, KindDescription>();
  const sections: string[] = [];
  for (const service of services) {
    for (const kind of service.kinds) {
      kinds.set(kind.kind, kind);
      if (kind.section && !sections.includes(kind.section)) sections.push(kind.section);
    }
  }
  return { kinds, sections };
}

/** Services in the order of the work: those whose results others need come first. */
export function inOrder(services: readonly ServiceDescription[]): ServiceDescription[] {
  const actions = new Map(services.flatMap((service) => service.actions.map((action) => [action.name, action])));
  const depth = (name: string, seen: readonly string[]): number => {
    const action = actions.get(name);
    if (!action || seen.includes(name)) return 0;
    return 1 + Math.max(0, ...action.requires.map((other) => depth(other, [...seen, name])));
  };
  const place = (service: ServiceDescription) =>
    Math.max(0, ...service.actions.map((action) => depth(action.name, [])));
  return [...services].sort((a, b) => place(a) - place(b));
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Paths of the tree that mean a body: the body itself, its feature, and all of the model. */
export function means(paths: readonly string[], body: string): boolean {
  return paths.some((path) => path === body || (path.startsWith('geometry/') && lastName(path) === lastName(body)));
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** True for paths whose sections are computed. */
export function isResult(kind: KindDescription | undefined): boolean {
  return kind?.arrangement === 'ARRANGEMENT_RESULT';
}

export function buildTree(entities: Iterable<Entity>, catalogue: Catalogue): Node[] {
  const root: Node = { path: '', name: '', label: '', kind: '', children: [] };
  const nodes = new Map<string, Node>([['', root]]);
  const at = (path: string): Node => {
    const known = nodes.get(path);
    if (known) return known;
    const name = lastName(path);
    const node: Node = { path, name, label: path.includes('/') ? name : humanize(name), kind: '', children: [] };
    nodes.set(path, node);
    at(parentOf(path)).children.push(node);
    return node;
  };
  for (const entity of entities) at(entity.path).kind = entity.kind;
  const order = (path: string) => {
    const place = catalogue.sections.indexOf(path);
    return place < 0 ? catalogue.sections.length : place;
  };
  root.children.sort((a, b) => order(a.path) - order(b.path) || naturally(a.name, b.name));
  for (const node of nodes.values()) {
    if (node !== root) node.children.sort((a, b) => naturally(a.name, b.name));
  }
  return root.children;
}

/** The nodes that contain `text` in their name or lead to such. */
export function filterTree(nodes: readonly Node[], text: string): Node[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [...nodes];
  const kept: Node[] = [];
  for (const node of nodes) {
    const children = filterTree(node.children, wanted);
    const hit = node.label.toLowerCase().includes(wanted) || node.kind.toLowerCase().includes(wanted);
    if (hit || children.length > 0)
      kept.push({ ...node, children: hit && children.length === 0 ? node.children : children });
  }
  return kept;
}

/** The rows to draw. */
export function visibleRows(nodes: readonly Node[], isOpen: (node: Node) => boolean, depth = 0): Row[] {
  return nodes.flatMap((node, index) => {
    const expanded = node.children.length > 0 && isOpen(node);
    const row: Row = { node, depth, expanded, place: index + 1, count: nodes.length };
    return expanded ? [row, ...visibleRows(node.children, isOpen, depth + 1)] : [row];
  });
}

/** A name in `section` that is not taken: `block`, `block2`… */
export function freeName(taken: ReadonlySet<string>, section: string, wish: string): string {
  if (!taken.has(`${section}/${wish}`)) return wish;
  const stem = wish.replace(/\d+$/, '') || wish;
  for (let count = 2; ; count += 1) if (!taken.has(`${section}/${stem}${count}`)) return `${stem}${count}`;
}

/** What is wrong with a name for an entity. */
export function nameFault(name: string, section: string, taken: ReadonlySet<string>): string | undefined {
  if (!name.trim()) return 'a name is needed';
  // Expressions have to be able to speak of it.
  if (section === 'parameters' && !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name))
    return 'a letter or _ first, then letters, digits and _';
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_. -]*$/u.test(name)) return 'letters, digits, _ - . and spaces only';
  return taken.has(`${section}/${name}`) ? `there is a ${name} already` : undefined;
}
