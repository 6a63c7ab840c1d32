import { expect, test } from 'vitest';
import { isSoftware, LEAST, Quality, SOFTWARE_START, WHOLE } from './quality';

/** So many frames of so many milliseconds; the first only begins the movement. */
function run(quality: Quality, spans: readonly number[]): void {
  quality.frame(16);
  for (const span of spans) quality.frame(span);
  quality.rested();
}

const times = (count: number, span: number) => Array.from({ length: count }, () => span);

test('a driver that draws with the processor begins with little, so that no first frames are slow', () => {
  for (const name of [
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
    'llvmpipe (LLVM 15.0.6, 256 bits)',
    'ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11)',
  ])
    expect(isSoftware(name)).toBe(true);
  expect(isSoftware('ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)')).toBe(false);
  const quality = new Quality(true);
  expect([quality.triangles, quality.plain, quality.smooth, quality.whole]).toEqual([
    SOFTWARE_START,
    true,
    false,
    false,
  ]);
});

test('another begins in the middle, and what was enough before is kept', () => {
  const unknown = new Quality(false);
  expect([unknown.triangles, unknown.plain, unknown.smooth]).toEqual([300_000, false, true]);
  expect(new Quality(false, 25_000).triangles).toBe(25_000);
  expect(new Quality(true, 1).triangles).toBe(LEAST);
  expect(new Quality(false, 1e12).whole).toBe(true);
});

test('slow frames lessen the triangles by as much as they were too slow, at once', () => {
  const quality = new Quality(false, 1_000_000);
  run(quality, [52, 65]);
  // By the quicker of the two.
  expect(quality.triangles).toBe(500_000);
  // And as surely where they come between quick ones.
  run(quality, [17, 52, 17, 17, 52]);
  expect(quality.triangles).toBe(250_000);
  run(quality, times(20, 2000));
  expect(quality.triangles).toBe(LEAST);
});

test('one slow frame between others says nothing, nor does the time between moves', () => {
  const quality = new Quality(false, 1_000_000);
  run(quality, [30, 200, 30, 30, 30, 30, 90, 30]);
  for (let move = 0; move < 10; move += 1) {
    quality.frame(400);
    quality.rested();
  }
  expect(quality.triangles).toBe(1_000_000);
});

test('a steady frame of a thirtieth of a second is left as it is', () => {
  const quality = new Quality(false, 100_000);
  run(quality, times(500, 33.4));
  expect(quality.triangles).toBe(100_000);
});

test('quick frames make the next ones better, more slowly after each slow one', () => {
  const quality = new Quality(false, 400_000);
  run(quality, times(9, 8));
  expect(quality.triangles).toBe(400_000);
  run(quality, times(1, 8));
  expect(quality.triangles).toBe(500_000);
  run(quality, times(200, 8));
  expect(quality.triangles).toBe(WHOLE);
  run(quality, [60, 60]);
  const lessened = quality.triangles;
  run(quality, times(19, 8));
  expect(quality.triangles).toBe(lessened);
  run(quality, times(1, 8));
  expect(quality.triangles).toBe(lessened * 1.25);
});

test('pixels follow the triangles down to the same least for a canvas of any size', () => {
  const least = new Quality(true, LEAST);
  for (const all of [600_000, 2_000_000, 8_000_000]) expect(least.scale(all) ** 2 * all).toBeCloseTo(70_000, 3);
  expect(least.scale(60_000)).toBe(1);
  const start = new Quality(true);
  expect(start.scale(600_000) ** 2 * 600_000).toBeGreaterThan(120_000);
  expect(new Quality(false, 60_000).scale(8_000_000)).toBe(1);
  const between = new Quality(false, 22_000).scale(600_000);
  expect(between).toBeGreaterThan(0.5);
  expect(between).toBeLessThan(1);
});
