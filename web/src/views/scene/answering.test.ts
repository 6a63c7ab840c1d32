import { expect, test, vi } from 'vitest';
import { Answering } from './answering';

vi.mock('../../shell/build', () => ({ look: async () => undefined }));

type Asked = { id: number; question: string };
type Answered = { id: number; answer: string } | { id: number; fault: string };

class FakeWorker {
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onerror: () => void = () => undefined;
  asked: Asked[] = [];
  ended = false;
  postMessage = (message: Asked) => this.asked.push(message);
  terminate = () => {
    this.ended = true;
  };
}

test('answers find who asked, in any order; faults are told', async () => {
  const worker = new FakeWorker();
  const line = new Answering<Asked, Answered>(() => worker as unknown as Worker);
  const [one, two, three] = ['a', 'b', 'c'].map((question) => line.ask({ question }));
  worker.onmessage({ data: { id: 1, answer: 'B' } });
  worker.onmessage({ data: { id: 2, fault: 'damaged' } });
  worker.onmessage({ data: { id: 0, answer: 'A' } });
  expect([await one, await two].map((found) => found?.answer)).toEqual(['A', 'B']);
  await expect(three).rejects.toThrow('damaged');
});

test('who waits for a worker that cannot be loaded is told, and the next one starts another', async () => {
  const workers: FakeWorker[] = [];
  const line = new Answering<Asked, Answered>(() => {
    workers.push(new FakeWorker());
    return workers.at(-1) as unknown as Worker;
  });
  const lost = line.ask({ question: 'a' });
  workers[0]?.onerror();
  await expect(lost).rejects.toThrow('reload');
  expect(workers[0]?.ended).toBe(true);
  const found = line.ask({ question: 'b' });
  workers[1]?.onmessage({ data: { id: 1, answer: 'B' } });
  expect((await found).answer).toBe('B');
});
