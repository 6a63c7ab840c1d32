import { beforeEach, describe, expect, test } from 'vitest';
import { type Entity, type Methods, REPLIES, read, type Version } from '../../contract';
import { CANCELLED, CallError, LOST } from '../../transport/failure';
import type { LinkState, Socket } from '../../transport/socket';
import { Store } from '../store';
import { overlay, without } from './entities';
import type { KeyedKeep } from './keep';
import { Edits, entity, type PendingEdit } from './pending';
import { duration, withRun, withUpdate } from './runs';
import { ProjectSession } from './session';

const one = (path: string, properties: object = {}): Entity => ({ ...entity(path, 'k', properties), id: `id ${path}` });
const map = (...list: Entity[]) => new Map(list.map((item) => [item.path, item]));
const version = (id: string, ...parents: string[]): Version => read('Version', { id, parents, created: true });

class Kept implements KeyedKeep {
  readonly map = new Map<string, string>();
  length = 0;
  key = () => null;
  getItem = (key: string) => this.map.get(key) ?? null;
  setItem = (key: string, text: string) => void this.map.set(key, text);
  removeItem = (key: string) => void this.map.delete(key);
}

describe('entities', () => {
  test('edits lie over what is stored', () => {
    const base = map(one('a/x'), one('a/y'), one('b'));
    expect([...without(base, ['a/**']).keys()]).toEqual(['b']);
    const edited = overlay(base, [{ message: '', put: [entity('b', 'k', { v: 1 })], delete: ['a/x'] }]);
    expect([...edited.keys()]).toEqual(['a/y', 'b']);
    expect(edited.get('b')).toMatchObject({ id: 'id b', properties: '{"v":1}' });
  });
});

describe('edits on their way', () => {
  let answers: ((edit: PendingEdit) => Promise<Version>)[];
  let sent: PendingEdit[];
  let later: (() => void)[];
  let kept: Kept;
  const make = () =>
    new Edits(
      'key',
      kept,
      (edit) => {
        sent.push(edit);
        return (answers.shift() ?? (async () => version('v')))(edit);
      },
      () => undefined,
      (run) => later.push(run),
    );
  const refuse =
    (code: string, retryable = false) =>
    async () => {
      throw new CallError({ code, message: code, retryable });
    };
  const edit = (message: string, base = 'v0') => ({ message, put: [], delete: ['a'], branch: 'main', base });
  const turn = () => new Promise((done) => setTimeout(done));

  beforeEach(() => {
    [answers, sent, later, kept] = [[], [], [], new Kept()];
  });

  test('are sent in order, each on the version that the one before made', async () => {
    const edits = make();
    answers = [async () => version('v1'), async () => version('v2')];
    edits.add(edit('one'));
    edits.add(edit('two'));
    await turn();
    expect(sent.map((item) => [item.message, item.base])).toEqual([
      ['one', 'v0'],
      ['two', 'v1'],
    ]);
    expect(edits.list.get()).toEqual([]);
    expect(kept.map.size).toBe(0);
  });

  test('outlive a lost connection and a reload', async () => {
    const edits = make();
    answers = [refuse(LOST, true)];
    edits.add(edit('one'));
    await turn();
    expect(edits.list.get()[0]?.state).toBe('waiting');
    const again = make();
    expect(again.list.get()[0]?.message).toBe('one');
    await again.flush();
    expect(again.list.get()).toEqual([]);
    expect(later).toHaveLength(1);
  });

  test('stop at a conflict until it is decided', async () => {
    const edits = make();
    answers = [refuse('version.conflict', true)];
    edits.add(edit('one'));
    edits.add(edit('two'));
    await turn();
    expect(edits.list.get().map((item) => item.state)).toEqual(['conflict', 'waiting']);
    expect(sent).toHaveLength(1);
    edits.again(edits.list.get()[0]?.id ?? '', { base: 'v9' });
    await turn();
    expect(sent.map((item) => [item.message, item.base])).toEqual([
      ['one', 'v0'],
      ['one', 'v9'],
      ['two', 'v0'],
    ]);
  });

  test('that are refused can be dropped', async () => {
    const edits = make();
    answers = [refuse('input.invalid')];
    const id = edits.add(edit('one'));
    await turn();
    expect(edits.list.get()[0]).toMatchObject({ state: 'refused', failure: { code: 'input.invalid' } });
    edits.drop(id ?? '');
    expect(edits.list.get()).toEqual([]);
  });

  test('of a project that was closed are refused, and never overwrite those of the next opening', async () => {
    const old = make();
    let end = (_: Version) => undefined as unknown;
    answers = [() => new Promise((done) => (end = done))];
    old.add(edit('under way'));
    old.stop();
    expect(old.add(edit('too late'))).toBeUndefined();
    const next = make();
    expect(next.list.get()).toMatchObject([{ message: 'under way', state: 'waiting', tried: true }]);
    answers = [() => new Promise(() => undefined)];
    next.add(edit('new'));
    // The old one's answer comes after all.
    end(version('v1'));
    await turn();
    expect(make().list.get()).toMatchObject([{ message: 'new' }]);
  });

  test('whose line is closed at the end of a login are sent with the next one', async () => {
    const edits = make();
    answers = [refuse(CANCELLED)];
    edits.add(edit('one'));
    await turn();
    expect(make().list.get()).toMatchObject([{ message: 'one', state: 'waiting', tried: true }]);
  });

  test('a damaged store of edits is no edits', () => {
    kept.setItem('key', '{');
    expect(make().list.get()).toEqual([]);
  });
});

describe('runs', () => {
  const run = (revision: number, state = 'RUN_STATE_RUNNING') => read('Run', { id: 'r', revision, state });

  test('an older record never replaces a newer one', () => {
    const runs = withRun(withRun(new Map(), run(3)), run(2, 'RUN_STATE_QUEUED'));
    expect(runs.get('r')?.run.state).toBe('RUN_STATE_RUNNING');
  });

  test('points and lines gather', () => {
    let runs = withRun(new Map(), run(1));
    const about = { curve: 'e', unit: 'dB', xName: 'time', xUnit: 's' };
    for (const x of [1, 2]) runs = withUpdate(runs, 'r', read('RunUpdate', { point: { ...about, x, y: -x } }), 0);
    runs = withUpdate(runs, 'r', read('RunUpdate', { log: 'hello', level: 'WARN' }), 7);
    const drawn = { name: 'e', unit: 'dB', xName: 'time', xUnit: 's', x: [1, 2], y: [-1, -2] };
    expect(runs.get('r')?.curves.get('e')).toEqual(drawn);
    // A record without curves takes none away; one with them, as is kept with a run, brings them.
    expect(
      withRun(runs, read('Run', { id: 'r', revision: 9 }))
        .get('r')
        ?.curves.get('e'),
    ).toEqual(drawn);
    const whole = read('Run', { id: 'k', curves: [{ ...drawn, x: [5], y: [6] }] });
    expect(withRun(runs, whole).get('k')?.curves.get('e')?.x).toEqual([5]);
    expect(runs.get('r')?.lines[0]).toMatchObject({ text: 'hello', level: 'WARN', timeMs: 7 });
    expect(withUpdate(runs, 'other', read('RunUpdate', {}), 0)).toBe(runs);
  });

  test('durations', () => {
    expect(
      ['0.5 s', '59 s', '1 min 5 s', '2 h 1 min', ''].map((_, at) => duration([0.5, 59, 65, 7260, -1][at] as number)),
    ).toEqual(['0.5 s', '59 s', '1 min 5 s', '2 h 1 min', '']);
  });
});

/** A platform of one project, as far as a session asks it. */
class FakeSocket {
  state = new Store<LinkState>({ link: 'open', retryAt: 0 });
  at = new Map<string, Map<string, Entity>>([['v1', map(one('a', { n: 1 }), one('b'))]]);
  watch: ((item: unknown) => void) | undefined;
  asked: string[] = [];
  head = 'v1';
  standing = 1;
  sent: Record<string, unknown>[] = [];
  /** What happens before the watch stands. */
  before = () => undefined as unknown;

  call = async (method: keyof Methods, body: Record<string, unknown>) => {
    this.asked.push(method);
    const answers: Partial<Record<keyof Methods, unknown>> = {
      'Project/GetProject': { id: 'p', name: 'P', head: 'v1', right: 'RIGHT_EDITOR' },
      'Project/Branches': { branches: this.head ? [{ name: 'main', version: this.head }] : [] },
      'Project/Versions': { versions: [{ id: 'v1' }] },
      'GlobalSession/OpenSession': { id: 's' },
    };
    if (method === 'Project/Commit') {
      this.sent.push(body);
      return { ...version('v2', 'v1'), message: String(body.message) };
    }
    return answers[method] ?? {};
  };

  stream = async (method: keyof Methods, body: Record<string, unknown>, onItem: (item: unknown) => void) => {
    if (method === 'Project/Watch') {
      this.watch = onItem;
      await this.before();
      onItem(read('Event', { standing: this.standing }));
      await new Promise(() => undefined);
    }
    const all = [...(this.at.get(String(body.version))?.values() ?? [])];
    const paths = body.paths as string[];
    onItem({
      version: body.version,
      entities: paths.length > 0 ? all.filter((item) => paths.includes(item.path)) : all,
    });
  };
}

/** An open session on a socket; answers pass through the same reading as those of a real one. */
async function opened(socket: FakeSocket): Promise<ProjectSession> {
  const call = socket.call;
  socket.call = async (method, body) => read(REPLIES[method], await call(method, body)) as never;
  const session = new ProjectSession({
    socket: socket as unknown as Socket,
    project: 'p',
    client: 'me',
    user: 'u',
    keep: new Kept(),
    notice: () => undefined,
  });
  await session.open('main', '');
  return session;
}

describe('an open project', () => {
  let socket: FakeSocket;
  let session: ProjectSession;
  const turn = () => new Promise((done) => setTimeout(done, 5));
  const told = (number: number, id: string, parent: string, ...paths: string[]) =>
    socket.watch?.(read('Event', { number, version: { branch: 'main', version: { id, parents: [parent] }, paths } }));

  beforeEach(async () => {
    socket = new FakeSocket();
    session = await opened(socket);
  });

  test('a right that was taken is noticed when the store refuses, and by who looks', async () => {
    const { call } = socket;
    let right = 'RIGHT_VIEWER';
    socket.call = (async (method: keyof Methods, body: Record<string, unknown>) => {
      if (method === 'Project/GetProject') return read('ProjectInfo', { id: 'p', name: 'P', right });
      if (method === 'Project/Commit') throw new CallError({ code: 'auth.denied', message: 'you may only look' });
      return call(method, body);
    }) as never;
    expect(session.mayEdit).toBe(true);
    session.commit({ message: 'one', put: [one('a', { n: 2 })], delete: [] });
    await turn();
    expect(session.mayEdit).toBe(false);
    right = 'RIGHT_EDITOR';
    await session.lookAtRight();
    expect(session.mayEdit).toBe(true);
  });

  test('a session that has ended is opened anew, and what was asked for is asked once more', async () => {
    const { call } = socket;
    const acted: unknown[] = [];
    let id = 's';
    socket.call = (async (method: keyof Methods, body: Record<string, unknown>, options: { session?: string }) => {
      if (method === 'GlobalSession/OpenSession') return read('Session', { id });
      if (method !== 'LocalSession/Act') return call(method, body);
      acted.push([options.session, body.requestId]);
      if (options.session !== id) throw new CallError({ code: 'not-found', message: 'there is no session s' });
      return read('Run', { id: 'r', action: 'fit.solve', state: 'RUN_STATE_QUEUED' });
    }) as never;
    await session.act('fit.solve', 'solvers/a');
    id = 'next';
    await session.act('fit.solve', 'solvers/a');
    expect(acted.map((one) => (one as string[])[0])).toEqual(['s', 's', 'next']);
    // The same wish, so that it is not done twice.
    expect((acted[1] as string[])[1]).toBe((acted[2] as string[])[1]);
    expect(session.compute.id.get()).toBe('next');
    expect(session.runs.get().has('r')).toBe(true);
  });

  test('what is not found in a session that stands is told', async () => {
    socket.call = (async (method: keyof Methods) => {
      if (method === 'GlobalSession/OpenSession') return read('Session', { id: 's' });
      throw new CallError({ code: 'not-found', message: 'there is no run r' });
    }) as never;
    await expect(session.cancel('r')).rejects.toThrow('there is no run r');
  });

  test('nothing is computed while a change on the branch waits for a decision', async () => {
    const { call } = socket;
    socket.call = (async (method: keyof Methods, body: Record<string, unknown>) => {
      if (method === 'Project/Commit') throw new CallError({ code: 'version.conflict', message: 'others were first' });
      return call(method, body);
    }) as never;
    session.commit({ message: 'one', put: [one('a', { n: 2 })], delete: [] });
    session.commit({ message: 'two', put: [one('b', { n: 2 })], delete: [] });
    await expect(session.act('fit.solve', 'solvers/a')).rejects.toThrow('“one” was not stored');
    expect(socket.asked).not.toContain('LocalSession/Act');
    // One on another branch does not matter.
    await session.show('other', 'v1');
    await session.act('fit.solve', 'solvers/a');
    expect(socket.asked).toContain('LocalSession/Act');
  });

  test('what is committed while it opens is shown', async () => {
    const slow = new FakeSocket();
    slow.before = () => {
      slow.head = 'v2';
      slow.at.set('v2', map(one('new')));
    };
    expect([...(await opened(slow)).entities.get().keys()]).toEqual(['new']);
  });

  test('what was committed while nothing had been seen and the connection was gone is shown', async () => {
    const empty = new FakeSocket();
    empty.head = '';
    empty.standing = 0;
    const project = await opened(empty);
    expect(project.entities.get().size).toBe(0);
    empty.head = 'v2';
    empty.at.set('v2', map(one('new')));
    empty.watch?.(read('Event', { standing: 7 }));
    await turn();
    expect([...project.entities.get().keys()]).toEqual(['new']);
  });

  test('a change of an empty project says that it was made on nothing', async () => {
    const empty = new FakeSocket();
    empty.head = '';
    const project = await opened(empty);
    project.commit({ message: 'm', put: [entity('a', 'k', {})], delete: [] });
    await turn();
    expect(empty.sent[0]?.base).toBe('0'.repeat(64));
  });

  test('a new entity has its id before it is sent, so that sending it twice is no conflict', async () => {
    session.commit({ message: 'm', put: [entity('new', 'k', {}), entity('a', 'k', {})], delete: [] });
    await turn();
    const put = socket.sent[0]?.put as Entity[];
    expect(put[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(put[1]?.id).toBe('id a');
  });

  test('an event from before its own version does not take it back', async () => {
    socket.at.set('v2', map(one('a', { n: 2 })));
    session.commit({ message: 'm', put: [entity('a', 'k', { n: 2 })], delete: [] });
    await turn();
    const seen: string[] = [];
    session.shown.subscribe(() => seen.push(session.shown.get().version));
    // Somebody else's, on which the platform put this window's.
    told(2, 'v1b', 'v1', 'b');
    told(3, 'v2', 'v1b', 'a');
    await turn();
    expect(seen).toEqual([]);
    // An undo comes afterwards, and counts.
    socket.head = 'v1b';
    socket.at.set('v1b', map(one('a'), one('b', { n: 9 })));
    told(4, 'v1b', 'v1', 'a');
    await turn();
    expect(session.shown.get().version).toBe('v1b');
    expect(session.entities.get().get('b')?.properties).toBe('{"n":9}');
  });

  test('versions that come in a row while one is loaded are all shown', async () => {
    socket.at.set('v2', map(one('a', { n: 5 }), one('b')));
    socket.at.set('v3', map(one('a', { n: 5 }), one('b', { n: 6 })));
    told(2, 'v2', 'v1', 'a');
    told(3, 'v3', 'v2', 'b');
    await turn();
    expect([...session.entities.get().values()].map((item) => item.properties)).toEqual(['{"n":5}', '{"n":6}']);
  });

  test('shows the head of its branch', () => {
    expect(session.ready.get()).toBe('ready');
    expect(session.shown.get()).toEqual({ branch: 'main', version: 'v1', live: true });
    expect([...session.entities.get().keys()]).toEqual(['a', 'b']);
  });

  test('an edit is on the screen before it is stored, and stays', async () => {
    session.commit({ message: 'm', put: [entity('a', 'k', { n: 2 })], delete: ['b'] });
    expect(session.entities.get().get('a')?.properties).toBe('{"n":2}');
    socket.at.set('v2', map(one('a', { n: 2 })));
    await turn();
    expect(session.edits.list.get()).toEqual([]);
    expect([...session.entities.get().keys()]).toEqual(['a']);
    expect(session.shown.get().version).toBe('v2');
  });

  test('versions of others bring what they changed, and nothing else is asked for', async () => {
    socket.at.set('v2', map(one('a', { n: 5 }), one('b')));
    socket.asked = [];
    socket.watch?.(
      read('Event', { number: 3, version: { branch: 'main', version: { id: 'v2', parents: ['v1'] }, paths: ['a'] } }),
    );
    await turn();
    expect(session.entities.get().get('a')?.properties).toBe('{"n":5}');
    expect(socket.asked).not.toContain('Project/Versions');
  });

  test('a version whose parent was missed makes it load all anew', async () => {
    socket.at.set('v3', map(one('c')));
    socket.head = 'v3';
    socket.watch?.(
      read('Event', { number: 4, version: { branch: 'main', version: { id: 'v3', parents: ['v2'] }, paths: ['c'] } }),
    );
    await turn();
    expect([...session.entities.get().keys()]).toEqual(['c']);
  });

  test('after a start-over it reads where its branch stands by now', async () => {
    socket.at.set('v7', map(one('z')));
    const call = socket.call;
    socket.call = async (method, body) =>
      method === 'Project/Branches'
        ? (read('BranchesReply', { branches: [{ name: 'main', version: 'v7' }] }) as never)
        : call(method, body);
    socket.watch?.(read('Event', { startOver: 90 }));
    await turn();
    await turn();
    expect(session.shown.get().version).toBe('v7');
    expect([...session.entities.get().keys()]).toEqual(['z']);
  });

  test('an older version is looked at, not changed', async () => {
    socket.at.set('v0', map(one('old')));
    await session.show('main', 'v0');
    expect([...session.entities.get().keys()]).toEqual(['old']);
    session.commit({ message: 'm', put: [], delete: ['old'] });
    expect(session.edits.list.get()).toEqual([]);
    socket.watch?.(
      read('Event', { number: 5, version: { branch: 'main', version: { id: 'v9', parents: ['v1'] }, paths: ['a'] } }),
    );
    await turn();
    expect(session.shown.get().version).toBe('v0');
  });

  test('others come and go', () => {
    socket.watch?.(read('Event', { presence: { user: 'bob', client: 'x', selection: ['a'] } }));
    socket.watch?.(read('Event', { presence: { user: 'me', client: 'me', selection: ['b'] } }));
    expect([...session.others.get().values()].map((other) => other.user)).toEqual(['bob']);
    socket.watch?.(read('Event', { presence: { user: 'bob', client: 'x', gone: true } }));
    expect(session.others.get().size).toBe(0);
  });
});
