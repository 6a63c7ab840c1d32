// Where edits survive a reload, a crash, and the end of a login: in the browser's storage, under the name of the window
// that made them. Two windows never touch each other's; what a closed one left behind the next one takes over.
import type { Keep, PendingEdit } from './pending';
import { readEdits } from './pending';

const EDITS = 'opentwin.edits';
const WINDOW = 'opentwin.window';

/** The part of the browser's lock manager that is used. */
export interface Locks {
  request(name: string, run: () => Promise<unknown>): Promise<unknown>;
  query(): Promise<{ held?: { name?: string }[] }>;
}

/** As `localStorage`. */
export interface KeyedKeep extends Keep {
  readonly length: number;
  key(index: number): string | null;
}

/** Marks a window as open as long as its page lives. */
export function claim(client: string, locks: Locks | undefined): void {
  locks?.request(`${WINDOW}.${client}`, () => new Promise(() => undefined)).catch(() => undefined);
}

const prefix = (user: string, project: string) => `${EDITS}.${user}.${project}.`;

/** Where a window keeps its edits of a project. */
export function keyOf(user: string, project: string, client: string): string {
  return prefix(user, project) + client;
}

/** Hands edits of closed windows to `take`, and forgets them there once `take` has kept them. */
export async function adopt(
  user: string,
  project: string,
  keep: KeyedKeep,
  locks: Locks | undefined,
  take: (edits: PendingEdit[]) => void,
): Promise<void> {
  // Without locks nobody knows which windows are open; then all stay where they are.
  await locks?.request(`${EDITS}.adopt`, async () => {
    const { held = [] } = await locks.query();
    const open = new Set(held.map((lock) => lock.name));
    const keys = Array.from({ length: keep.length }, (_, at) => keep.key(at) ?? '');
    for (const key of keys.filter((name) => name.startsWith(prefix(user, project)))) {
      if (open.has(`${WINDOW}.${key.slice(prefix(user, project).length)}`)) continue;
      take(readEdits(keep.getItem(key)));
      keep.removeItem(key);
    }
  });
}
