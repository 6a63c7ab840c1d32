// The 3-D scene: draws only when something has changed, knows nothing of React.
import {
  AmbientLight,
  Box3,
  type Camera,
  DirectionalLight,
  HemisphereLight,
  Plane,
  Scene,
  Vector3,
  type WebGLRenderer,
} from 'three';
import type { Level } from '../../model/data/levels';
import type { Standpoint } from '../../shell/workspace/kept';
import { Body, type BodyLook } from './body';
import { Orbit } from './camera';
import { Caps } from './caps';
import { CellLayer, type ShownCells } from './cell-layer';
import { Detail } from './detail';
import { FieldLayer } from './field-layer';
import { Frames, type Stage } from './frames';
import type { Veil } from './highlights';
import { Lines } from './lines';
import { Marks } from './mark-objects';
import type { Sorted } from './mesh.worker';
import { copyOf } from './picture';
import { LIGHTS } from './plain';
import { Pointing, type Target } from './pointing';
import type { Quality } from './quality';

export interface Cut {
  axis: 'x' | 'y' | 'z';
  at: number;
  /** True: the lower side is cut off. */
  flip: boolean;
}

const NORMALS = { x: new Vector3(-1, 0, 0), y: new Vector3(0, -1, 0), z: new Vector3(0, 0, -1) };
/** While a slow computer turns the view, a body of fewer pixels is left out. */
const LEAST_SIZE = 3;
/** Triangles of the veil over a body that is pointed at, where the computer is slow. */
const VEIL = 16_000;

export class SceneRenderer implements Stage, Target {
  readonly orbit = new Orbit();
  readonly bodies = new Map<string, Body>();
  readonly marks = new Marks();
  readonly field = new FieldLayer();
  readonly scene = new Scene();
  readonly over = new Scene();
  readonly pointing: Pointing;
  /** Called after each drawn frame, for what is laid over the picture. */
  drawn: (milliseconds: number) => void = () => undefined;
  /** Called when the view has come to rest and other levels of bodies fit it, at rest or while it moves. */
  wanted: (levels: ReadonlyMap<string, readonly number[]>) => void = () => undefined;
  /** Where the camera stood when the project was last looked at. */
  left: Standpoint | undefined;
  /** The camera has been put in its first place, on a canvas that is to be seen. */
  private entered = false;
  private readonly frames: Frames;
  private readonly gridLines = new Lines();
  private readonly caps = new Caps();
  private capsStale = false;
  private readonly cellLayer = new CellLayer();
  private cells: { shown: readonly ShownCells[]; lines: string; sheets: string } = { shown: [], lines: '', sheets: '' };
  private readonly camLight = new DirectionalLight(0xffffff, LIGHTS.eye);
  private readonly detail = new Detail(this.bodies, () => this.pixelsPerMetre);
  planes: Plane[] = [];
  private dark = false;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.frames = new Frames(this);
    this.scene.add(
      new HemisphereLight(0xffffff, LIGHTS.ground, LIGHTS.sky),
      new AmbientLight(0xffffff, LIGHTS.all),
      this.camLight,
      this.camLight.target,
    );
    this.scene.add(this.gridLines.group, this.marks.group, this.caps.group, this.field.group, this.cellLayer.group);
    this.pointing = new Pointing(this);
    this.warm();
  }

  /** Draws a body nobody sees: in software, making ready for the first one takes as long as many frames. */
  private warm(): void {
    const body = new Body('', nothing(), 0, false);
    this.scene.add(body.group);
    for (const plain of [true, false]) {
      body.lighten(plain, true, false);
      this.frames.picture.warm(this.scene, this.over, this.camera(), !plain);
    }
    this.takeOut(body);
  }

  get renderer(): WebGLRenderer {
    return this.frames.picture.renderer;
  }

  get aspect(): number {
    const { clientWidth, clientHeight } = this.canvas;
    // Behind another tab it has no size, and nothing could be fitted into it.
    return clientWidth > 0 && clientHeight > 0 ? clientWidth / clientHeight : 1;
  }

  /** Who draws, as the browser tells. */
  get driver(): string {
    return this.frames.picture.driver;
  }

  /** Triangles of all bodies in the levels that are shown. */
  get shownTriangles(): number {
    return [...this.bodies.values()].reduce((sum, { surface }) => sum + surface.triangles, 0);
  }

  /** True while the picture is all there is to see, as good as it gets. */
  get still(): boolean {
    return this.frames.still;
  }

  camera(): Camera {
    const camera = this.orbit.camera(this.aspect);
    this.camLight.position.copy(camera.position).add(new Vector3(0, 0, this.orbit.half));
    this.camLight.target.position.copy(this.orbit.target);
    return camera;
  }

  resize(): void {
    if (!this.entered && this.bodies.size > 0) this.enter();
    this.moved();
  }

  /** Draws in the next frame; any number of calls make one. */
  redraw(): void {
    this.frames.redraw();
  }

  /** The view has moved: frames must be short until it rests. */
  moved(): void {
    this.frames.moved();
  }

  /** Draws with all sharpness now, and does not wait until the view has rested for some time. */
  rest(): void {
    this.frames.rest();
  }

  /** Resolves when the view does not move, or no longer. */
  calm(): Promise<void> {
    return this.frames.calm();
  }

  private get pixelsPerMetre(): number {
    return this.canvas.clientHeight / (2 * this.orbit.half);
  }

  private show(triangles: number): void {
    if (this.detail.show(triangles)) this.capsStale = true;
  }

  lighten(quality: Quality): void {
    const { plain, triangles } = quality;
    // Cells that are too many leave their place to what they were made of.
    const cells = !plain || this.cellLayer.triangles <= triangles;
    const standIn = !cells && this.cellLayer.solid;
    const left = this.field.empty ? triangles : triangles / 2;
    this.show(left);
    for (const body of this.bodies.values())
      body.lighten(plain, !plain || body.size * this.pixelsPerMetre >= LEAST_SIZE, standIn);
    this.cellLayer.lighten(!plain, cells);
    this.field.lighten(plain ? triangles - left : Number.POSITIVE_INFINITY);
    this.pointing.lighten(plain ? triangles : Number.POSITIVE_INFINITY);
    this.gridLines.lighten(plain);
    this.caps.group.visible = !plain;
    if (!plain) this.updateCaps();
  }

  settle(triangles: number): boolean {
    this.show(triangles);
    for (const body of this.bodies.values()) body.lighten(false, true, false);
    this.cellLayer.lighten(true, true);
    this.field.lighten(Number.POSITIVE_INFINITY);
    this.pointing.lighten(Number.POSITIVE_INFINITY);
    this.gridLines.lighten(false);
    this.caps.group.visible = true;
    this.updateCaps();
    const wanted = this.detail.wanted(triangles, this.frames.quality.triangles);
    if (wanted) this.wanted(wanted);
    return wanted !== undefined;
  }

  /** Tells which levels a body has; the scene says by `wanted` which it wants. */
  setLevels(path: string, levels: readonly Level[]): void {
    this.detail.set(path, levels);
  }

  setBody(path: string, sorted: Sorted, level: number, sheet: boolean, fresh: boolean): void {
    this.detail.anew();
    const known = this.bodies.get(path);
    if (known && !fresh) {
      known.add(level, sorted);
      this.frames.improve();
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
    this.detail.set(path, undefined);
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
    this.capsStale = true;
    const { shown, lines, sheets } = this.cells;
    this.cellLayer.show(shown, this.planes, lines, sheets);
    this.redraw();
  }

  /** Closes what sections open; only for pictures that show it, since it looks at many triangles. */
  private updateCaps(): void {
    this.caps.follow();
    if (!this.capsStale) return;
    this.capsStale = false;
    // Cells take the place of what they were made of; its outline stays, to compare.
    this.caps.update(this.bodies.values(), this.planes, this.cells.shown.length === 0, this.dark);
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
    this.moved();
  }

  /** The box around the named bodies, or around all that is to be seen. */
  box(paths?: readonly string[]): Box3 {
    const box = new Box3();
    for (const body of this.bodies.values()) {
      if (paths ? !paths.includes(body.path) : !body.group.visible) continue;
      box.expandByPoint(new Vector3(...body.finest.min)).expandByPoint(new Vector3(...body.finest.max));
    }
    return box;
  }

  /** The box around all bodies: what is placed by it stays where it is when one is hidden. */
  whole(): Box3 {
    return this.box([...this.bodies.keys()]);
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

  /** Puts the camera where it was left, or fits all. */
  enter(): void {
    const box = this.box();
    if (box.isEmpty()) return;
    this.entered = this.canvas.clientWidth > 0;
    if (this.left && this.orbit.stand(this.left, box.min, box.max)) this.moved();
    else this.fit();
  }

  /** Where the camera stands, once it has been put there. */
  get standpoint(): Standpoint | undefined {
    return this.entered ? this.orbit.standpoint : undefined;
  }

  /** Mesh lines, given by pairs of points. */
  mesh(lines: readonly Float32Array[], colour: string): void {
    this.gridLines.mesh(lines, colour);
    this.redraw();
  }

  overlaid(): void {
    this.frames.overlaid();
  }

  veil(body: Body): Veil {
    const { geometry, edges, level } = body.within(Math.max(VEIL, this.frames.quality.triangles));
    const wrong = level === body.level ? 0 : this.detail.errorOf(body.path, level);
    return { geometry, edges, before: this.orbit.direction().multiplyScalar(2 * wrong) };
  }

  /** Where a point of the model is on the canvas. */
  project(point: Vector3): [number, number] {
    const spot = point.clone().project(this.camera());
    return [((spot.x + 1) / 2) * this.canvas.clientWidth, ((1 - spot.y) / 2) * this.canvas.clientHeight];
  }

  /** The picture on a plain ground. */
  picture(width: number, height: number, ground: string): HTMLCanvasElement {
    this.frames.now();
    return copyOf(this.canvas, width, height, ground);
  }

  dispose(): void {
    this.frames.dispose();
    this.caps.clear();
    this.cellLayer.clear();
    this.field.dispose();
    for (const body of this.bodies.values()) body.dispose();
    this.bodies.clear();
  }
}

/** A triangle with an edge. */
function nothing(): Sorted {
  const zero: [number, number, number] = [0, 0, 0];
  const surface = {
    positions: Float32Array.from([0, 0, 0, 1e-3, 0, 0, 0, 0, 1e-3]),
    normals: Int8Array.from([0, 127, 0, 0, 127, 0, 0, 127, 0]),
    faces: new Float32Array(3),
    indices: Uint32Array.from([0, 1, 2]),
    edges: Float32Array.from([0, 0, 0, 1e-3, 0, 0]),
    triangles: 1,
  };
  return { surface: { ...surface, origin: zero, min: zero, max: zero }, tree: undefined };
}
