import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CallError, LOST } from './failure';
import { Socket, type Wire } from './socket';

class FakeWire implements Wire {
  sent: Record<string, unknown>[] = [];
  onopen: Wire['onopen'] = null;
  onclose: Wire['onclose'] = null;
  onmessage: Wire['onmessage'] = null;
  onerror: Wire['onerror'] = null;
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  say(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let wires: FakeWire[];
let signedIn: boolean;
let socket: Socket;
const last = () => wires[wires.length - 1] as FakeWire;

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  signedIn = true;
  socket = new Socket({
    open: () => {
      wires.push(new FakeWire());
      return last();
    },
    signedIn: async () => signedIn,
    pause: (attempt) => 100 * 2 ** attempt,
  });
  socket.start();
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
});

const open = () => last().onopen?.({} as never);
const fall = () => last().onclose?.({} as never);

test('a call waits for the connection and resolves with its item', async () => {
  const answer = socket.call('Project/GetProject', { project: 'p' });
  expect(last().sent).toEqual([]);
  open();
  expect(last().sent[0]).toMatchObject({ call: 'Project/GetProject', body: { project: 'p' } });
  const { id } = last().sent[0] as { id: number };
  last().say({ id, item: { id: 'p', changedMs: '5' } });
  last().say({ id, end: true });
  expect((await answer).changedMs).toBe(5);
});

test('calls are told apart by number, errors carry the failure', async () => {
  open();
  const one = socket.call('Project/Undo', { project: 'a' });
  const two = socket.call('Project/Redo', { project: 'a' });
  const ids = last().sent.map((frame) => frame.id);
  last().say({ id: ids[1], error: { code: 'version.nothing-to-redo', message: 'nothing to redo' } });
  last().say({ id: ids[0], item: { id: 'v' }, end: true });
  await expect(two).rejects.toMatchObject({ failure: { code: 'version.nothing-to-redo' } });
  expect((await one).id).toBe('v');
});

test('after a loss, reads are asked again and writes fail as lost', async () => {
  open();
  const reading = socket.call('Project/GetProject', { project: 'p' });
  const writing = socket.call('Project/Undo', { project: 'p' }).catch((error: CallError) => error.code);
  fall();
  expect(await writing).toBe(LOST);
  expect(socket.state.get().link).toBe('waiting');
  await vi.advanceTimersByTimeAsync(100);
  open();
  const again = last().sent;
  expect(again.map((frame) => frame.call)).toEqual(['Project/GetProject']);
  last().say({ id: again[0]?.id, item: { name: 'x' }, end: true });
  expect((await reading).name).toBe('x');
});

test('what is asked in the moment in which the line opens is asked once', async () => {
  const stop = socket.state.subscribe(() => {
    if (socket.state.get().link === 'open') void socket.call('Project/Commit', { project: 'p' }).catch(() => undefined);
  });
  open();
  stop();
  expect(last().sent.map((frame) => frame.call)).toEqual(['Project/Commit']);
});

test('pauses grow with each failed try', async () => {
  fall();
  await vi.advanceTimersByTimeAsync(100);
  expect(wires).toHaveLength(2);
  fall();
  await vi.advanceTimersByTimeAsync(150);
  expect(wires).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(50);
  expect(wires).toHaveLength(3);
});

test('an ended login is told, and calls fail instead of waiting for ever', async () => {
  signedIn = false;
  const reading = socket.call('Project/GetProject', { project: 'p' }).catch((error: CallError) => error.code);
  fall();
  await vi.advanceTimersByTimeAsync(100);
  expect(socket.state.get().link).toBe('signed-out');
  expect(await reading).toBe('auth.required');
});

test('a call that is refused for want of a login makes it look whether there is one', async () => {
  open();
  const refuse = async () => {
    const call = socket.call('Project/Undo', { project: 'a' }).catch((error: CallError) => error.code);
    const { id } = last().sent.at(-1) as { id: number };
    last().say({ id, error: { code: 'auth.failed', message: 'no' } });
    expect(await call).toBe('auth.failed');
    await vi.advanceTimersByTimeAsync(1);
  };
  await refuse();
  expect(socket.state.get().link).toBe('open');
  signedIn = false;
  await refuse();
  expect(socket.state.get().link).toBe('signed-out');
});

test('a silent connection is asked, and dropped when it does not answer', async () => {
  open();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(last().sent.map((frame) => frame.call)).toEqual(['Authorization/WhoAmI']);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(socket.state.get().link).not.toBe('open');
});

test('ending a stream tells the other side', async () => {
  open();
  const stop = new AbortController();
  const seen: number[] = [];
  const end = socket.stream('Project/Watch', { project: 'p' }, (event) => seen.push(event.number), {
    signal: stop.signal,
  });
  const { id } = last().sent[0] as { id: number };
  last().say({ id, item: { number: '3' } });
  stop.abort();
  await expect(end).rejects.toBeInstanceOf(CallError);
  expect(seen).toEqual([3]);
  expect(last().sent[1]).toEqual({ id, cancel: true });
});

test('frames that make no sense are passed over', () => {
  open();
  last().onmessage?.({ data: '{' });
  last().say({ id: 99, item: {} });
  last().say(null);
  expect(socket.state.get().link).toBe('open');
});
