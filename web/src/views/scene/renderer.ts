// The 3-D scene: draws only when something has changed, picks by drawing numbers, knows nothing of React.
import {
  AmbientLight,
  Box3,
  BufferAttribute,
  BufferGeometry,
  Color,
  DirectionalLight,
  Group,
  HemisphereLight,
  LineBasicMaterial,
  LineDashedMaterial,
  LineSegments,
  type Object3D,
  Plane,
  Points,
  PointsMaterial,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
  WebGLRenderTarget,
} from 'three';
import type { Surface } from '../../model/data/mesh';
import { Body, type BodyLook } from './body';
import { Orbit } from './camera';

export interface Hit {
  path: string;
  face: number;
  point: Vector3 | undefined;
}

export type Section = { axis: 'x' | 'y' | 'z'; at: number } | undefined;

const NORMALS = { x: new Vector3(-1, 0, 0), y: new Vector3(0, -1, 0), z: new Vector3(0, 0, -1) };

/** A dot of the same size at any zoom, so that a small port is found. */
function middle(points: Float32Array, colour: string): Points {
  const sum = [0, 0, 0];
  points.forEach((value, at) => {
    sum[at % 3] = (sum[at % 3] ?? 0) + value / (points.length / 3);
  });
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(Float32Array.from(sum), 3));
  const dot = new Points(
    geometry,
    new PointsMaterial({ color: colour, size: 7, sizeAttenuation: false, depthTest: false }),
  );
  dot.renderOrder = 11;
  return dot;
}

export class SceneRenderer {
  readonly orbit = new Orbit();
  readonly bodies = new Map<string, Body>();
  /** Called after each drawn frame, for what is laid over the picture. */
  drawn: (milliseconds: number) => void = () => undefined;
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly numbers = new Scene();
  private readonly target = new WebGLRenderTarget(1, 1);
  private readonly numbered: Body[] = [];
  private readonly gridLines = new Group();
  private readonly marks = new Group();
  private readonly rule = new Group();
  private readonly camLight = new DirectionalLight(0xffffff, 1.5);
  private plane: Plane | undefined;
  private frame = 0;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, powerPreference: 'high-performance' });
    this.renderer.localClippingEnabled = false;
    this.scene.add(
      new HemisphereLight(0xffffff, 0x9aa4b0, 2.1),
      new AmbientLight(0xffffff, 0.7),
      this.camLight,
      this.camLight.target,
    );
    this.scene.add(this.gridLines, this.marks, this.rule);
  }

  get aspect(): number {
    return this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight);
  }

  resize(width: number, height: number): void {
    this.renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    this.renderer.setSize(width, height, false);
    this.redraw();
  }

  /** Draws in the next frame; any number of calls make one. */
  redraw(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw(): void {
    const start = performance.now();
    const camera = this.orbit.camera(this.aspect);
    this.camLight.position.copy(camera.position).add(new Vector3(0, 0, this.orbit.half));
    this.camLight.target.position.copy(this.orbit.target);
    this.renderer.clippingPlanes = this.plane ? [this.plane] : [];
    this.renderer.render(this.scene, camera);
    this.drawn(performance.now() - start);
  }

  setBody(path: string, surface: Surface, sheet: boolean): void {
    const known = this.bodies.get(path);
    if (known?.surface === surface) return;
    const number = known ? this.numbered.indexOf(known) : this.numbered.length;
    if (known) this.takeOut(known);
    const body = new Body(path, surface, number + 1, sheet);
    this.numbered[number] = body;
    this.bodies.set(path, body);
    this.scene.add(body.group);
    this.numbers.add(body.picking);
    this.orbit.setRadius(this.size() / 2);
    this.redraw();
  }

  removeBody(path: string): void {
    const body = this.bodies.get(path);
    if (!body) return;
    this.takeOut(body);
    this.bodies.delete(path);
    this.redraw();
  }

  private takeOut(body: Body): void {
    this.scene.remove(body.group);
    this.numbers.remove(body.picking);
    body.dispose();
  }

  dress(path: string, look: BodyLook, visible: boolean): void {
    const body = this.bodies.get(path);
    if (!body) return;
    body.group.visible = visible;
    body.picking.visible = visible;
    body.dress(look);
    this.redraw();
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

  private size(): number {
    const box = this.box();
    return box.isEmpty() ? 1 : box.min.distanceTo(box.max);
  }

  fit(paths?: readonly string[]): void {
    let box = this.box(paths);
    if (box.isEmpty()) box = this.box();
    if (box.isEmpty()) return;
    this.orbit.fit(box.min, box.max, this.aspect);
    this.redraw();
  }

  section(section: Section): void {
    this.plane = section ? new Plane(NORMALS[section.axis].clone(), section.at) : undefined;
    this.redraw();
  }

  /** Straight lines given by pairs of points, 6 numbers each. */
  lines(where: 'grid' | 'marks' | 'rule', points: Float32Array, colour: string, dashed = false): void {
    const group = { grid: this.gridLines, marks: this.marks, rule: this.rule }[where];
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(points, 3));
    const size = this.size();
    const material = dashed
      ? new LineDashedMaterial({ color: colour, dashSize: size / 60, gapSize: size / 90 })
      : new LineBasicMaterial({ color: colour });
    if (where === 'grid') {
      material.transparent = true;
      material.opacity = 0.45;
    }
    if (where !== 'grid') material.depthTest = false;
    const lines = new LineSegments(geometry, material);
    if (where === 'marks') group.add(middle(points, colour));
    if (dashed) lines.computeLineDistances();
    if (where !== 'grid') lines.renderOrder = 10;
    group.add(lines);
    this.redraw();
  }

  clear(where: 'grid' | 'marks' | 'rule'): void {
    const group = { grid: this.gridLines, marks: this.marks, rule: this.rule }[where];
    for (const object of [...group.children] as (Object3D & { geometry: BufferGeometry })[]) {
      group.remove(object);
      object.geometry.dispose();
    }
    this.redraw();
  }

  /** What is under a pixel of the canvas. */
  pick(x: number, y: number, withPoint = false): Hit | undefined {
    const camera = this.orbit.camera(this.aspect);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    camera.setViewOffset(width, height, Math.floor(x), Math.floor(y), 1, 1);
    this.renderer.clippingPlanes = this.plane ? [this.plane] : [];
    this.renderer.setRenderTarget(this.target);
    const before = this.renderer.getClearColor(new Color());
    const alpha = this.renderer.getClearAlpha();
    this.renderer.setClearColor(0x000000, 0);
    this.renderer.clear();
    this.renderer.render(this.numbers, camera);
    this.renderer.setRenderTarget(null);
    this.renderer.setClearColor(before, alpha);
    camera.clearViewOffset();
    const pixel = new Uint8Array(4);
    this.renderer.readRenderTargetPixels(this.target, 0, 0, 1, 1, pixel);
    const [low, high, faceLow, faceHigh] = pixel as unknown as [number, number, number, number];
    const body = this.numbered[low + 256 * high - 1];
    if (!body) return undefined;
    return {
      path: body.path,
      face: faceLow + 256 * (faceHigh - 1),
      point: withPoint ? this.pointOn(body, x, y) : undefined,
    };
  }

  /** The point of a body under a pixel, drawn to a corner of the triangle if one is near. */
  private pointOn(body: Body, x: number, y: number): Vector3 | undefined {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const camera = this.orbit.camera(this.aspect);
    const caster = new Raycaster();
    caster.setFromCamera(new Vector2((x / width) * 2 - 1, 1 - (y / height) * 2), camera);
    body.group.updateMatrixWorld(true);
    const hits = caster.intersectObject(body.mesh, false);
    const hit = hits.find((one) => !this.plane || this.plane.distanceToPoint(one.point) >= 0);
    if (!hit?.face) return undefined;
    let best = hit.point;
    let least = 9;
    for (const corner of [hit.face.a, hit.face.b, hit.face.c]) {
      const point = new Vector3()
        .fromBufferAttribute(body.mesh.geometry.getAttribute('position') as BufferAttribute, corner)
        .applyMatrix4(body.mesh.matrixWorld);
      const [px, py] = this.project(point);
      const distance = Math.hypot(px - x, py - y);
      if (distance < least) [least, best] = [distance, point];
    }
    return best.clone();
  }

  /** Where a point of the model is on the canvas. */
  project(point: Vector3): [number, number] {
    const spot = point.clone().project(this.orbit.camera(this.aspect));
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
    for (const body of this.bodies.values()) body.dispose();
    this.bodies.clear();
    this.target.dispose();
    this.renderer.dispose();
  }
}
