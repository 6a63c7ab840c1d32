// The 3-D scene: draws only when something has changed, knows nothing of React.
import {
  AmbientLight,
  Box3,
  BufferAttribute,
  BufferGeometry,
  type Camera,
  DirectionalLight,
  Group,
  HemisphereLight,
  LineBasicMaterial,
  LineSegments,
  type Material,
  Plane,
  Scene,
  Vector3,
  WebGLRenderer,
} from 'three';
import { chooseLevels, type Level } from '../../model/data/levels';
import type { Part, PickKind } from '../../model/picking';
import { Body, type BodyLook } from './body';
import { Orbit } from './camera';
import { Caps } from './caps';
import { CellLayer, type ShownCells } from './cell-layer';
import { FieldLayer } from './field-layer';
import { Highlights, thickLines } from './highlights';
import { Marks } from './mark-objects';
import type { Sorted } from './mesh.worker';
import { fromLine, type Hit, pick, type Sight } from './picker';
import { Quality } from './quality';

export interface Cut {
  axis: 'x' | 'y' | 'z';
  at: number;
  /** True: the lower side is cut off. */
  flip: boolean;
}

const NORMALS = { x: new Vector3(-1, 0, 0), y: new Vector3(0, -1, 0), z: new Vector3(0, 0, -1) };
/** Triangles at rest. */
const BUDGET = 2_000_000;
/** How long the view must not have moved to be at rest. */
const REST_MS = 180;

export class SceneRenderer {
  readonly orbit = new Orbit();
  readonly bodies = new Map<string, Body>();
  readonly marks = new Marks();
  readonly field = new FieldLayer();
  /** Called after each drawn frame, for what is laid over the picture. */
  drawn: (milliseconds: number) => void = () => undefined;
  /** Called when the view has come to rest and other levels of bodies fit it. */
  wanted: (levels: ReadonlyMap<string, number>) => void = () => undefined;
  readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly gridLines = new Group();
  private readonly rule = new Group();
  private readonly picked = new Highlights('#ff8a1f');
  private readonly hovered = new Highlights('#ffc37a');
  private readonly caps = new Caps();
  private readonly cellLayer = new CellLayer();
  private cells: { shown: readonly ShownCells[]; lines: string; sheets: string } = { shown: [], lines: '', sheets: '' };
  private readonly camLight = new DirectionalLight(0xffffff, 1.5);
  private readonly quality = new Quality();
  private readonly levels = new Map<string, readonly Level[]>();
  private readonly ideal = new Map<string, number>();
  private planes: Plane[] = [];
  private dark = false;
  /** True for a frame that is drawn because the view moves. */
  private pending = false;
  /** True while the view moves and is drawn as the quality says. */
  private light = false;
  private frame = 0;
  private shown = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({
      canvas,
      antialias: true,
      alpha: true,
      stencil: true,
      powerPreference: 'high-performance',
    });
    this.renderer.localClippingEnabled = true;
    this.scene.add(
      new HemisphereLight(0xffffff, 0x9aa4b0, 2.1),
      new AmbientLight(0xffffff, 0.7),
      this.camLight,
      this.camLight.target,
    );
    this.scene.add(
      this.gridLines,
      this.marks.group,
      this.rule,
      this.caps.group,
      this.field.group,
      this.cellLayer.group,
    );
    this.scene.add(this.picked.group, this.hovered.group);
  }

  get aspect(): number {
    return this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight);
  }

  camera(): Camera {
    return this.orbit.camera(this.aspect);
  }

  resize(): void {
    this.setPixels();
    this.redraw();
  }

  /** As many pixels as the canvas has, or fewer while the view moves; a new size empties the picture. */
  private setPixels(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = Math.min(2, window.devicePixelRatio) * (this.light ? this.quality.scale : 1);
    const [w, h] = [Math.floor(width * ratio), Math.floor(height * ratio)];
    if (width === 0 || height === 0 || (this.canvas.width === w && this.canvas.height === h)) return;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
  }

  /** Draws in the next frame; any number of calls make one. */
  redraw(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const moving = this.pending;
      if (moving) this.adapt();
      this.draw();
      if (moving) this.awaitRest();
    });
  }

  /** The view has moved: frames must be short until it rests. */
  moved(): void {
    clearTimeout(this.resting);
    cancelAnimationFrame(this.shown);
    this.pending = true;
    this.redraw();
  }

  /** Waits for rest once the frame is on the screen: where frames take long, so do the pauses between moves. */
  private awaitRest(): void {
    cancelAnimationFrame(this.shown);
    this.shown = requestAnimationFrame(() => {
      this.resting = setTimeout(() => this.rest(), REST_MS);
    });
  }

  /** Before a frame of a view that moves: fewer triangles and pixels where the last ones took long. */
  private adapt(): void {
    this.pending = false;
    const first = !this.light;
    if (!this.quality.frame(performance.now()) && !first) return;
    this.light = true;
    this.showLevels(Math.min(BUDGET, this.quality.triangles));
    this.setPixels();
  }

  /** Full sharpness, and the levels that fit what is seen. */
  rest(): void {
    this.quality.rested();
    this.light = false;
    const paths = [...this.levels.keys()];
    const chosen = chooseLevels(
      paths.map((path) => this.levels.get(path) ?? []),
      this.canvas.clientHeight / (2 * this.orbit.half),
      BUDGET,
    );
    this.ideal.clear();
    for (const [at, path] of paths.entries()) this.ideal.set(path, chosen[at]);
    if (this.showIdeal()) this.changed();
    this.setPixels();
    this.wanted(this.ideal);
    this.redraw();
  }

  private showIdeal(): boolean {
    let changed = false;
    for (const [path, body] of this.bodies) changed = body.show(this.ideal.get(path) ?? 0) || changed;
    return changed;
  }

  /** The coarsest that are there, as far as needed. */
  private showLevels(budget: number): void {
    const paths = [...this.bodies.keys()];
    const chosen = chooseLevels(
      paths.map((path) => this.levels.get(path) ?? []),
      this.canvas.clientHeight / (2 * this.orbit.half),
      budget,
    );
    for (const [at, path] of paths.entries()) this.bodies.get(path)?.show(chosen[at]);
  }

  draw(): void {
    const start = performance.now();
    const camera = this.camera();
    this.camLight.position.copy(camera.position).add(new Vector3(0, 0, this.orbit.half));
    this.camLight.target.position.copy(this.orbit.target);
    this.renderer.render(this.scene, camera);
    this.drawn(performance.now() - start);
  }

  /** Tells which levels a body has; the scene says by `wanted` which it wants. */
  setLevels(path: string, levels: readonly Level[]): void {
    this.levels.set(path, levels);
  }

  setBody(path: string, sorted: Sorted, level: number, sheet: boolean, fresh: boolean): void {
    const known = this.bodies.get(path);
    if (known && !fresh) {
      known.add(level, sorted);
      if (this.showIdeal()) this.changed();
      return;
    }
    if (known) this.takeOut(known);
    const body = new Body(path, sorted, level, sheet);
    this.bodies.set(path, body);
    this.scene.add(body.group);
    this.orbit.setRadius(this.size() / 2);
    this.changed();
  }

  removeBody(path: string): void {
    const body = this.bodies.get(path);
    this.levels.delete(path);
    if (!body) return;
    this.takeOut(body);
    this.bodies.delete(path);
    this.changed();
  }

  private takeOut(body: Body): void {
    this.scene.remove(body.group);
    body.dispose();
  }

  dress(path: string, look: BodyLook, visible: boolean): void {
    const body = this.bodies.get(path);
    if (!body) return;
    this.dark = look.dark;
    body.group.visible = visible;
    body.dress(look);
    body.paint(this.field.surface && !look.wireframe ? this.field.surface : undefined);
  }

  /** Bodies, their looks or the cuts have changed. */
  changed(): void {
    for (const body of this.bodies.values()) body.clip(this.planes);
    this.field.clip(this.planes);
    const box = this.box();
    const { shown, lines, sheets } = this.cells;
    if (this.planes.length > 0 && !box.isEmpty()) {
      // Cells take the place of what they were made of; its outline stays, to compare.
      const middle = shown.length > 0 ? undefined : box.getCenter(new Vector3());
      this.caps.update(this.bodies.values(), this.planes, middle, this.size() * 2, this.dark);
    } else this.caps.clear();
    this.cellLayer.show(shown, this.planes, lines, sheets);
    this.redraw();
  }

  /** Cells of a mesh; none are shown where the list is empty. */
  showCells(shown: readonly ShownCells[], lines: string, sheets: string): void {
    if (shown.length === 0 && this.cells.shown.length === 0) return;
    this.cells = { shown, lines, sheets };
    this.changed();
  }

  cut(cuts: readonly Cut[]): void {
    this.planes = cuts.map(({ axis, at, flip }) => {
      const normal = NORMALS[axis].clone();
      return flip ? new Plane(normal.negate(), -at) : new Plane(normal, at);
    });
    this.changed();
  }

  /** The box around the named bodies, or around all that is to be seen. */
  box(paths?: readonly string[]): Box3 {
    const box = new Box3();
    for (const body of this.bodies.values()) {
      if (paths ? !paths.includes(body.path) : !body.group.visible) continue;
      box.expandByPoint(new Vector3(...body.surface.min)).expandByPoint(new Vector3(...body.surface.max));
    }
    return box;
  }

  size(): number {
    const box = this.box();
    return box.isEmpty() ? 1 : box.min.distanceTo(box.max);
  }

  fit(paths?: readonly string[]): void {
    let box = this.box(paths);
    if (box.isEmpty()) box = this.box();
    if (box.isEmpty()) return;
    this.orbit.fit(box.min, box.max, this.aspect);
    this.moved();
  }

  /** Mesh lines, given by pairs of points. */
  mesh(lines: readonly Float32Array[], colour: string): void {
    empty(this.gridLines);
    for (const points of lines) {
      const geometry = new BufferGeometry();
      geometry.setAttribute('position', new BufferAttribute(points, 3));
      const material = new LineBasicMaterial({ color: colour, transparent: true, opacity: 0.45 });
      this.gridLines.add(new LineSegments(geometry, material));
    }
    this.redraw();
  }

  /** The line that is measured. */
  measure(points: readonly number[]): void {
    empty(this.rule);
    if (points.length === 6) this.rule.add(thickLines(points, '#ff7a1a', 2.5, false));
    this.redraw();
  }

  highlight(which: 'picked' | 'hovered', parts: readonly Part[]): void {
    this[which].show(parts, this.bodies, this.planes);
    this.redraw();
  }

  private sight(): Sight {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return { camera: this.camera(), width, height, bodies: this.bodies.values(), planes: this.planes };
  }

  /** What is under a pixel of the canvas. */
  pick(x: number, y: number, kind: PickKind): Hit | undefined {
    // An iterator can be walked once; picking walks several times.
    return pick({ ...this.sight(), bodies: [...this.bodies.values()] }, x, y, kind);
  }

  /** The mark whose lines or label are under a pixel. */
  markAt(x: number, y: number): string | undefined {
    let best: string | undefined;
    let least = 7;
    const [a, b] = [new Vector3(), new Vector3()];
    for (const mark of this.marks.marks) {
      for (let at = 0; at + 5 < mark.lines.length; at += 6) {
        const from = this.project(a.fromArray(mark.lines, at));
        const to = this.project(b.fromArray(mark.lines, at + 3));
        const [distance] = fromLine(x, y, from, to);
        if (distance < least) [least, best] = [distance, mark.path];
      }
    }
    for (const label of this.marks.labels) {
      const [lx, ly] = this.project(label.at);
      if (Math.hypot(lx - x, ly - y) < 12) best = label.path;
    }
    return best;
  }

  /** Where a point of the model is on the canvas. */
  project(point: Vector3): [number, number] {
    const spot = point.clone().project(this.camera());
    return [((spot.x + 1) / 2) * this.canvas.clientWidth, ((1 - spot.y) / 2) * this.canvas.clientHeight];
  }

  /** The picture on a plain ground. */
  picture(width: number, height: number, ground: string): HTMLCanvasElement {
    this.draw();
    const copy = document.createElement('canvas');
    copy.width = width;
    copy.height = height;
    const context = copy.getContext('2d');
    if (context) {
      const { width: fullWidth, height: fullHeight } = this.canvas;
      const scale = Math.min(fullWidth / width, fullHeight / height);
      const [sw, sh] = [width * scale, height * scale];
      context.fillStyle = ground;
      context.fillRect(0, 0, width, height);
      context.drawImage(this.canvas, (fullWidth - sw) / 2, (fullHeight - sh) / 2, sw, sh, 0, 0, width, height);
    }
    return copy;
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.shown);
    clearTimeout(this.resting);
    this.caps.clear();
    this.cellLayer.clear();
    this.field.dispose();
    for (const body of this.bodies.values()) body.dispose();
    this.bodies.clear();
    this.renderer.dispose();
  }
}

function empty(group: Group): void {
  for (const child of [...group.children] as LineSegments[]) {
    group.remove(child);
    child.geometry.dispose();
    (child.material as Material).dispose();
  }
}
