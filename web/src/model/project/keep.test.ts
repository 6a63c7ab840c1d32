import { expect, test } from 'vitest';
import { adopt, claim, type KeyedKeep, keyOf, type Locks } from './keep';
import type { PendingEdit } from './pending';

class Storage implements KeyedKeep {
  readonly map = new Map<string, string>();
  get length() {
    return this.map.size;
  }
  key = (index: number) => [...this.map.keys()][index] ?? null;
  getItem = (key: string) => this.map.get(key) ?? null;
  setItem = (key: string, text: string) => void this.map.set(key, text);
  removeItem = (key: string) => void this.map.delete(key);
}

class FakeLocks implements Locks {
  readonly held: { name: string }[] = [];
  request = (name: string, run: () => Promise<unknown>) => {
    this.held.push({ name });
    return run();
  };
  query = async () => ({ held: this.held });
}

const edit = (message: string): PendingEdit => ({
  id: message,
  message,
  branch: 'main',
  base: 'v1',
  state: 'sending',
  put: [],
  delete: ['a'],
});

test('edits of closed windows are taken over, those of open ones and of other people are not', async () => {
  const [storage, locks] = [new Storage(), new FakeLocks()];
  for (const [user, project, client] of [
    ['ada', 'p', 'open'],
    ['ada', 'p', 'closed'],
    ['ada', 'other', 'closed'],
    ['eve', 'p', 'closed'],
  ] as const)
    storage.setItem(keyOf(user, project, client), JSON.stringify([edit(`${user} ${project} ${client}`)]));
  claim('open', locks);
  const taken: PendingEdit[] = [];
  await adopt('ada', 'p', storage, locks, (edits) => taken.push(...edits));
  expect(taken.map((one) => [one.message, one.state])).toEqual([['ada p closed', 'waiting']]);
  expect(storage.map.size).toBe(3);
});

test('without locks nothing is taken, and nothing is lost', async () => {
  const storage = new Storage();
  storage.setItem(keyOf('ada', 'p', 'x'), JSON.stringify([edit('one')]));
  await adopt('ada', 'p', storage, undefined, () => expect.unreachable());
  expect(storage.map.size).toBe(1);
});
