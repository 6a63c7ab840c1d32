import { Vector3 } from 'three';
import { expect, test } from 'vitest';
import { Orbit } from './camera';

const BOX = [new Vector3(0, 0, 0), new Vector3(0.1, 0.2, 0.05)] as const;

test('the camera stands again where it was left', () => {
  const left = new Orbit();
  left.fit(...BOX, 1.5);
  left.orbit(30, -12);
  left.zoom(0.4, 0.1, 0.2);
  const back = new Orbit();
  expect(back.stand(left.standpoint, ...BOX)).toBe(true);
  expect(back.standpoint).toEqual(left.standpoint);
});

test('a camera that was left at another model is of no use', () => {
  const orbit = new Orbit();
  const before = orbit.standpoint;
  const at = { azimuth: 10, elevation: 20, half: 0.1, target: [0, 0, 0] as const };
  expect(orbit.stand({ ...at, target: [5, 0, 0] }, ...BOX)).toBe(false);
  expect(orbit.stand({ ...at, half: 100 }, ...BOX)).toBe(false);
  expect(orbit.stand({ ...at, half: 1e-9 }, ...BOX)).toBe(false);
  expect(orbit.standpoint).toEqual(before);
});
