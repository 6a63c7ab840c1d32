import { expect, test } from 'vitest';
import { Quality } from './quality';

/** So many frames of so many milliseconds, and how often something had to change. */
function run(quality: Quality, from: number, count: number, span: number): number {
  let changes = 0;
  for (let frame = 1; frame <= count; frame += 1) if (quality.frame(from + frame * span)) changes += 1;
  return changes;
}

test('slow frames cost triangles first, then pixels, down to a least', () => {
  const quality = new Quality();
  expect(quality.frame(1000)).toBe(false);
  expect([quality.triangles, quality.scale]).toEqual([Number.POSITIVE_INFINITY, 1]);
  expect(run(quality, 1000, 2, 60)).toBe(1);
  expect([quality.triangles, quality.scale]).toEqual([300_000, 1]);
  expect(run(quality, 1120, 50, 60)).toBe(2);
  expect([quality.triangles, quality.scale]).toEqual([30_000, 0.5]);
  // Quick frames give it back, but slowly.
  expect(run(quality, 5000, 88, 10)).toBe(0);
  expect(run(quality, 5880, 3, 10)).toBe(1);
  expect(quality.scale).toBe(0.75);
});

test('what passes while nobody moves the view is no slow frame', () => {
  const quality = new Quality();
  quality.frame(0);
  for (let move = 1; move < 10; move += 1) {
    quality.rested();
    expect(quality.frame(move * 1000)).toBe(false);
    expect(quality.frame(move * 1000 + 16)).toBe(false);
  }
  expect(quality.scale).toBe(1);
});
