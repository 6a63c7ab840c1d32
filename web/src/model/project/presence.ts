// Who else is in the project, and what the others are told of this window.
import type { Presence } from '../../contract';
import type { Socket } from '../../transport/socket';
import type { Selection } from '../selection';
import { Store } from '../store';

/** Somebody else in the project. */
export type Other = Presence & { seen: number };

export const PRESENCE_MS = 45_000;

/** Who has selected what, by path, on the branch that is shown. */
export function selectedBy(others: ReadonlyMap<string, Other>, branch: string): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const other of others.values()) {
    if (!isOn(other, branch)) continue;
    for (const path of other.selection) found.set(path, [...(found.get(path) ?? []), other.user]);
  }
  return found;
}

/** True for somebody who looks at this branch, as far as is told: a page from before an upgrade names none. */
export function isOn(other: Presence, branch: string): boolean {
  return !other.branch || other.branch === branch;
}

export class Company {
  readonly others = new Store<ReadonlyMap<string, Other>>(new Map());
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ended = false;

  constructor(
    private readonly socket: Socket,
    private readonly project: string,
    private readonly client: string,
    private readonly selection: Store<Selection>,
    private readonly branch: () => string,
  ) {}

  close(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.farewell();
  }

  /** Says goodbye. */
  farewell(): void {
    this.tell([], true);
  }

  meet(presence: Presence): void {
    if (presence.client === this.client) return;
    this.others.update((others) => {
      const next = new Map(others);
      if (presence.gone) next.delete(presence.client);
      else {
        if (!next.has(presence.client)) this.announceSoon();
        next.set(presence.client, { ...presence, seen: Date.now() });
      }
      return next;
    });
  }

  /** Takes those away that have not been heard of for two rounds: their windows crashed, or lost their line. */
  private prune(): void {
    this.others.update((others) => {
      const here = [...others].filter(([, other]) => Date.now() - other.seen <= 2 * PRESENCE_MS);
      return here.length < others.size ? new Map(here) : others;
    });
  }

  /** Tells the others what is selected, soon, and now and then that the user is still there. */
  announceSoon(): void {
    clearTimeout(this.timer);
    const again = () => {
      if (this.ended) return;
      this.timer = setTimeout(again, PRESENCE_MS);
      this.prune();
      if (this.socket.state.get().link === 'open') this.tell([...this.selection.get()].slice(0, 100), false);
    };
    this.timer = setTimeout(again, 150);
  }

  private tell(selection: string[], gone: boolean): void {
    const about = { project: this.project, client: this.client, selection, gone, branch: this.branch() };
    this.socket.call('Project/Announce', about, { again: false }).catch(() => undefined);
  }
}
