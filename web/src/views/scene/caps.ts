// Section planes close what they cut: for each solid and plane the cut surface is found by counting front and back
// faces in the stencil buffer, and its outline by asking the tree of boxes for the triangles that cross the plane.
import {
  AlwaysStencilFunc,
  BackSide,
  BufferAttribute,
  BufferGeometry,
  type Color,
  DecrementWrapStencilOp,
  DoubleSide,
  FrontSide,
  Group,
  IncrementWrapStencilOp,
  LineBasicMaterial,
  LineSegments,
  type Material,
  Mesh,
  MeshBasicMaterial,
  NotEqualStencilFunc,
  Plane,
  PlaneGeometry,
  ReplaceStencilOp,
  ShaderMaterial,
  type Side,
  Vector3,
  type WebGLRenderer,
} from 'three';
import type { Body } from './body';
import { cutColour } from './plain';

/** Caps follow all bodies in the order of drawing. */
const FIRST_ORDER = 1;

/** Writes the stencil and nothing else. */
function counting(side: Side, plane: Plane): MeshBasicMaterial {
  return new MeshBasicMaterial({
    side,
    depthWrite: false,
    depthTest: false,
    colorWrite: false,
    stencilWrite: true,
    stencilFunc: AlwaysStencilFunc,
    stencilZPass: side === BackSide ? IncrementWrapStencilOp : DecrementWrapStencilOp,
    clippingPlanes: [plane],
  });
}

/** A plain colour with the hatch of a cut, the same at any zoom. */
function hatched(colour: Color, others: Plane[]): ShaderMaterial {
  return new ShaderMaterial({
    side: DoubleSide,
    clipping: true,
    clippingPlanes: others,
    stencilWrite: true,
    stencilRef: 0,
    stencilFunc: NotEqualStencilFunc,
    stencilFail: ReplaceStencilOp,
    stencilZFail: ReplaceStencilOp,
    stencilZPass: ReplaceStencilOp,
    polygonOffset: true,
    polygonOffsetFactor: -1,
    polygonOffsetUnits: -1,
    uniforms: { colour: { value: colour } },
    vertexShader: `
      #include <clipping_planes_pars_vertex>
      void main() {
        #include <begin_vertex>
        #include <project_vertex>
        #include <clipping_planes_vertex>
      }`,
    fragmentShader: `
      uniform vec3 colour;
      #include <clipping_planes_pars_fragment>
      void main() {
        #include <clipping_planes_fragment>
        float stripe = mod(gl_FragCoord.x - gl_FragCoord.y, 9.0);
        gl_FragColor = vec4(stripe < 1.3 ? colour * 0.55 : colour, 1.0);
        #include <colorspace_fragment>
      }`,
  });
}

/** Where the triangles of a body cross a plane, as pairs of points in the body's own coordinates. */
export function outline(body: Pick<Body, 'tree' | 'group'>, plane: Plane): number[] {
  const points: number[] = [];
  const own = new Plane(plane.normal, plane.distanceToPoint(body.group.position));
  const ends = [new Vector3(), new Vector3(), new Vector3()];
  body.tree?.shapecast({
    intersectsBounds: (box) => own.intersectsBox(box),
    intersectsTriangle: ({ a, b, c }) => {
      let found = 0;
      for (const [p, q] of [
        [a, b],
        [b, c],
        [c, a],
      ] as const) {
        const [dp, dq] = [own.distanceToPoint(p), own.distanceToPoint(q)];
        // A corner on the plane belongs to the positive side, so that it is counted once.
        if (dp >= 0 === dq >= 0) continue;
        ends[found++].lerpVectors(p, q, dp / (dp - dq));
      }
      if (found === 2) points.push(...ends[0].toArray(), ...ends[1].toArray());
      return false;
    },
  });
  return points;
}

export class Caps {
  readonly group = new Group();

  clear(): void {
    for (const child of [...this.group.children] as Mesh[]) {
      this.group.remove(child);
      (child.material as Material).dispose();
      // The surfaces belong to the bodies.
      if (child.userData.own) child.geometry.dispose();
    }
  }

  /** Fills what is cut, or draws outlines alone. */
  update(bodies: Iterable<Body>, planes: readonly Plane[], filled: boolean, dark: boolean): void {
    this.clear();
    let order = FIRST_ORDER;
    const sorted = [...bodies].filter((body) => body.group.visible).sort((a, b) => a.priority - b.priority);
    for (const plane of planes) {
      const others = planes.filter((other) => other !== plane);
      for (const body of sorted) {
        const points = outline(body, plane);
        if (points.length === 0) continue;
        if (!body.sheet && filled) order = this.cap(body, plane, others, order);
        this.line(body, points, others, order, dark);
      }
    }
  }

  /** Counts in the levels that the bodies are shown in now. */
  follow(): void {
    for (const child of this.group.children as Mesh[]) {
      const { body } = child.userData as { body?: Body };
      if (body) child.geometry = body.mesh.geometry;
    }
  }

  private cap(body: Body, plane: Plane, others: Plane[], order: number): number {
    for (const side of [BackSide, FrontSide]) {
      const count = new Mesh(body.mesh.geometry, counting(side, plane));
      count.userData.body = body;
      count.position.copy(body.group.position);
      count.renderOrder = order;
      this.group.add(count);
    }
    // As large as the body can be cut, and no larger: each of its pixels is looked at.
    const across = body.size * 1.05;
    const cap = new Mesh(new PlaneGeometry(across, across), hatched(cutColour(body.material.color), others));
    cap.userData.own = true;
    plane.projectPoint(body.middle, cap.position);
    cap.lookAt(new Vector3().addVectors(cap.position, plane.normal));
    cap.renderOrder = order + 1;
    cap.onAfterRender = (renderer: WebGLRenderer) => renderer.clearStencil();
    this.group.add(cap);
    return order + 2;
  }

  private line(body: Body, points: number[], others: Plane[], order: number, dark: boolean): void {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(Float32Array.from(points), 3));
    const colour = body.sheet ? `#${body.material.color.getHexString()}` : dark ? '#0c0e10' : '#1b232d';
    const line = new LineSegments(geometry, new LineBasicMaterial({ color: colour, clippingPlanes: others }));
    line.userData.own = true;
    line.position.copy(body.group.position);
    line.renderOrder = order;
    this.group.add(line);
  }
}
