import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  DoubleSide,
  LineBasicMaterial,
  LineSegments,
  type Material,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  OrthographicCamera,
  Scene,
  type WebGLRenderer,
} from 'three';
import { expect, test } from 'vitest';
import { Slices } from './slices';

/** A renderer that writes down what it is to draw: names, and ranges where they are not all. */
function recorder() {
  const drawn: string[][] = [];
  const render = (scene: Scene, camera: Object3D) => {
    const names: string[] = [];
    scene.traverseVisible((one) => {
      if (!(one instanceof Mesh || one instanceof LineSegments) || !one.layers.test(camera.layers)) return;
      const { start, count } = one.geometry.drawRange;
      names.push(`${one.name} ${start}+${count} ${(one.material as Material).side}`);
    });
    drawn.push(names);
  };
  return { drawn, renderer: { render } as unknown as WebGLRenderer };
}

function surface(corners: number): BufferGeometry {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(9), 3));
  return geometry.setIndex(new BufferAttribute(new Uint32Array(corners), 1));
}

function named<T extends Object3D>(name: string, object: T, z = 0): T {
  object.name = name;
  object.position.z = z;
  return object;
}

/** Draws all slices; every program has been drawn with before, unless some are told. */
function slicesOf(scene: Scene, size: number, ready = new Set<string>(['all'])): string[][] {
  const camera = new OrthographicCamera();
  camera.position.z = 10;
  camera.updateMatrixWorld();
  const { drawn, renderer } = recorder();
  const known = ready.has('all') ? ({ has: () => true, add: () => ready } as unknown as Set<string>) : ready;
  const slices = new Slices(scene, camera, known, size);
  for (let slice = slices.next(size); slice; slice = slices.next(size)) slice.draw(renderer);
  slices.end();
  return drawn;
}

test('a small scene is one slice, and everything is left as it was', () => {
  const scene = new Scene();
  const box = named('box', new Mesh(new BoxGeometry(), new MeshBasicMaterial()));
  scene.add(box);
  expect(slicesOf(scene, 1000)).toEqual([['box 0+36 0']]);
  expect([box.layers.mask, box.geometry.drawRange.count]).toEqual([1, Number.POSITIVE_INFINITY]);
  // The ground is cleared also where there is nothing.
  expect(slicesOf(new Scene(), 1000)).toEqual([[]]);
});

test('a large body is drawn in ranges of whole triangles, and a line in whole pieces', () => {
  const scene = new Scene();
  scene.add(named('body', new Mesh(surface(3 * 1000), new MeshBasicMaterial())));
  scene.add(named('edges', new LineSegments(surface(2 * 1000), new LineBasicMaterial())));
  const all = slicesOf(scene, 401).flat();
  for (const name of ['body', 'edges']) {
    const ranges = all.flatMap((text) => {
      const [, start, count] = new RegExp(`^${name} (\\d+)\\+(\\d+)`).exec(text) ?? [];
      return start === undefined ? [] : [[Number(start), Number(count)]];
    });
    expect(ranges.length).toBeGreaterThan(1);
    // One follows the other, without a gap.
    let end = 0;
    for (const [start, count] of ranges) {
      expect(start).toBe(end);
      expect(start % 6).toBe(0);
      end += count;
    }
    expect(end).toBe(name === 'body' ? 3000 : 2000);
  }
});

test('a geometry that two objects share is drawn in one range at a time', () => {
  const scene = new Scene();
  const shared = surface(3 * 1000);
  scene.add(named('back', new Mesh(shared, new MeshBasicMaterial())));
  scene.add(named('front', new Mesh(shared, new MeshBasicMaterial())));
  for (const slice of slicesOf(scene, 700)) expect(new Set(slice.map((text) => text.split(' ')[1])).size).toBe(1);
});

test('what is clear comes last, from back to front, and a large one with its back before its front', () => {
  const scene = new Scene();
  const clear = () => new MeshBasicMaterial({ transparent: true, side: DoubleSide });
  const near = new Mesh(surface(3 * 3000), clear());
  scene.add(named('near', near, 5));
  scene.add(named('far', new Mesh(surface(3 * 10), clear()), -5));
  scene.add(named('solid', new Mesh(surface(3 * 10), new MeshBasicMaterial())));
  const all = slicesOf(scene, 2000).flat();
  // Within a slice the renderer draws what is solid first.
  expect(all.map((text) => text.split(' ')[0])).toEqual(['far', 'solid', 'near', 'near', 'near', 'near']);
  const sides = all.filter((text) => text.startsWith('near')).map((text) => text.split(' ')[2]);
  expect(sides).toEqual(['1', '1', '0', '0']);
  expect(near.material.side).toBe(DoubleSide);
});

test('what is drawn for the first time is a slice of its own', () => {
  const scene = new Scene();
  for (const name of ['a', 'b']) scene.add(named(name, new Mesh(surface(3), new MeshBasicMaterial())));
  scene.add(named('c', new LineSegments(surface(2), new LineBasicMaterial())));
  const ready = new Set<string>();
  const names = () => slicesOf(scene, 1000, ready).map((slice) => slice.map((text) => text[0]).join(''));
  expect(names()).toEqual(['a', 'b', 'c']);
  expect(names()).toEqual(['abc']);
});
