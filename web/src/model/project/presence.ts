// Who else is in the project, and what the others are told of this window.
import type { Presence } from '../../contract';
import type { Socket } from '../../transport/socket';
import type { Selection } from '../selection';
import { Store } from '../store';

/** Somebody else in the project. */
export type Other = Presence & { seen: number };

const PRESENCE_MS = 45_000;

export class Company {
  readonly others = new Store<ReadonlyMap<string, Other>>(new Map());
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ended = false;

  constructor(
    private readonly socket: Socket,
    private readonly project: string,
    private readonly client: string,
    private readonly selection: Store<Selection>,
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
      for (const [client, other] of next) if (Date.now() - other.seen > 2 * PRESENCE_MS) next.delete(client);
      return next;
    });
  }

  /** Tells the others what is selected, soon, and now and then that the user is still there. */
  announceSoon(): void {
    clearTimeout(this.timer);
    const again = () => {
      if (this.ended) return;
      this.timer = setTimeout(again, PRESENCE_MS);
      if (this.socket.state.get().link === 'open') this.tell([...this.selection.get()].slice(0, 100), false);
    };
    this.timer = setTimeout(again, 150);
  }

  private tell(selection: string[], gone: boolean): void {
    const { project, client } = this;
    this.socket.call('Project/Announce', { project, client, selection, gone }, { again: false }).catch(() => undefined);
  }
}
