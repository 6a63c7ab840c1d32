// What is picked, and what is under the pointer: faces as patches, edges as thick lines, points as dots.
import {
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  DoubleSide,
  Group,
  type Material,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  type Plane,
  Points,
  PointsMaterial,
} from 'three';
import { LineMaterial } from 'three/examples/jsm/lines/LineMaterial.js';
import { LineSegments2 } from 'three/examples/jsm/lines/LineSegments2.js';
import { LineSegmentsGeometry } from 'three/examples/jsm/lines/LineSegmentsGeometry.js';
import type { Part } from '../../model/picking';
import type { Body } from './body';

const ORDER = 10_000;

/** Lines of a width in pixels, given by pairs of points. */
export function thickLines(
  points: ArrayLike<number>,
  colour: string,
  width: number,
  depthTest: boolean,
): LineSegments2 {
  const geometry = new LineSegmentsGeometry().setPositions(Float32Array.from(points));
  const material = new LineMaterial({ color: colour, linewidth: width, depthTest, transparent: !depthTest });
  const lines = new LineSegments2(geometry, material);
  lines.renderOrder = ORDER;
  return lines;
}

let disc: CanvasTexture | undefined;

/** A round spot; points would be drawn as squares. */
function round(): CanvasTexture {
  if (disc) return disc;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [32, 32];
  const context = canvas.getContext('2d');
  if (context) {
    context.fillStyle = '#fff';
    context.arc(16, 16, 15, 0, 2 * Math.PI);
    context.fill();
  }
  disc = new CanvasTexture(canvas);
  return disc;
}

export function dots(points: ArrayLike<number>, colour: string, size: number): Points {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(Float32Array.from(points), 3));
  const material = new PointsMaterial({
    color: colour,
    size,
    sizeAttenuation: false,
    map: round(),
    depthTest: false,
    transparent: true,
  });
  const found = new Points(geometry, material);
  found.renderOrder = ORDER + 1;
  return found;
}

function facePatch({ surface, mesh }: Body, face: number, colour: string, planes: Plane[]): Object3D {
  const { indices, faces } = surface;
  const chosen: number[] = [];
  for (let at = 0; at < indices.length; at += 3) {
    if (faces[indices[at]] === face) chosen.push(indices[at], indices[at + 1], indices[at + 2]);
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', mesh.geometry.getAttribute('position'));
  geometry.setIndex(chosen);
  const material = new MeshBasicMaterial({
    color: colour,
    side: DoubleSide,
    transparent: true,
    opacity: 0.62,
    depthWrite: false,
    polygonOffset: true,
    polygonOffsetFactor: -2,
    polygonOffsetUnits: -6,
    clippingPlanes: planes,
  });
  const patch = new Mesh(geometry, material);
  patch.userData.shared = true;
  return patch;
}

function edgeLine({ surface }: Body, edge: number, colour: string): Object3D | undefined {
  const points: number[] = [];
  surface.edgeOf?.forEach((one, at) => {
    if (one === edge) points.push(...surface.edges.subarray(at * 6, at * 6 + 6));
  });
  return points.length > 0 ? thickLines(points, colour, 4, false) : undefined;
}

export class Highlights {
  readonly group = new Group();

  constructor(private readonly colour: string) {}

  show(parts: readonly Part[], bodies: ReadonlyMap<string, Body>, planes: Plane[]): void {
    this.clear();
    for (const part of parts) {
      const body = bodies.get(part.path);
      let made: Object3D | undefined;
      if (part.kind === 'point') made = dots(part.at, this.colour, 11);
      else if (!body?.group.visible) continue;
      else if (part.kind === 'face') made = facePatch(body, part.index, this.colour, planes);
      else if (part.kind === 'edge') made = edgeLine(body, part.index, this.colour);
      if (!made) continue;
      if (body && part.kind !== 'point') made.position.copy(body.group.position);
      this.group.add(made);
    }
  }

  clear(): void {
    for (const child of [...this.group.children] as Mesh[]) {
      this.group.remove(child);
      (child.material as Material).dispose();
      // A patch has the points of its body, which stay.
      if (child.userData.shared) child.geometry.deleteAttribute('position');
      child.geometry.dispose();
    }
  }
}
