// Edits on their way to the store. They are shown at once, kept across lost connections and reloads, sent one
// after the other, and either stored, or refused with a reason and an offer.
import type { Entity, Failure, Version } from '../../contract';
import { CANCELLED, CallError, LOST } from '../../transport/failure';
import { Store } from '../store';
import type { Edit } from './entities';

export type EditState = 'waiting' | 'sending' | 'conflict' | 'refused';

export interface PendingEdit extends Edit {
  id: string;
  branch: string;
  /** The version that the user saw when making it. */
  base: string;
  state: EditState;
  failure?: Failure;
  /** It was sent before, and nobody knows what became of that. */
  tried?: boolean;
}

/** Where edits survive a reload: localStorage, or a Map in tests. */
export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

export type Send = (edit: PendingEdit) => Promise<Version>;

/** Failures after which the same call is simply made again. */
function passing(failure: Failure): boolean {
  return (
    failure.code === LOST ||
    // The line was closed: at the end of a login.
    failure.code === CANCELLED ||
    // Once there is a login again. What its user may not do is said in other words.
    ['auth.failed', 'auth.required', 'auth.expired'].includes(failure.code) ||
    (failure.retryable && failure.code !== 'version.conflict')
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isEdit(value: unknown): value is PendingEdit {
  const edit = value as PendingEdit;
  const texts = [edit?.id, edit?.message, edit?.branch, edit?.base, edit?.state];
  return texts.every(isText) && Array.isArray(edit.put) && Array.isArray(edit.delete);
}

/** Edits from the browser's storage. What is damaged there is passed over; what was being sent is sent once more. */
export function readEdits(text: string | null): PendingEdit[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    const edits = Array.isArray(list) ? list.filter(isEdit) : [];
    return edits.map((edit) => (edit.state === 'sending' ? { ...edit, state: 'waiting', tried: true } : edit));
  } catch {
    return [];
  }
}

export class Edits {
  readonly list: Store<readonly PendingEdit[]>;
  /** Those that were taken back before they were stored, the last one last; until the next edit. */
  readonly withdrawn = new Store<readonly PendingEdit[]>([]);
  private busy = false;
  private stopped = false;

  constructor(
    private readonly key: string,
    private readonly keep: Keep,
    private readonly send: Send,
    private readonly stored: (edit: PendingEdit, version: Version) => void,
    private readonly later: (run: () => void, failure: Failure) => void,
    /** Whether there is a line: without one nothing is under way. */
    private readonly online: () => boolean = () => true,
  ) {
    this.list = new Store<readonly PendingEdit[]>(readEdits(keep.getItem(key)));
  }

  /** Undefined once nothing is sent any more: the edit would be lost. */
  add(edit: Edit & { branch: string; base: string }): string | undefined {
    if (this.stopped) return undefined;
    const id = crypto.randomUUID();
    this.forget();
    this.change([...this.list.get(), { ...edit, id, state: 'waiting' }]);
    void this.flush();
    return id;
  }

  /** Sends nothing any more; what was not stored stays kept. */
  stop(): void {
    this.stopped = true;
  }

  /** Takes over edits that another window left. */
  adopt(edits: readonly PendingEdit[]): void {
    const known = new Set(this.list.get().map((edit) => edit.id));
    this.change([...this.list.get(), ...edits.filter((edit) => !known.has(edit.id))]);
  }

  drop(id: string): void {
    this.change(this.list.get().filter((edit) => edit.id !== id));
    void this.flush();
  }

  /** Takes back the newest edit of a branch, if the store cannot have it. */
  withdraw(branch: string): PendingEdit | undefined {
    const edit = this.newest(branch);
    if (!edit || edit.state === 'sending' || edit.tried) return undefined;
    this.withdrawn.update((list) => [...list, edit]);
    this.drop(edit.id);
    return edit;
  }

  /** Makes the edit of a branch that was taken back last anew. */
  putBack(branch: string): PendingEdit | undefined {
    const edit = this.withdrawn.get().findLast((one) => one.branch === branch);
    if (!edit) return undefined;
    this.withdrawn.update((list) => list.filter((one) => one !== edit));
    this.change([...this.list.get(), { ...edit, state: 'waiting', failure: undefined }]);
    void this.flush();
    return edit;
  }

  /** A new edit ends what could be put back. */
  private forget(): void {
    if (this.withdrawn.get().length > 0) this.withdrawn.set([]);
  }

  newest(branch: string): PendingEdit | undefined {
    return this.list.get().findLast((edit) => edit.branch === branch);
  }

  /** Sends a refused edit once more, on another base or branch. */
  again(id: string, where: { branch?: string; base: string }): void {
    this.replace(id, (edit) => ({ ...edit, ...where, state: 'waiting', failure: undefined, tried: undefined }));
    void this.flush();
  }

  /** Sends what waits, in order. An edit that is refused holds up those behind it on the same branch. */
  async flush(): Promise<void> {
    if (this.busy || this.stopped || !this.online()) return;
    this.busy = true;
    try {
      for (let edit = this.next(); edit && !this.stopped && this.online(); edit = this.next())
        if (!(await this.attempt(edit))) break;
    } finally {
      this.busy = false;
    }
  }

  private next(): PendingEdit | undefined {
    const stuck = new Set<string>();
    for (const edit of this.list.get()) {
      if (edit.state === 'waiting' && !stuck.has(edit.branch)) return edit;
      stuck.add(edit.branch);
    }
    return undefined;
  }

  private async attempt(edit: PendingEdit): Promise<boolean> {
    this.replace(edit.id, (now) => ({ ...now, state: 'sending' }));
    try {
      const version = await this.send(edit);
      // Those made after it were made on top of it.
      const rest = this.list.get().filter((other) => other.id !== edit.id);
      const onTop = (other: PendingEdit) => other.branch === edit.branch && other.base === edit.base;
      const move = (other: PendingEdit) => (onTop(other) ? { ...other, base: version.id } : other);
      if (this.withdrawn.get().some(onTop)) this.withdrawn.update((list) => list.map(move));
      this.change(rest.map(move));
      if (this.stopped) this.write(readEdits(this.keep.getItem(this.key)).filter((other) => other.id !== edit.id));
      this.stored(edit, version);
      return true;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const { failure } = error;
      if (passing(failure)) {
        this.replace(edit.id, (now) => ({
          ...now,
          state: 'waiting',
          tried: now.tried || [LOST, CANCELLED].includes(failure.code),
        }));
        this.later(() => void this.flush(), failure);
        return false;
      }
      const state = failure.code === 'version.conflict' ? 'conflict' : 'refused';
      this.replace(edit.id, (now) => ({ ...now, state, failure, tried: undefined }));
      return true;
    }
  }

  private replace(id: string, change: (edit: PendingEdit) => PendingEdit): void {
    this.change(this.list.get().map((edit) => (edit.id === id ? change(edit) : edit)));
  }

  private change(list: readonly PendingEdit[]): void {
    this.list.set(list);
    // What is kept belongs to whoever has opened the project since.
    if (!this.stopped) this.write(list);
  }

  private write(list: readonly PendingEdit[]): void {
    try {
      if (list.length === 0) this.keep.removeItem(this.key);
      else this.keep.setItem(this.key, JSON.stringify(list));
    } catch {
      // A full or forbidden storage only costs the safety against a reload.
    }
  }
}

/** A new entity, or an old one with new properties, as a commit takes it. */
export function entity(
  path: string,
  kind: string,
  properties: object,
  old?: Entity,
  blobs: { [name: string]: string } = {},
): Entity {
  return {
    id: old?.id ?? '',
    kind,
    path,
    properties: JSON.stringify(properties),
    references: old?.references ?? [],
    blobs: { ...old?.blobs, ...blobs },
  };
}
