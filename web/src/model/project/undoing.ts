// Undo and redo: of what is not stored yet by this window, of all else by the platform, one after the other.
import type { Version } from '../../contract';
import { failureOf, LOST } from '../../transport/failure';
import type { Socket } from '../../transport/socket';
import { Store } from '../store';
import type { Edits } from './pending';
import type { Notice } from './session';

/** What would be undone and redone, in its own words; undefined where there is nothing. */
export interface Can {
  undo?: string;
  redo?: string;
}

export interface UndoingOptions {
  socket: Socket;
  project: string;
  edits: Edits;
  /** The branch that is shown, while it is followed. */
  branch: () => string | undefined;
  /** Resolves once no edit is under way. */
  settled: () => Promise<void>;
  notice: Notice;
}

/** Versions that come one upon the other are asked for once. */
const PAUSE_MS = 120;
const words = (version: Version | undefined) => version && (version.message || version.id.slice(0, 8));

export class Undoing {
  readonly can = new Store<Can>({});
  /** What the platform could do, by its last answer. */
  private stored: Can = {};
  private turn: Promise<void> = Promise.resolve();
  private call: Promise<unknown> = Promise.resolve();
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: UndoingOptions) {}

  close(): void {
    clearTimeout(this.timer);
    this.asked += 1;
  }

  undo(): Promise<void> {
    return this.next('undo');
  }

  redo(): Promise<void> {
    return this.next('redo');
  }

  /** Resolves once no undo or redo is with the platform: what is sent after it is made upon it. */
  async idle(): Promise<void> {
    await this.call;
  }

  /** Something has changed: looks anew what could be undone. */
  moved(): void {
    this.lay();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), PAUSE_MS);
  }

  private async look(): Promise<void> {
    const { socket, project, branch } = this.options;
    const name = branch();
    const asked = ++this.asked;
    if (!name) this.stored = {};
    else {
      try {
        const reply = await socket.call('Project/Undoable', { project, branch: name }, { again: true });
        if (asked !== this.asked) return;
        this.stored = { undo: words(reply.undo), redo: words(reply.redo) };
      } catch {
        // Then the platform says so when it is asked to.
        return;
      }
    }
    this.lay();
  }

  /** Lays what this window itself can undo over what the platform can. */
  private lay(): void {
    const { edits, branch } = this.options;
    const name = branch() ?? '';
    const undo = edits.newest(name)?.message ?? this.stored.undo;
    const redo = edits.withdrawn.get().findLast((edit) => edit.branch === name)?.message ?? this.stored.redo;
    const now = this.can.get();
    if (now.undo !== undo || now.redo !== redo) this.can.set({ undo, redo });
  }

  private next(what: 'undo' | 'redo'): Promise<void> {
    const branch = this.options.branch();
    if (!branch) return Promise.resolve();
    const own = () => (what === 'undo' ? this.options.edits.withdraw(branch) : this.options.edits.putBack(branch));
    this.turn = this.turn.then(async () => {
      if (own()) return;
      const under = this.options.edits.newest(branch);
      if (this.options.socket.state.get().link !== 'open') {
        const until = under ? `“${under.message}” is stored` : 'there is a connection';
        this.options.notice('info', `The ${what} waits`, `It follows once ${until}.`);
      }
      await this.options.settled();
      // What was under way may have been refused.
      if (own()) return;
      await this.ask(what, branch);
    });
    return this.turn;
  }

  private async ask(what: 'undo' | 'redo', branch: string): Promise<void> {
    const { socket, project, notice } = this.options;
    const call = socket.call(what === 'undo' ? 'Project/Undo' : 'Project/Redo', { project, branch });
    this.call = call.catch(() => undefined);
    try {
      await call;
    } catch (error) {
      const failure = failureOf(error);
      const places = failure.places.slice(0, 5).join(', ');
      const why = [failure.message + (places ? `: ${places}` : ''), failure.remedy].filter(Boolean).join(' — ');
      if (failure.code === LOST) notice('bad', `Perhaps not ${what}ne`, `${why}. The versions tell.`);
      else notice(failure.code === 'version.conflict' ? 'bad' : 'info', `Nothing ${what}ne`, why);
    }
    this.moved();
  }
}
