// Draws bodies of a million triangles together, turns them, picks among them, and tells what it took.
import type { SurfaceLevel } from '../src/model/data/mesh';
import type { Answered, Asked, Sorted } from '../src/views/scene/mesh.worker';
import { SceneRenderer } from '../src/views/scene/renderer';

const BODIES = 10;
/** Rings of a ball in its levels, coarse and fine: 998,560 triangles in all at the finest. */
const RINGS = [24, 158];
const FRAMES = 24;

export interface Figures {
  triangles: number;
  /** As the view adapts, in the end. */
  light: number;
  calls: number;
  load: number;
  /** Milliseconds of the page's thread for a frame, sorted. */
  own: number[];
  /** Milliseconds from frame to frame at full quality, and as the view adapts. */
  full: number[];
  adapted: number[];
  picks: Record<string, number[]>;
}

/** A level of a ball in eight faces, with the meridians between them as edges: laid out as in a view file. */
function ball(rows: number): { bytes: ArrayBuffer; about: SurfaceLevel } {
  const columns = rows * 2;
  const about = {
    offset: 0,
    vertices: (columns + 1) * (rows + 1),
    triangles: columns * rows * 2,
    edges: 8,
    edgePoints: 8 * (rows + 1),
    error: rows === RINGS[1] ? 0 : 0.02,
  };
  const size = 12 * about.vertices + 16 * about.triangles + 4 * (about.edges + about.edgePoints);
  const bytes = new ArrayBuffer(size);
  const places = new Float32Array(bytes, 0, about.vertices * 3);
  const numbers = new Uint32Array(bytes, 12 * about.vertices);
  for (let row = 0; row <= rows; row += 1)
    for (let column = 0; column <= columns; column += 1) {
      const [a, b] = [(row / rows) * Math.PI, (column / columns) * 2 * Math.PI];
      const place = [Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b), Math.cos(a)];
      places.set(place, (row * (columns + 1) + column) * 3);
    }
  let at = 0;
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const low = row * (columns + 1) + column;
      const high = low + columns + 1;
      numbers.set([low, high, low + 1, low + 1, high, high + 1], at * 3);
      numbers.fill(Math.floor((column / columns) * 8), 3 * about.triangles + at, 3 * about.triangles + at + 2);
      at += 2;
    }
  for (let edge = 0; edge < 8; edge += 1) {
    numbers[4 * about.triangles + edge] = (edge + 1) * (rows + 1);
    for (let row = 0; row <= rows; row += 1)
      numbers[4 * about.triangles + 8 + edge * (rows + 1) + row] = row * (columns + 1) + (edge * columns) / 8;
  }
  return { bytes, about: { ...about, bytes: size } };
}

const worker = new Worker(new URL('../src/views/scene/mesh.worker.ts', import.meta.url), { type: 'module' });

function sort(rows: number, origin: [number, number, number]): Promise<Sorted> {
  const { bytes, about } = ball(rows);
  return new Promise((done, failed) => {
    worker.onmessage = ({ data }: MessageEvent<Answered>) => {
      if ('sorted' in data) done(data.sorted);
      else failed(new Error(data.fault));
    };
    worker.postMessage({ id: 0, bytes, level: { about, origin } } satisfies Asked, [bytes]);
  });
}

const nextFrame = () => new Promise<number>((done) => requestAnimationFrame(done));
const sorted = (values: number[]) => values.sort((a, b) => a - b);

async function turn(scene: SceneRenderer, step: () => void): Promise<{ spans: number[]; own: number[] }> {
  const own: number[] = [];
  scene.drawn = (milliseconds) => own.push(milliseconds);
  const spans: number[] = [];
  let last = await nextFrame();
  for (let frame = 0; frame < FRAMES; frame += 1) {
    scene.orbit.orbit(2, Math.sin(frame / 10));
    step();
    const now = await nextFrame();
    spans.push(now - last);
    last = now;
  }
  return { spans: sorted(spans), own: sorted(own) };
}

async function measure(): Promise<Figures> {
  const scene = new SceneRenderer(document.getElementById('canvas') as HTMLCanvasElement);
  const begin = performance.now();
  for (let body = 0; body < BODIES; body += 1) {
    const path = `model/${body}`;
    const origin: [number, number, number] = [(body % 5) * 2.2, Math.floor(body / 5) * 2.2, 0];
    scene.setLevels(
      path,
      RINGS.map((rows) => ({ triangles: rows * rows * 4, error: rows === RINGS[1] ? 0 : 0.02 })),
    );
    for (const [level, rows] of RINGS.entries())
      scene.setBody(path, await sort(rows, origin), level, false, level === 0);
    const colour = ['#8fb4d9', '#d9b78f', '#9fcf9f', '#c7a4d8'][body % 4];
    const plain = {
      selected: false,
      hovered: false,
      wireframe: false,
      transparent: false,
      edges: true,
      faces: true,
      dark: false,
    };
    scene.dress(path, { ...plain, colour }, true);
  }
  scene.resize();
  scene.fit();
  scene.rest();
  await nextFrame();
  await nextFrame();
  const load = performance.now() - begin;
  const { own, spans: full } = await turn(scene, () => scene.redraw());
  const { triangles, calls } = scene.renderer.info.render;
  const { spans: adapted } = await turn(scene, () => scene.moved());
  const light = scene.renderer.info.render.triangles;
  const picks: Figures['picks'] = {};
  for (const kind of ['body', 'face', 'edge', 'point'] as const) {
    picks[kind] = [];
    for (let at = 0; at < 60; at += 1) {
      const start = performance.now();
      scene.pick(80 + at * 15, 200 + (at % 7) * 20, kind);
      picks[kind].push(performance.now() - start);
    }
    sorted(picks[kind]);
  }
  return { triangles, light, calls, load, own, full, adapted, picks };
}

Object.assign(window, { measured: measure() });
