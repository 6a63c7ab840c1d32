import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { read } from '../../contract';
import { type Question, Values } from './values';

let asked: Question[];
let version: string;
let edited: { [name: string]: string };
let values: Values;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, version, edited] = [[], 'v1', {}];
  values = new Values({
    ask: async (question) => {
      asked.push(question);
      return read('EvaluateReply', {
        values: question.expressions.map(({ text }) =>
          text === '?' ? { fault: 'what?' } : { text: `${version} 1.23456789012 mm`.slice(3) },
        ),
        parameters: { a: { text: '1 mm' } },
        entities: question.paths.map((path) => ({ path, properties: '{"x":1}' })),
      });
    },
    version: () => version,
    edited: () => edited,
  });
});

afterEach(() => {
  vi.useRealTimers();
});

const pause = () => vi.advanceTimersByTimeAsync(150);

test('all that is on the screen is asked at once, and shown in few digits', async () => {
  values.want('2*a', 'length');
  values.want('?', '');
  values.wantParameters();
  values.measure(['ports/**']);
  await pause();
  expect(asked).toHaveLength(1);
  expect(values.find('2*a', 'length')).toEqual({ value: '1.234568 mm', fault: '' });
  expect(values.find('?', '')).toEqual({ value: '', fault: 'what?' });
  expect(values.parameters.get().get('a')).toEqual({ value: '1 mm', fault: '' });
  expect(values.measured.get().get('ports/**')?.properties).toBe('{"x":1}');
});

test('nothing is asked while somebody types, nor for what has left the screen', async () => {
  for (const text of ['2', '2*', '2*a']) {
    values.want(text, '')();
    await vi.advanceTimersByTimeAsync(50);
  }
  await pause();
  expect(asked).toHaveLength(0);
  values.want('2*a', '');
  await pause();
  expect(asked[0]?.expressions).toEqual([{ text: '2*a', dimension: '' }]);
});

test('a new version or an edit asks anew; what is known stays until then', async () => {
  values.want('2*a', '');
  await pause();
  [version, edited] = ['v2', { a: '3 mm' }];
  values.moved();
  expect(values.find('2*a', '')).toBeDefined();
  await pause();
  expect(asked[1]).toMatchObject({ version: 'v2', parameters: { a: '3 mm' } });
});
