import { expect, test } from 'vitest';
import { drawn } from './use-window';

test('rows in view are drawn, with room for the others', () => {
  expect(drawn(100, 10, 12, [])).toEqual([{ gap: 10, before: 10 }, { at: 10 }, { at: 11 }, { gap: 88, before: 100 }]);
  expect(drawn(3, -5, 9, [])).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }]);
  expect(drawn(0, 0, 9, [0])).toEqual([]);
});

test('the row with the focus stays, wherever the others are', () => {
  const list = drawn(1000, 500, 502, [3, -1]);
  expect(list).toEqual([
    { gap: 3, before: 3 },
    { at: 3 },
    { gap: 496, before: 500 },
    { at: 500 },
    { at: 501 },
    { gap: 498, before: 1000 },
  ]);
  const total = list.reduce((sum, one) => sum + ('gap' in one ? one.gap : 1), 0);
  expect(total).toBe(1000);
});
