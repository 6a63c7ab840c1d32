import { afterEach, expect, test } from 'vitest';
import { platformNow, setClock } from './clock';

afterEach(() => setClock(Date.now()));

test('a clock that is off by a day is put right, one that is off by a second is left alone', () => {
  const day = 24 * 3600 * 1000;
  setClock(Date.now() - day);
  expect(Math.abs(platformNow() - (Date.now() - day))).toBeLessThan(1000);
  setClock(Date.now() + 900);
  expect(Math.abs(platformNow() - Date.now())).toBeLessThan(500);
  setClock(Number.NaN);
  expect(Math.abs(platformNow() - Date.now())).toBeLessThan(500);
});
