// What is under the pointer: the nearest surface by the tree of boxes, edges and points by how far they are from
// the pointer on the screen, as long as no surface hides them.
import { type Camera, DoubleSide, type Matrix4, type Plane, Ray, Vector2, Vector3 } from 'three';
import type { Part, PickKind, Place } from '../../model/picking';
import type { Body } from './body';

export interface Hit extends Part {
  /** True for a point that was drawn to a corner, a middle or a centre. */
  snapped?: boolean;
}

export interface Sight {
  camera: Camera;
  width: number;
  height: number;
  bodies: Iterable<Body>;
  /** What is behind one of these is cut off. */
  planes: readonly Plane[];
}

/** How near the pointer must be, in pixels. */
const NEAR_EDGE = 7;
const NEAR_POINT = 12;

interface Surfaced {
  body: Body;
  face: number;
  at: Vector3;
  distance: number;
}

export function rayAt({ camera, width, height }: Sight, x: number, y: number): Ray {
  const spot = new Vector2((x / width) * 2 - 1, 1 - (y / height) * 2);
  const ray = new Ray();
  // From the near plane on, whatever the projection.
  ray.origin.set(spot.x, spot.y, -1).unproject(camera);
  ray.direction.set(spot.x, spot.y, 1).unproject(camera).sub(ray.origin).normalize();
  return ray;
}

/** The part of a ray that the section planes leave. */
function leftOver(ray: Ray, planes: readonly Plane[]): [number, number] {
  let [near, far] = [0, Infinity];
  for (const plane of planes) {
    const [slope, height] = [plane.normal.dot(ray.direction), plane.distanceToPoint(ray.origin)];
    if (Math.abs(slope) < 1e-12) {
      if (height < 0) return [0, -1];
    } else if (slope > 0) near = Math.max(near, -height / slope);
    else far = Math.min(far, -height / slope);
  }
  return [near, far];
}

/** The nearest surface under a pixel; where a section cuts a solid, the cut. */
export function surfaceUnder(sight: Sight, x: number, y: number): Surfaced | undefined {
  const ray = rayAt(sight, x, y);
  const [near, far] = leftOver(ray, sight.planes);
  if (far <= near) return undefined;
  let best: Surfaced | undefined;
  for (const body of sight.bodies) {
    if (!body.group.visible || !body.tree) continue;
    const own = new Ray(ray.origin.clone().sub(body.group.position), ray.direction);
    const hit = body.tree.raycastFirst(own, DoubleSide, near, far);
    if (!hit) continue;
    // Seen from within, a surface is behind the cut.
    const cut = near > 0 && !body.sheet && hit.face && hit.face.normal.dot(ray.direction) > 0;
    const distance = cut ? near : hit.distance;
    if (best && best.distance <= distance) continue;
    const corner = body.surface.indices[(hit.faceIndex ?? 0) * 3];
    best = { body, face: body.surface.faces[corner], at: ray.at(distance, new Vector3()), distance };
  }
  return best;
}

/** Numbers by which points are put on the screen: x, y in pixels and depth. */
function screen(
  matrix: Matrix4,
  width: number,
  height: number,
): (x: number, y: number, z: number, out: number[]) => void {
  const m = matrix.elements;
  return (x, y, z, out) => {
    const w = m[3] * x + m[7] * y + m[11] * z + m[15] || 1e-30;
    out[0] = (((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) / 2) * width;
    out[1] = ((1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) / 2) * height;
    out[2] = (m[2] * x + m[6] * y + m[10] * z + m[14]) / w;
  };
}

function viewMatrix({ camera }: Sight, body?: Body): Matrix4 {
  const matrix = camera.projectionMatrix.clone().multiply(camera.matrixWorldInverse);
  return body ? matrix.multiply(body.group.matrixWorld) : matrix;
}

/** How far a pixel is from a line on the screen, and where along it. */
export function fromLine(x: number, y: number, a: readonly number[], b: readonly number[]): [number, number] {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const share = square > 0 ? Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / square)) : 0;
  return [Math.hypot(x - a[0] - share * dx, y - a[1] - share * dy), share];
}

/** True where nothing lies before a point of the model. */
function unhidden(sight: Sight, at: Vector3): boolean {
  if (sight.planes.some((plane) => plane.distanceToPoint(at) < -1e-9)) return false;
  const spot = at.clone().project(sight.camera);
  const [x, y] = [((spot.x + 1) / 2) * sight.width, ((1 - spot.y) / 2) * sight.height];
  const found = surfaceUnder(sight, x, y);
  if (!found) return true;
  const ray = rayAt(sight, x, y);
  const pixel = rayAt(sight, x + 1, y).origin.distanceTo(ray.origin);
  return found.distance >= at.clone().sub(ray.origin).dot(ray.direction) - 3 * pixel;
}

export function edgeUnder(sight: Sight, x: number, y: number): Hit | undefined {
  const near: { distance: number; hit: Hit; at: Vector3 }[] = [];
  for (const body of sight.bodies) {
    const { edges, edgeOf } = body.surface;
    if (!body.group.visible || !edgeOf) continue;
    const put = screen(viewMatrix(sight, body), sight.width, sight.height);
    const [a, b] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    let [least, line, share] = [NEAR_EDGE, -1, 0];
    for (let at = 0; at < edgeOf.length; at += 1) {
      put(edges[at * 6], edges[at * 6 + 1], edges[at * 6 + 2], a);
      put(edges[at * 6 + 3], edges[at * 6 + 4], edges[at * 6 + 5], b);
      const [distance, along] = fromLine(x, y, a, b);
      // Of edges over each other the nearest to the eye.
      if (distance < least - 0.5 || (distance < least + 0.5 && line >= 0 && a[2] < depth(edges, line, put))) {
        const point = pointOn(body, at, along);
        if (!unhidden(sight, point)) continue;
        [least, line, share] = [Math.min(distance, least), at, along];
      }
    }
    if (line < 0) continue;
    const at = pointOn(body, line, share);
    near.push({ distance: least, at, hit: { path: body.path, kind: 'edge', index: edgeOf[line], at: at.toArray() } });
  }
  near.sort((one, other) => one.distance - other.distance);
  return near[0]?.hit;
}

function depth(edges: Float32Array, line: number, put: ReturnType<typeof screen>): number {
  const out = [0, 0, 0];
  put(edges[line * 6], edges[line * 6 + 1], edges[line * 6 + 2], out);
  return out[2] - 1e-6;
}

function pointOn(body: Body, line: number, share: number): Vector3 {
  const { edges } = body.surface;
  const a = new Vector3().fromArray(edges, line * 6);
  return a.lerp(new Vector3().fromArray(edges, line * 6 + 3), share).add(body.group.position);
}

export function pointUnder(sight: Sight, x: number, y: number): Hit | undefined {
  const found: { distance: number; at: Place; path: string; index: number }[] = [];
  const put = screen(viewMatrix(sight), sight.width, sight.height);
  const spot = [0, 0, 0];
  for (const body of sight.bodies) {
    if (!body.group.visible) continue;
    body.snaps.forEach((at, index) => {
      put(at[0], at[1], at[2], spot);
      const distance = Math.hypot(spot[0] - x, spot[1] - y);
      if (distance < NEAR_POINT) found.push({ distance, at, path: body.path, index });
    });
  }
  found.sort((one, other) => one.distance - other.distance);
  const snap = found.slice(0, 8).find(({ at }) => unhidden(sight, new Vector3(...at)));
  if (snap) return { path: snap.path, kind: 'point', index: snap.index, at: snap.at, snapped: true };
  const surface = surfaceUnder(sight, x, y);
  return surface && { path: surface.body.path, kind: 'point', index: -1, at: surface.at.toArray() };
}

/** What of a kind is under a pixel of the canvas. */
export function pick(sight: Sight, x: number, y: number, kind: PickKind): Hit | undefined {
  if (kind === 'edge') return edgeUnder(sight, x, y);
  if (kind === 'point') return pointUnder(sight, x, y);
  const found = surfaceUnder(sight, x, y);
  return found && { path: found.body.path, kind, index: kind === 'face' ? found.face : 0, at: found.at.toArray() };
}
