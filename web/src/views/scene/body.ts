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
  Vector3,
} from 'three';
import { MeshBVH } from 'three-mesh-bvh';
import type { Surface } from '../../model/data/mesh';
import type { Place } from '../../model/picking';
import type { Sorted } from './mesh.worker';
import { PlainMaterial } from './plain';

export interface BodyLook {
  colour: string;
  selected: boolean;
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

/** Opacity of bodies that are looked through. */
const CLEAR = 0.32;

export class Body {
  readonly group = new Group();
  readonly mesh: Mesh<BufferGeometry, Material>;
  readonly material: MeshPhongMaterial;
  readonly lines: LineSegments<BufferGeometry, LineBasicMaterial>;
  /** Ends, middles and centres that a point is drawn to; m. */
  snaps: readonly Place[] = [];
  /** Where bodies overlap in a section, the higher one is on top. */
  priority = 0;
  private readonly plainMaterial: PlainMaterial;
  /** Drawn in the simplest way, since the view moves. */
  private plain = false;
  private edged = true;
  private faced = true;
  private painted: { whole: Material; plain: Material } | undefined;
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
    this.plainMaterial = new PlainMaterial(!sheet);
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

  /** The finest level of at most so many triangles, or the coarsest that is there; and its number. */
  within(triangles: number): { geometry: BufferGeometry; edges: Float32Array; level: number } {
    const known = [...this.shapes].sort(([a], [b]) => a - b);
    const found = known.findLast(([, { surface }]) => surface.triangles <= triangles) ?? known[0];
    const [level, { geometry, surface }] = found as [number, Shape];
    return { geometry, edges: surface.edges, level };
  }

  /** The number of the level that is shown. */
  get level(): number {
    return [...this.shapes].find(([, shape]) => shape === this.shape)?.[0] ?? 0;
  }

  dress(look: BodyLook): void {
    const { material } = this;
    material.color = new Color(look.colour);
    if (look.selected) material.color.lerp(new Color('#2d86ea'), 0.72);
    material.emissive = new Color(look.selected ? '#0b3a78' : '#000000');
    material.emissiveIntensity = look.selected ? 0.3 : 0;
    const clear = look.transparent && !look.selected;
    if (material.wireframe !== look.wireframe || material.transparent !== clear) material.needsUpdate = true;
    material.wireframe = look.wireframe;
    material.transparent = clear;
    material.opacity = clear ? CLEAR : 1;
    material.depthWrite = !clear;
    this.plainMaterial.dress({
      colour: material.color,
      glow: material.emissive.clone().multiplyScalar(material.emissiveIntensity),
      opacity: material.opacity,
      wireframe: look.wireframe,
    });
    this.faced = look.faces;
    this.edged = look.edges || !look.faces;
    this.lines.material.color = new Color(look.selected ? '#0b4c99' : look.dark ? '#0c0e10' : '#2a3440');
    if (look.selected && look.dark) this.lines.material.color = new Color('#9fd0ff');
  }

  /** Paints the surface with other materials, at rest and in the plain way, or with its own again. */
  paint(materials: { whole: Material; plain: Material } | undefined): void {
    this.painted = materials;
    this.wear();
  }

  /**
   * For a frame of a view that moves: in the simplest way, or as at rest; nothing where it is too small to be seen; its
   * surface also where it stands in for what else hides it.
   */
  lighten(plain: boolean, seen: boolean, standIn: boolean): void {
    this.plain = plain;
    this.wear();
    this.mesh.visible = (this.faced || standIn) && seen;
  }

  /** The surface that tells best where the body ends, whatever is shown of it now. */
  get finest(): Surface {
    return (this.shapes.get(Math.max(...this.shapes.keys())) ?? this.shape).surface;
  }

  get middle(): Vector3 {
    const { min, max } = this.finest;
    return new Vector3(...min).add(new Vector3(...max)).multiplyScalar(0.5);
  }

  /** Across all of it, m. */
  get size(): number {
    const { min, max } = this.finest;
    return Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2]);
  }

  private wear(): void {
    const { whole, plain } = this.painted ?? { whole: this.material, plain: this.plainMaterial };
    this.mesh.material = this.plain ? plain : whole;
    this.mesh.visible = this.faced;
    this.lines.visible = this.edged && !(this.plain && this.faced);
  }

  clip(planes: Plane[]): void {
    this.material.clippingPlanes = planes;
    this.lines.material.clippingPlanes = planes;
    this.plainMaterial.clip(planes);
  }

  dispose(): void {
    for (const { geometry, edges } of this.shapes.values()) {
      geometry.dispose();
      edges.dispose();
    }
    this.material.dispose();
    this.plainMaterial.dispose();
    this.lines.material.dispose();
  }
}
