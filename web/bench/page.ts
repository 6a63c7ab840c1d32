// Draws a million triangles, turns them from the first frame on, and tells what each frame took. The address says
// which case: how the triangles are spread, and what is shown with them.
import type { Axis } from '../src/model/data/field';
import type { FieldPlane, FieldVolume } from '../src/model/data/field-source';
import { type SurfaceLevel, surfaceLevels } from '../src/model/data/mesh';
import { regular } from '../src/model/data/sampling';
import { openView, type ViewFile } from '../src/model/data/view-file';
import { BodyLoader } from '../src/views/scene/body-loader';
import type { Answered, Asked, Sorted } from '../src/views/scene/mesh.worker';
import { overlay } from '../src/views/scene/overlay';
import { SceneRenderer } from '../src/views/scene/renderer';

/** Frames of each turn: the first follows the coming of the bodies, the second a picture that has become whole. */
const FRAMES = 90;

interface Case {
  file: 'million' | 'ten-thousand';
  bodies: number;
  section?: boolean;
  transparent?: boolean;
  field?: boolean;
}

const CASES: Record<string, Case> = {
  one: { file: 'million', bodies: 1 },
  many: { file: 'ten-thousand', bodies: 100 },
  section: { file: 'ten-thousand', bodies: 100, section: true },
  'section of one': { file: 'million', bodies: 1, section: true },
  transparent: { file: 'ten-thousand', bodies: 100, transparent: true },
  field: { file: 'million', bodies: 1, field: true },
};

export interface Figures {
  driver: string;
  /** Triangles and draw calls of the last frame of a turn. */
  moving: { triangles: number; calls: number; pixels: number };
  /** From the bytes to the first frame, and from rest to the whole picture. */
  load: number;
  whole: { milliseconds: number; triangles: number };
  /** Milliseconds from frame to frame, in order, and of the page's own thread. */
  spans: number[];
  own: number[];
  picks: Record<string, number[]>;
}

const nextFrame = () => new Promise<number>((done) => requestAnimationFrame(done));

const workers = new Map<number, (answer: Answered) => void>();
const worker = new Worker(new URL('../src/views/scene/mesh.worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<Answered>) => workers.get(data.id)?.(data);

function sort(bytes: ArrayBuffer, about: SurfaceLevel, origin: [number, number, number]): Promise<Sorted> {
  const id = workers.size;
  return new Promise((done, failed) => {
    workers.set(id, (data) => ('sorted' in data ? done(data.sorted) : failed(new Error(data.fault))));
    worker.postMessage({ id, bytes, level: { about, origin } } satisfies Asked, [bytes]);
  });
}

async function open(name: string): Promise<ViewFile> {
  const answer = await fetch(`/views/${name}.view`);
  if (!answer.ok) throw new Error(`${name}.view is not there`);
  const bytes = await answer.arrayBuffer();
  return openView(async (from, length) => bytes.slice(from, from + length));
}

/** Levels that are on their way. */
let loading = 0;

/** Brings bodies as the client does. */
async function bring(scene: SceneRenderer, { file, bodies, transparent = false }: Case): Promise<void> {
  const view = await open(file);
  const levels = surfaceLevels(view.header);
  const columns = Math.ceil(Math.sqrt(bodies * 2));
  const sources = Array.from({ length: bodies }, (_, body) => {
    const origin: [number, number, number] = [(body % columns) * 2.2, Math.floor(body / columns) * 2.2, 0];
    const load = async (level: number) => sort(await view.part(levels[level]), levels[level], origin);
    return [`model/${body}`, async () => ({ levels, load })] as const;
  });
  const loader = new BodyLoader(scene, new Map(sources), {
    about: () => ({ sheet: false, snaps: [], priority: 0 }),
    waiting: (change) => {
      loading += change;
    },
    failed: (path, error) => reportError(new Error(`${path}: ${error.message}`)),
  });
  await loader.load();
  for (const [at, path] of [...scene.bodies.keys()].entries()) {
    const colour = ['#8fb4d9', '#d9b78f', '#9fcf9f', '#c7a4d8'][at % 4];
    const look = { selected: false, wireframe: false, transparent, edges: true, faces: true, dark: false };
    scene.dress(path, { ...look, colour }, true);
  }
}

/** A field over the box of the scene: on the surfaces, on a plane and as arrows. */
function paint(scene: SceneRenderer): void {
  const box = scene.box();
  const [low, high] = [box.min.toArray(), box.max.toArray()];
  const lines = (count: number) =>
    low.map((from, axis) =>
      Float64Array.from({ length: count }, (_, at) => from + ((high[axis] - from) * at) / (count - 1)),
    ) as [Float64Array, Float64Array, Float64Array];
  const samples = (count: number) => ({
    components: 3,
    re: Float32Array.from({ length: count * 3 }, (_, at) => Math.sin(at / 20_000)),
    im: Float32Array.from({ length: count * 3 }, (_, at) => Math.cos(at / 30_000)),
  });
  const volume: FieldVolume = { lines: lines(70), samples: samples(70 ** 3) };
  const [u, v] = lines(600);
  const plane: FieldPlane = { axis: 2 as Axis, at: 0, u, v, samples: samples(600 ** 2) };
  scene.field.look({ show: 'magnitude', map: 'turbo', decibels: 0, low: 0, high: 1.5, phase: undefined });
  scene.field.showSurface(volume, []);
  scene.field.showPlanes([plane]);
  scene.field.showArrows(regular(volume.lines, volume.samples, 1400));
  for (const body of scene.bodies.values()) body.paint(scene.field.surface);
  scene.redraw();
}

/** Turns the view for some frames, and writes down when each was there. */
async function turn(scene: SceneRenderer, figures: Pick<Figures, 'spans' | 'moving'>): Promise<void> {
  let last = await nextFrame();
  for (let frame = 0; frame < FRAMES; frame += 1) {
    scene.orbit.orbit(2, Math.sin(frame / 10));
    scene.moved();
    const now = await nextFrame();
    figures.spans.push(now - last);
    last = now;
  }
  const { triangles, calls } = scene.renderer.info.render;
  figures.moving = { triangles, calls, pixels: scene.canvas.width * scene.canvas.height };
}

/** Waits until everything that the scene wants has come and is drawn. */
async function whole(scene: SceneRenderer): Promise<number> {
  const begin = performance.now();
  let quiet = 0;
  while (quiet < 30) {
    await nextFrame();
    quiet = scene.still && loading === 0 ? quiet + 1 : 0;
  }
  return performance.now() - begin;
}

async function measure(name: string): Promise<Figures> {
  const chosen = CASES[name];
  if (!chosen) throw new Error(`there is no case ${name}`);
  const scene = new SceneRenderer(document.getElementById('canvas') as HTMLCanvasElement);
  const figures: Figures = {
    driver: scene.driver,
    moving: { triangles: 0, calls: 0, pixels: 0 },
    load: 0,
    whole: { milliseconds: 0, triangles: 0 },
    spans: [],
    own: [],
    picks: {},
  };
  const labels = document.getElementById('over') as unknown as SVGSVGElement;
  scene.drawn = (milliseconds) => {
    figures.own.push(milliseconds);
    overlay(scene, labels, true);
  };
  const begin = performance.now();
  await bring(scene, chosen);
  if (chosen.section) scene.cut([{ axis: 'y', at: scene.box().min.y + 1.1, flip: true }]);
  if (chosen.field) paint(scene);
  scene.fit();
  await nextFrame();
  figures.load = performance.now() - begin;
  scene.rest();
  await turn(scene, figures);
  await whole(scene);
  await turn(scene, figures);
  figures.whole = { milliseconds: await whole(scene), triangles: scene.shownTriangles };
  for (const kind of ['body', 'face', 'edge', 'point'] as const)
    figures.picks[kind] = Array.from({ length: 60 }, (_, at) => {
      const start = performance.now();
      scene.pointing.pick(80 + at * 15, 200 + (at % 7) * 20, kind);
      return performance.now() - start;
    });
  return figures;
}

Object.assign(window, { cases: Object.keys(CASES) });
const name = decodeURIComponent(location.hash.slice(1));
if (name) Object.assign(window, { measured: measure(name) });
