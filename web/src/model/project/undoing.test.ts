import { beforeEach, expect, test } from 'vitest';
import { type Methods, REPLIES, read, type Version } from '../../contract';
import { CallError, LOST } from '../../transport/failure';
import type { LinkState, Socket } from '../../transport/socket';
import { Store } from '../store';
import { Edits, type Keep } from './pending';
import { Undoing } from './undoing';

const version = (id: string, message = ''): Version => read('Version', { id, message });
const keep: Keep = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
const turn = () => new Promise((done) => setTimeout(done));

let link: Store<LinkState>;
let asked: string[];
let answer: (method: keyof Methods) => Promise<unknown>;
/** Ends the sending of the edit that is under way. */
let send: ((how: Version | CallError) => void)[];
let told: string[];
let edits: Edits;
let undoing: Undoing;

beforeEach(() => {
  link = new Store<LinkState>({ link: 'open', retryAt: 0 });
  [asked, send, told] = [[], [], []];
  answer = async () => ({});
  edits = new Edits(
    'key',
    keep,
    (edit) => {
      asked.push(edit.message);
      return new Promise((done, fail) => {
        send.push((how) => (how instanceof CallError ? fail(how) : done(how)));
      });
    },
    () => undefined,
    () => undefined,
    () => link.get().link === 'open',
  );
  const call = async (method: keyof Methods) => {
    asked.push(method);
    return read(REPLIES[method], await answer(method));
  };
  undoing = new Undoing({
    socket: { state: link, call } as unknown as Socket,
    project: 'p',
    edits,
    branch: () => 'main',
    settled: async () => {
      while (edits.list.get().some((edit) => ['waiting', 'sending'].includes(edit.state))) await turn();
    },
    notice: (_, title, text) => told.push(`${title}: ${text}`),
  });
});

const add = (message: string) => edits.add({ message, put: [], delete: ['a'], branch: 'main', base: 'v0' });
const listed = () => edits.list.get().map((edit) => [edit.message, edit.base]);
const offline = () => link.set({ link: 'waiting', retryAt: 0 });

test('what is not sent yet is taken back before all else, and put back', async () => {
  offline();
  add('one');
  add('two');
  await undoing.undo();
  expect(listed()).toEqual([['one', 'v0']]);
  await undoing.undo();
  expect(listed()).toEqual([]);
  await undoing.redo();
  expect(listed()).toEqual([['one', 'v0']]);
  expect(asked).toEqual([]);
  // What was put back goes on like any edit, and what follows it is made upon it.
  link.set({ link: 'open', retryAt: 0 });
  void edits.flush();
  await turn();
  send.pop()?.(version('v1'));
  await turn();
  await undoing.redo();
  expect(listed()).toEqual([['two', 'v1']]);
  // A new edit ends the redo.
  offline();
  await turn();
  add('three');
  expect(edits.withdrawn.get()).toEqual([]);
});

test('what is under way is stored first, then undone by the platform', async () => {
  add('one');
  const done = undoing.undo();
  await turn();
  expect(asked).toEqual(['one']);
  send.pop()?.(version('v1'));
  await done;
  expect(asked).toEqual(['one', 'Project/Undo']);
});

test('what may be stored already, though its answer was lost, is not taken for withdrawn', async () => {
  add('one');
  await turn();
  offline();
  send.pop()?.(new CallError({ code: LOST, retryable: true }));
  await turn();
  const done = undoing.undo();
  await turn();
  expect(listed()).toEqual([['one', 'v0']]);
  expect(told).toEqual(['The undo waits: It follows once “one” is stored.']);
  link.set({ link: 'open', retryAt: 0 });
  void edits.flush();
  await turn();
  send.pop()?.(version('v1'));
  await done;
  expect(asked).toEqual(['one', 'one', 'Project/Undo']);
});

test('an edit that the store refuses is what an undo takes back', async () => {
  add('one');
  const done = undoing.undo();
  await turn();
  send.pop()?.(new CallError({ code: 'input.invalid' }));
  await done;
  expect(listed()).toEqual([]);
  expect(asked).toEqual(['one']);
});

test('one step comes after the other, and edits that follow wait for it', async () => {
  let end: () => void = () => undefined;
  answer = () => new Promise((done) => (end = () => done({})));
  const first = undoing.undo();
  const second = undoing.redo();
  await turn();
  expect(asked).toEqual(['Project/Undo']);
  let idle = false;
  void undoing.idle().then(() => (idle = true));
  await turn();
  expect(idle).toBe(false);
  end();
  await first;
  await turn();
  expect([idle, asked]).toEqual([true, ['Project/Undo', 'Project/Redo']]);
  end();
  await second;
});

test('a refusal names what others have changed', async () => {
  answer = async () => {
    throw new CallError({ code: 'version.conflict', message: 'others were here', places: ['a/b'], remedy: 'look' });
  };
  await undoing.undo();
  expect(told).toEqual(['Nothing undone: others were here: a/b — look']);
});

test('it says what can be undone and redone, its own edits first', async () => {
  answer = async () => ({ undo: { id: 'v1', message: 'Set w' }, redo: { id: 'v2' } });
  undoing.moved();
  await expect.poll(() => undoing.can.get()).toEqual({ undo: 'Set w', redo: 'v2' });
  offline();
  add('one');
  undoing.moved();
  expect(undoing.can.get()).toEqual({ undo: 'one', redo: 'v2' });
  await undoing.undo();
  undoing.moved();
  expect(undoing.can.get()).toEqual({ undo: 'Set w', redo: 'one' });
  undoing.close();
});
