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
  type Vector3,
} from 'three';
import { LineMaterial } from 'three/examples/jsm/lines/LineMaterial.js';
import { LineSegments2 } from 'three/examples/jsm/lines/LineSegments2.js';
import { LineSegmentsGeometry } from 'three/examples/jsm/lines/LineSegmentsGeometry.js';
import type { Surface } from '../../model/data/mesh';
import type { Part } from '../../model/picking';
import type { Body } from './body';

const ORDER = 10_000;
/** Of a body with more pieces of edges, they are not shown with it. */
const MOST_EDGES = 4_000;

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
  // Beside the canvas a picture may have more pixels than the canvas itself has now.
  found.onBeforeRender = (renderer) => {
    material.size = size * ((renderer.getRenderTarget()?.height ?? 0) / renderer.domElement.height || 1);
  };
  found.renderOrder = ORDER + 1;
  return found;
}

/** The corners of each face's triangles, and where those of a face begin. */
interface ByFace {
  corners: Uint32Array;
  starts: Uint32Array;
}

const sortedByFace = new WeakMap<Surface, ByFace>();

/** Sorted once for each surface: the pointer goes over many faces, and a surface may have a million triangles. */
function byFace(surface: Surface): ByFace {
  const known = sortedByFace.get(surface);
  if (known) return known;
  const { indices, faces } = surface;
  const faceAt = (at: number) => faces[indices[at] as number] as number;
  let most = 0;
  for (const face of faces) most = Math.max(most, face);
  const starts = new Uint32Array(most + 2);
  for (let at = 0; at < indices.length; at += 3) (starts[faceAt(at) + 1] as number) += 3;
  for (let face = 1; face < starts.length; face += 1) (starts[face] as number) += starts[face - 1] as number;
  const next = starts.slice();
  const corners = new Uint32Array(indices.length);
  for (let at = 0; at < indices.length; at += 3) {
    const face = faceAt(at);
    corners.set(indices.subarray(at, at + 3), next[face]);
    (next[face] as number) += 3;
  }
  const found = { corners, starts };
  sortedByFace.set(surface, found);
  return found;
}

function facePatch({ surface, mesh }: Body, face: number, colour: string, planes: Plane[]): Object3D {
  const { corners, starts } = byFace(surface);
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', mesh.geometry.getAttribute('position'));
  geometry.setIndex(new BufferAttribute(corners.subarray(starts[face] ?? 0, starts[face + 1] ?? 0), 1));
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

/** A body under the pointer: a veil over its surface, before it by as much as its level may be wrong, and its edges. */
function veiled({ geometry, edges, before }: Veil, colour: string, planes: Plane[]): Object3D[] {
  const veil = new Mesh(
    geometry,
    new MeshBasicMaterial({
      color: '#ffffff',
      transparent: true,
      opacity: 0.3,
      depthWrite: false,
      clippingPlanes: planes,
    }),
  );
  veil.userData.kept = true;
  const found: Object3D[] = [veil];
  if (edges.length > 0 && edges.length <= 6 * MOST_EDGES) {
    const lines = thickLines(edges, colour, 2, true);
    (lines.material as Material).clippingPlanes = planes;
    found.push(lines);
  }
  for (const one of found) one.position.copy(before);
  return found;
}

/** What a body is covered with. */
export interface Veil {
  geometry: BufferGeometry;
  edges: Float32Array;
  before: Vector3;
}

export class Highlights {
  readonly group = new Group();

  constructor(private readonly colour: string) {}

  /** Bodies are shown where `veilOf` tells how. */
  show(
    parts: readonly Part[],
    bodies: ReadonlyMap<string, Body>,
    planes: Plane[],
    veilOf?: (body: Body) => Veil,
  ): void {
    this.clear();
    for (const part of parts) {
      const body = bodies.get(part.path);
      let made: (Object3D | undefined)[] = [];
      if (part.kind === 'point') made = [dots(part.at, this.colour, 11)];
      else if (!body?.group.visible) continue;
      else if (part.kind === 'face') made = [facePatch(body, part.index, this.colour, planes)];
      else if (part.kind === 'edge') made = [edgeLine(body, part.index, this.colour)];
      else if (veilOf) made = veiled(veilOf(body), this.colour, planes);
      for (const one of made) {
        if (!one) continue;
        if (body && part.kind !== 'point') one.position.add(body.group.position);
        this.group.add(one);
      }
    }
  }

  /** For a frame of a view that moves, of about so many triangles: without larger patches. */
  lighten(triangles: number): void {
    for (const child of this.group.children as Mesh[])
      child.visible = !child.userData.shared || (child.geometry.index?.count ?? 0) / 3 <= triangles / 2;
  }

  clear(): void {
    for (const child of [...this.group.children] as Mesh[]) {
      this.group.remove(child);
      (child.material as Material).dispose();
      if (child.userData.kept) continue;
      // A patch has the points of its body, which stay.
      if (child.userData.shared) child.geometry.deleteAttribute('position');
      child.geometry.dispose();
    }
  }
}
