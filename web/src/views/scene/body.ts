// A body in the scene: its surface and its edges, in the level that is shown.
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DoubleSide,
  Group,
  LineBasicMaterial,
  LineSegments,
  type Material,
  Mesh,
  MeshPhongMaterial,
  type Plane,
} from 'three';
import { MeshBVH } from 'three-mesh-bvh';
import type { Surface } from '../../model/data/mesh';
import type { Place } from '../../model/picking';
import type { Sorted } from './mesh.worker';

export interface BodyLook {
  colour: string;
  selected: boolean;
  hovered: boolean;
  wireframe: boolean;
  transparent: boolean;
  edges: boolean;
  /** False: only the edges are drawn. */
  faces: boolean;
  dark: boolean;
}

/** Geometry of a level, made once and kept while it may be shown again. */
interface Shape {
  surface: Surface;
  geometry: BufferGeometry;
  edges: BufferGeometry;
  tree: MeshBVH | undefined;
}

function shapeOf({ surface, tree }: Sorted): Shape {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(surface.positions, 3));
  geometry.setAttribute('normal', new BufferAttribute(surface.normals, 3, true));
  geometry.setIndex(new BufferAttribute(surface.indices, 1));
  const edges = new BufferGeometry();
  edges.setAttribute('position', new BufferAttribute(surface.edges, 3));
  return {
    surface,
    geometry,
    edges,
    tree: tree && MeshBVH.deserialize(tree, geometry, { setIndex: false }),
  };
}

export class Body {
  readonly group = new Group();
  readonly mesh: Mesh<BufferGeometry, Material>;
  readonly material: MeshPhongMaterial;
  readonly lines: LineSegments<BufferGeometry, LineBasicMaterial>;
  /** Ends, middles and centres that a point is drawn to; m. */
  snaps: readonly Place[] = [];
  /** Where bodies overlap in a section, the higher one is on top. */
  priority = 0;
  private shape: Shape;
  private readonly shapes = new Map<number, Shape>();

  constructor(
    readonly path: string,
    sorted: Sorted,
    level: number,
    /** Sheets lie on the faces of solids and are drawn before them. */
    readonly sheet: boolean,
  ) {
    this.shape = shapeOf(sorted);
    this.shapes.set(level, this.shape);
    this.material = new MeshPhongMaterial({
      shininess: 26,
      specular: '#2c3238',
      side: DoubleSide,
      polygonOffset: true,
      polygonOffsetFactor: sheet ? -1 : 1,
      polygonOffsetUnits: sheet ? -4 : 1,
    });
    this.mesh = new Mesh<BufferGeometry, Material>(this.shape.geometry, this.material);
    this.lines = new LineSegments(this.shape.edges, new LineBasicMaterial());
    this.group.add(this.mesh, this.lines);
    this.group.position.set(...this.surface.origin);
    this.group.updateMatrixWorld(true);
  }

  get surface(): Surface {
    return this.shape.surface;
  }

  get tree(): MeshBVH | undefined {
    return this.shape.tree;
  }

  has(level: number): boolean {
    return this.shapes.has(level);
  }

  /** Keeps a level that has been loaded. */
  add(level: number, sorted: Sorted): void {
    if (!this.shapes.has(level)) this.shapes.set(level, shapeOf(sorted));
  }

  /** Shows the level of this number, or the next coarser one that is there; tells whether that changed anything. */
  show(level: number): boolean {
    const known = [...this.shapes.keys()].sort((a, b) => a - b);
    const found = this.shapes.get(known.findLast((one) => one <= level) ?? (known[0] as number)) as Shape;
    if (found === this.shape) return false;
    this.shape = found;
    this.mesh.geometry = found.geometry;
    this.lines.geometry = found.edges;
    return true;
  }

  dress(look: BodyLook): void {
    const { material } = this;
    material.color = new Color(look.colour);
    if (look.selected) material.color.lerp(new Color('#2d86ea'), 0.72);
    material.emissive = new Color(look.selected ? '#0b3a78' : '#ffffff');
    material.emissiveIntensity = look.selected ? 0.3 : look.hovered ? 0.09 : 0;
    const clear = look.transparent && !look.selected;
    if (material.wireframe !== look.wireframe || material.transparent !== clear) material.needsUpdate = true;
    material.wireframe = look.wireframe;
    material.transparent = clear;
    material.opacity = clear ? 0.32 : 1;
    material.depthWrite = !clear;
    this.mesh.visible = look.faces;
    this.lines.visible = look.edges || !look.faces;
    this.lines.material.color = new Color(look.selected ? '#0b4c99' : look.dark ? '#0c0e10' : '#2a3440');
    if (look.selected && look.dark) this.lines.material.color = new Color('#9fd0ff');
  }

  /** Paints the surface with another material, or with its own again. */
  paint(material: Material | undefined): void {
    this.mesh.material = material ?? this.material;
  }

  clip(planes: Plane[]): void {
    this.material.clippingPlanes = planes;
    this.lines.material.clippingPlanes = planes;
  }

  dispose(): void {
    for (const { geometry, edges } of this.shapes.values()) {
      geometry.dispose();
      edges.dispose();
    }
    this.material.dispose();
    this.lines.material.dispose();
  }
}
