// What is picked, pointed at and measured in the 3-D scene: finding it under a pixel, and showing it.
import { AmbientLight, type Camera, type Plane, type Scene, type Vector3 } from 'three';
import type { Part, PickKind } from '../../model/picking';
import type { Body } from './body';
import { Highlights, type Veil } from './highlights';
import { Lines } from './lines';
import { Marks, markUnder } from './mark-objects';
import { type Hit, pick } from './picker';

const COLOUR = '#ff8a1f';

/** The scene that is pointed at. */
export interface Target {
  readonly canvas: HTMLCanvasElement;
  readonly scene: Scene;
  /** What lies over the kept picture. */
  readonly over: Scene;
  readonly bodies: ReadonlyMap<string, Body>;
  readonly marks: Marks;
  readonly planes: Plane[];
  camera(): Camera;
  /** Where a point of the model is on the canvas. */
  project(point: Vector3): [number, number];
  /** What is laid over a body that is pointed at. */
  veil(body: Body): Veil;
  redraw(): void;
  /** What lies over the picture has changed. */
  overlaid(): void;
}

export class Pointing {
  private readonly rule = new Lines();
  private readonly picked = new Highlights(COLOUR);
  private readonly hovered = new Highlights(COLOUR);
  private readonly hoveredMark = new Marks();
  /** What `pointOut` showed last. */
  private pointedAt = '';

  constructor(private readonly target: Target) {
    target.scene.add(this.rule.group, this.picked.group);
    target.over.add(this.hovered.group, this.hoveredMark.group, new AmbientLight(0xffffff, Math.PI));
  }

  /** For a frame of a view that moves, of about so many triangles; `Infinity` gives everything back. */
  lighten(triangles: number): void {
    this.picked.lighten(triangles);
  }

  /** The line that is measured. */
  measure(points: readonly number[]): void {
    this.rule.rule(points);
    this.target.redraw();
  }

  /** Shows what is picked. */
  pickOut(parts: readonly Part[]): void {
    this.picked.show(parts, this.target.bodies, this.target.planes);
    this.target.redraw();
  }

  /** Shows what the pointer is on: over the picture, which needs not be drawn anew. */
  pointOut(parts: readonly Part[], mark = ''): void {
    const { target } = this;
    const key = [
      mark,
      ...parts.map(({ path, kind, index, at }) => `${path} ${kind} ${kind === 'point' ? at : index}`),
    ].join();
    if (key === this.pointedAt) return;
    this.pointedAt = key;
    this.hovered.show(parts, target.bodies, target.planes, (body) => target.veil(body));
    const marks = target.marks.marks.filter(({ path, quiet }) => path === mark && !quiet);
    this.hoveredMark.show(marks, [], mark);
    target.overlaid();
  }

  /** What is under a pixel of the canvas. */
  pick(x: number, y: number, kind: PickKind): Hit | undefined {
    const { canvas, planes, bodies } = this.target;
    const { clientWidth: width, clientHeight: height } = canvas;
    // An iterator can be walked once; picking walks several times.
    return pick({ camera: this.target.camera(), width, height, bodies: [...bodies.values()], planes }, x, y, kind);
  }

  /** The mark whose lines or label are under a pixel. */
  markAt(x: number, y: number): string | undefined {
    return markUnder(this.target.marks, (point) => this.target.project(point), x, y);
  }
}
