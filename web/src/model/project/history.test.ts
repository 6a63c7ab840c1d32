import { beforeEach, expect, test } from 'vitest';
import { type Methods, REPLIES, read, type Version } from '../../contract';
import { CallError } from '../../transport/failure';
import type { Socket } from '../../transport/socket';
import { History, renewed } from './history';

/** A line of versions: number n follows n − 1, and was made then. */
const version = (n: number): Version =>
  read('Version', { id: `v${n}`, parents: n > 1 ? [`v${n - 1}`] : [], timeMs: n });
let newest: number;
let oldest: number;
let asked: string[];
let history: History;

beforeEach(() => {
  [newest, oldest, asked] = [1200, 1, []];
  const call = async (method: keyof Methods, body: { from?: string; limit?: number }) => {
    if (method === 'Project/Branches') return read('BranchesReply', {});
    const from = body.from ? Number(body.from.slice(1)) : newest;
    asked.push(body.from ?? '');
    if (from < oldest) throw new CallError({ code: 'not-found', message: 'pruned' });
    const count = Math.min(body.limit ?? 0, from - oldest + 1);
    return read(REPLIES[method], { versions: Array.from({ length: count }, (_, at) => version(from - at)) });
  };
  history = new History({ call } as unknown as Socket, 'p');
});

const count = () => history.versions.get().length;

test('older versions come page by page, down to the first one', async () => {
  await history.load();
  expect([count(), history.more.get()]).toEqual([500, true]);
  await history.older();
  await history.older();
  expect([count(), history.more.get()]).toEqual([1200, false]);
  expect(asked).toEqual(['', 'v700', 'v200']);
  expect(history.versions.get().map((one) => one.timeMs)).toEqual(Array.from({ length: 1200 }, (_, at) => 1200 - at));
  // Nothing is lost when the newest are read anew, also where they have moved on meanwhile.
  newest = 1300;
  await history.load();
  expect([count(), history.more.get()]).toEqual([1300, false]);
});

test('a line whose beginning is gone ends there', async () => {
  oldest = 701;
  await history.load();
  await history.older();
  expect([count(), history.more.get()]).toEqual([500, false]);
});

test('where all fit into one answer, what was known before is replaced', () => {
  expect(renewed([version(3), version(1)], [version(2), version(1)], true).map((one) => one.id)).toEqual(['v2', 'v1']);
});

test('a branch is known to be where it has come to', async () => {
  history.reach('main', version(1201));
  expect([history.head('main'), count()]).toEqual(['v1201', 1]);
});
