// A body in the scene: its surface, its edges, and the same surface drawn in numbers for picking.
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DoubleSide,
  Group,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshStandardMaterial,
  ShaderMaterial,
} from 'three';
import type { Surface } from '../../model/data/mesh';

/** Draws the number of the body and of the face as a colour. */
function pickingMaterial(number: number): ShaderMaterial {
  return new ShaderMaterial({
    clipping: true,
    side: DoubleSide,
    uniforms: { body: { value: number } },
    vertexShader: `
      attribute float face;
      varying float vFace;
      #include <clipping_planes_pars_vertex>
      void main() {
        #include <begin_vertex>
        #include <project_vertex>
        #include <clipping_planes_vertex>
        vFace = face;
      }`,
    fragmentShader: `
      uniform float body;
      varying float vFace;
      #include <clipping_planes_pars_fragment>
      void main() {
        #include <clipping_planes_fragment>
        float f = floor(vFace + 0.5);
        gl_FragColor = vec4(mod(body, 256.0), floor(body / 256.0), mod(f, 256.0), 1.0 + mod(floor(f / 256.0), 255.0)) / 255.0;
      }`,
  });
}

export interface BodyLook {
  colour: string;
  selected: boolean;
  hovered: boolean;
  wireframe: boolean;
  transparent: boolean;
  edges: boolean;
  dark: boolean;
}

export class Body {
  readonly group = new Group();
  readonly mesh: Mesh<BufferGeometry, MeshStandardMaterial>;
  readonly picking: Mesh<BufferGeometry, ShaderMaterial>;
  private readonly lines: LineSegments<BufferGeometry, LineBasicMaterial>;
  private facePatch: Mesh<BufferGeometry, MeshStandardMaterial> | undefined;

  constructor(
    readonly path: string,
    readonly surface: Surface,
    number: number,
    /** Sheets lie on the faces of solids and are drawn before them. */
    sheet: boolean,
  ) {
    const offset = { polygonOffset: true, polygonOffsetFactor: sheet ? -1 : 1, polygonOffsetUnits: sheet ? -4 : 1 };
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(surface.positions, 3));
    geometry.setAttribute('normal', new BufferAttribute(surface.normals, 3, true));
    geometry.setAttribute('face', new BufferAttribute(surface.faces, 1));
    geometry.setIndex(new BufferAttribute(surface.indices, 1));
    this.mesh = new Mesh(
      geometry,
      new MeshStandardMaterial({
        roughness: 0.62,
        metalness: 0.12,
        side: DoubleSide,
        ...offset,
      }),
    );
    const edges = new BufferGeometry();
    edges.setAttribute('position', new BufferAttribute(surface.edges, 3));
    this.lines = new LineSegments(edges, new LineBasicMaterial());
    this.picking = new Mesh(geometry, pickingMaterial(number));
    Object.assign(this.picking.material, offset);
    this.group.add(this.mesh, this.lines);
    for (const object of [this.group, this.picking]) object.position.set(...surface.origin);
    this.picking.updateMatrixWorld();
  }

  dress(look: BodyLook): void {
    const { material } = this.mesh;
    material.color = new Color(look.colour);
    if (look.selected) material.color.lerp(new Color('#2d86ea'), 0.72);
    material.emissive = new Color(look.selected ? '#0b3a78' : '#ffffff');
    material.emissiveIntensity = look.selected ? 0.35 : look.hovered ? 0.08 : 0;
    material.wireframe = look.wireframe;
    const clear = look.transparent && !look.selected;
    material.transparent = clear;
    material.opacity = clear ? 0.32 : 1;
    material.depthWrite = !clear;
    material.needsUpdate = true;
    this.lines.visible = look.edges;
    this.lines.material.color = new Color(look.selected ? '#0b4c99' : look.dark ? '#0c0e10' : '#2a3440');
    if (look.selected && look.dark) this.lines.material.color = new Color('#9fd0ff');
  }

  /** Marks one face, or none. */
  markFace(face: number | undefined): void {
    if (this.facePatch) {
      this.group.remove(this.facePatch);
      this.facePatch.geometry.dispose();
      this.facePatch.material.dispose();
      this.facePatch = undefined;
    }
    if (face === undefined) return;
    const { indices, faces } = this.surface;
    const chosen: number[] = [];
    for (let at = 0; at < indices.length; at += 3) {
      if (faces[indices[at] as number] === face)
        chosen.push(indices[at] as number, indices[at + 1] as number, indices[at + 2] as number);
    }
    const geometry = new BufferGeometry();
    for (const name of ['position', 'normal']) geometry.setAttribute(name, this.mesh.geometry.getAttribute(name));
    geometry.setIndex(chosen);
    this.facePatch = new Mesh(
      geometry,
      new MeshStandardMaterial({ color: '#ff9d2e', roughness: 0.7, side: DoubleSide }),
    );
    this.group.add(this.facePatch);
  }

  dispose(): void {
    this.markFace(undefined);
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.lines.geometry.dispose();
    this.lines.material.dispose();
    this.picking.material.dispose();
  }
}
