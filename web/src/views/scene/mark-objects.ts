// Marks as objects of the scene. What is behind a body shines through, so that a small port is found.
import {
  BufferAttribute,
  BufferGeometry,
  ConeGeometry,
  CylinderGeometry,
  DoubleSide,
  Group,
  type Material,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  Points,
  Quaternion,
  Vector3,
} from 'three';
import type { Mark } from './drawing';
import { dots, thickLines } from './highlights';
import { fromLine } from './picker';

const CHOSEN = '#2d86ea';
const HOVERED = '#ff8a1f';
const UP = new Vector3(0, 1, 0);

/** A label to be written over the picture. */
export interface Label {
  path: string;
  at: Vector3;
  text: string;
  colour: string;
}

/** A shaft and a cone from one point to another, seen through what is before it, but faintly. */
function arrow(from: Vector3, to: Vector3, colour: string): Group {
  const group = new Group();
  const length = from.distanceTo(to);
  if (length === 0) return group;
  const head = Math.min(length * 0.42, length);
  const parts: [BufferGeometry, number][] = [
    [new CylinderGeometry(length * 0.045, length * 0.045, length - head, 12), (length - head) / 2],
    [new ConeGeometry(length * 0.14, head, 18), length - head / 2],
  ];
  for (const [geometry, at] of parts) {
    geometry.translate(0, at, 0);
    const faint = new MeshBasicMaterial({ color: colour, transparent: true, opacity: 0.38, depthTest: false });
    const behind = new Mesh(geometry, faint);
    behind.renderOrder = 9_000;
    group.add(behind, new Mesh(geometry, new MeshLambertMaterial({ color: colour })));
  }
  group.position.copy(from);
  group.quaternion.copy(new Quaternion().setFromUnitVectors(UP, to.clone().sub(from).normalize()));
  return group;
}

function plate(corners: readonly (readonly number[])[], colour: string, strong: boolean): Mesh {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(Float32Array.from(corners.flat()), 3));
  geometry.setIndex([0, 1, 2, 0, 2, 3]);
  const material = new MeshBasicMaterial({
    color: colour,
    transparent: true,
    opacity: strong ? 0.26 : 0.11,
    side: DoubleSide,
    depthWrite: false,
  });
  return new Mesh(geometry, material);
}

/** A dot of the same size at any zoom. */
function middleOf(lines: readonly number[]): number[] {
  const sum = [0, 0, 0];
  lines.forEach((value, at) => {
    sum[at % 3] += value / (lines.length / 3);
  });
  return sum;
}

export class Marks {
  readonly group = new Group();
  marks: readonly Mark[] = [];
  labels: Label[] = [];

  show(marks: readonly Mark[], chosen: readonly string[], hovered: string): void {
    this.clear();
    this.marks = marks;
    for (const mark of marks) {
      const selected = chosen.includes(mark.path);
      const near = hovered === mark.path;
      const colour = mark.quiet ? mark.colour : selected ? CHOSEN : near ? HOVERED : mark.colour;
      const strong = (selected || near) && !mark.quiet;
      if (mark.lines.length > 0) {
        const thin = mark.arrows.length === 0 || mark.quiet === true;
        const lines = thickLines(mark.lines, colour, strong ? 3 : thin ? 1.1 : 1.6, thin && !strong);
        if (thin && !strong && !selected) Object.assign(lines.material, { transparent: true, opacity: 0.65 });
        this.group.add(lines);
      }
      for (const [from, to] of mark.arrows) this.group.add(arrow(new Vector3(...from), new Vector3(...to), colour));
      for (const corners of mark.plates) this.group.add(plate(corners, colour, strong));
      if (mark.arrows.length === 1) this.group.add(dots(middleOf(mark.arrows[0].flat()), colour, strong ? 9 : 6));
      if (mark.pins?.length) this.group.add(dots(mark.pins.flat(), colour, 8));
      for (const { at, text } of mark.labels)
        this.labels.push({ path: mark.path, at: new Vector3(...at), text, colour });
    }
  }

  private clear(): void {
    this.labels = [];
    this.group.traverse((object) => {
      if (!(object instanceof Mesh || object instanceof Points)) return;
      object.geometry.dispose();
      (object.material as Material).dispose();
    });
    this.group.clear();
  }
}

/** How near the pointer must be to a line of a mark, and to its label, in pixels. */
const NEAR = { line: 7, label: 12 };

/** The mark whose lines or label are under a pixel; `project` tells where a point is on the canvas. */
export function markUnder(
  { marks, labels }: Marks,
  project: (point: Vector3) => [number, number],
  x: number,
  y: number,
): string | undefined {
  let best: string | undefined;
  let least = NEAR.line;
  const [a, b] = [new Vector3(), new Vector3()];
  for (const mark of marks) {
    for (let at = 0; at + 5 < mark.lines.length; at += 6) {
      const from = project(a.fromArray(mark.lines, at));
      const to = project(b.fromArray(mark.lines, at + 3));
      const [distance] = fromLine(x, y, from, to);
      if (distance < least) [least, best] = [distance, mark.path];
    }
  }
  for (const label of labels) {
    const [lx, ly] = project(label.at);
    if (Math.hypot(lx - x, ly - y) < NEAR.label) best = label.path;
  }
  return best;
}
