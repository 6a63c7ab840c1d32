// Which projects the overview shows, and in which order.
import type { ProjectInfo } from '../../contract';
import { naturally } from '../../model/sort';

export type Which = 'all' | 'own' | 'shared' | 'trash';
export type Column = 'name' | 'owner' | 'entities' | 'bytes' | 'changedMs';

export interface Wanted {
  which: Which;
  /** Words, all of which have to be found. */
  text: string;
  /** Empty for any. */
  tag: string;
  /** Empty for any. */
  group: string;
}

export const ANY: Wanted = { which: 'all', text: '', tag: '', group: '' };

/** Those that are wanted by the user `me`. */
export function matching(projects: readonly ProjectInfo[], wanted: Wanted, me: string): ProjectInfo[] {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  return projects.filter((project) => {
    if (wanted.which === 'own' && project.owner !== me) return false;
    if (wanted.which === 'shared' && project.owner === me) return false;
    if (wanted.tag && !project.tags.includes(wanted.tag)) return false;
    if (wanted.group && !project.groups.includes(wanted.group)) return false;
    const told = [project.name, project.description, project.owner, ...project.tags, ...project.groups];
    const texts = told.map((text) => text.toLowerCase());
    return words.every((word) => texts.some((text) => text.includes(word)));
  });
}

/** By a column: texts from A, numbers and times from the largest; `reverse` turns that round. */
export function ordered(projects: readonly ProjectInfo[], column: Column, reverse: boolean): ProjectInfo[] {
  const by = (a: ProjectInfo, b: ProjectInfo) => {
    const [x, y] = [a[column], b[column]];
    const first = typeof x === 'number' && typeof y === 'number' ? y - x : naturally(String(x), String(y));
    // The order of equals must not change from one listing to the next.
    return first || naturally(a.name, b.name) || naturally(a.id, b.id);
  };
  const rows = [...projects].sort(by);
  return reverse ? rows.reverse() : rows;
}

/** All that can be filtered by, in order. */
export function choices(projects: readonly ProjectInfo[], of: 'tags' | 'groups'): string[] {
  return [...new Set(projects.flatMap((project) => project[of]))].sort(naturally);
}
