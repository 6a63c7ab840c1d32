// Lays out the version graph: newest first, one lane for each line of descent.
import type { Version } from '../contract';

export interface GraphRow {
  version: Version;
  lane: number;
  /** Lanes that pass by this row: from the row above to the row below. */
  through: number[];
  /** Lanes of the parents, as they leave this row downwards. */
  down: number[];
  /** Lanes that end in this row from above. */
  up: number[];
}

/** Versions so that each stands above its parents; among the free ones the newest first. */
export function ordered(versions: readonly Version[]): Version[] {
  const known = new Map(versions.map((version) => [version.id, version]));
  const children = new Map<string, number>();
  for (const version of known.values()) {
    for (const parent of version.parents) children.set(parent, (children.get(parent) ?? 0) + 1);
  }
  const free = [...known.values()].filter((version) => !children.get(version.id));
  const rows: Version[] = [];
  while (free.length > 0) {
    let newest = 0;
    for (let index = 1; index < free.length; index += 1) {
      if ((free[index] as Version).timeMs > (free[newest] as Version).timeMs) newest = index;
    }
    const [version] = free.splice(newest, 1) as [Version];
    rows.push(version);
    for (const id of version.parents) {
      const left = (children.get(id) ?? 1) - 1;
      children.set(id, left);
      const parent = known.get(id);
      if (left === 0 && parent) free.push(parent);
    }
  }
  return rows;
}

export function layOut(versions: readonly Version[]): GraphRow[] {
  const lanes: (string | undefined)[] = [];
  const known = new Set(versions.map((version) => version.id));
  const take = (id: string) => {
    const free = lanes.indexOf(undefined);
    const lane = free < 0 ? lanes.length : free;
    lanes[lane] = id;
    return lane;
  };
  return ordered(versions).map((version) => {
    const up = lanes.flatMap((id, lane) => (id === version.id ? [lane] : []));
    const lane = up[0] ?? take(version.id);
    for (const other of up) lanes[other] = undefined;
    const through = lanes.flatMap((id, index) => (id === undefined || index === lane ? [] : [index]));
    lanes[lane] = undefined;
    const down = version.parents
      .filter((parent) => known.has(parent))
      .map((parent, index) => {
        const held = lanes.indexOf(parent);
        if (held >= 0) return held;
        if (index === 0) {
          lanes[lane] = parent;
          return lane;
        }
        return take(parent);
      });
    return { version, lane, through, down, up };
  });
}

/** True if `ancestor` is `id` or comes before it, as far as the known versions tell. */
export function isAncestor(versions: ReadonlyMap<string, Version>, ancestor: string, id: string): boolean {
  const seen = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === ancestor) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(versions.get(next)?.parents ?? []));
  }
  return false;
}
