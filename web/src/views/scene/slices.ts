// A large picture in slices that are drawn one after the other over the same depths. The order is the renderer's own:
// what is opaque, in its order, then what is clear, from back to front.
import {
  BackSide,
  type Camera,
  DoubleSide,
  FrontSide,
  type InstancedBufferGeometry,
  Line,
  type Material,
  Mesh,
  type Object3D,
  Points,
  type Scene,
  Vector3,
  type WebGLRenderer,
} from 'three';

/** Layers of the camera: that of all things, those that wait for their slice, and those of this one. */
const [ALL, WAITING, NOW] = [0, 1, 2];
/** An object costs as much as so many triangles, were it only one. */
const EACH = 150;

type Drawable = Mesh | Line | Points;

/** A range of an object's corners. */
interface Piece {
  object: Drawable;
  from: number;
  count: number;
  /** The side of a clear body that is drawn now, where it is too large to be drawn in one go: its back first. */
  side?: typeof BackSide | typeof FrontSide;
}

export interface Slice {
  first: boolean;
  /** In triangles. */
  weight: number;
  draw(renderer: WebGLRenderer): void;
}

function isDrawable(object: Object3D): object is Drawable {
  return object instanceof Mesh || object instanceof Line || object instanceof Points;
}

function drawables(root: Object3D): Drawable[] {
  if (!root.visible) return [];
  return [...(isDrawable(root) ? [root] : []), ...root.children.flatMap(drawables)];
}

const materialOf = (object: Drawable) => object.material as Material;

/** Instances are drawn together: a range would be one of each. */
const instancesOf = ({ geometry }: Drawable) =>
  'isInstancedBufferGeometry' in geometry ? (geometry as InstancedBufferGeometry).instanceCount : 1;

/** Corners that an object is drawn with, once. */
function corners({ geometry }: Drawable): number {
  return geometry.index?.count ?? geometry.getAttribute('position')?.count ?? 0;
}

/** What two objects have in common that are drawn by the same program in the same way. */
function programOf(object: Drawable): string {
  const { type, clippingPlanes, transparent, side, stencilWrite } = materialOf(object);
  return [type, object.type, clippingPlanes?.length ?? 0, transparent, side, stencilWrite].join(' ');
}

/** In the order in which they have to be drawn. */
function ordered(objects: readonly Drawable[], camera: Camera): Drawable[] {
  const depths = new Map(
    objects.map((one) => [
      one,
      new Vector3().setFromMatrixPosition(one.matrixWorld).applyMatrix4(camera.matrixWorldInverse).z,
    ]),
  );
  const depth = (one: Drawable) => depths.get(one) ?? 0;
  return [...objects].sort((a, b) => {
    const [clear, other] = [materialOf(a).transparent, materialOf(b).transparent];
    if (clear !== other) return clear ? 1 : -1;
    return a.renderOrder - b.renderOrder || (clear ? depth(a) - depth(b) : 0);
  });
}

export class Slices {
  private readonly pieces: Piece[];
  private readonly touched: Drawable[];
  private readonly lights: Object3D[];
  private at = 0;
  private begun = false;

  /** `ready` has the programs that were drawn with before, and gets those of this picture. */
  constructor(
    private readonly scene: Scene,
    readonly camera: Camera,
    private readonly ready: Set<string>,
    size: number,
  ) {
    scene.updateMatrixWorld();
    this.touched = drawables(scene);
    this.lights = scene.children.filter((child) => 'isLight' in child);
    this.pieces = ordered(this.touched, camera).flatMap((object): Piece[] => {
      const whole = { object, from: 0, count: corners(object) };
      const { transparent, side } = materialOf(object);
      if (!transparent || side !== DoubleSide || whole.count <= 3 * size) return [whole];
      return [
        { ...whole, side: BackSide },
        { ...whole, side: FrontSide },
      ];
    });
    for (const one of this.touched) one.layers.set(WAITING);
    for (const light of this.lights) light.layers.enableAll();
  }

  /** The next pieces, of about `size` triangles; undefined when all are drawn. */
  next(size: number): Slice | undefined {
    const first = !this.begun;
    if (this.at >= this.pieces.length && !first) return undefined;
    this.begun = true;
    const taken: Piece[] = [];
    let left = size;
    while (left > 0 && this.at < this.pieces.length) {
      const piece = this.pieces[this.at] as Piece;
      const instances = instancesOf(piece.object);
      // Whole triangles and whole lines, of three and of two corners.
      const part = instances > 1 ? piece.count : Math.min(piece.count, Math.ceil(left / 2) * 6);
      // A geometry can be drawn in one range at a time, and an object from one side.
      const shared = taken.find(({ object }) => object.geometry === piece.object.geometry);
      if (shared && (shared.from !== piece.from || shared.count !== part)) break;
      if (taken.length > 0 && (piece.side !== undefined || taken[0]?.side !== undefined)) break;
      // Making a program ready takes as long as drawing much with it: one at a time.
      const program = programOf(piece.object);
      const fresh = !this.ready.has(program);
      if (fresh && taken.length > 0) break;
      this.ready.add(program);
      taken.push({ ...piece, count: part });
      left -= (part * instances) / 3 + EACH;
      if (part === piece.count) this.at += 1;
      else this.pieces[this.at] = { ...piece, from: piece.from + part, count: piece.count - part };
      if (fresh) break;
    }
    return { first, weight: size - left, draw: (renderer) => this.draw(renderer, taken) };
  }

  private draw(renderer: WebGLRenderer, pieces: readonly Piece[]): void {
    const { camera, scene } = this;
    const side = pieces[0]?.side;
    const material = pieces[0] && materialOf(pieces[0].object);
    for (const { object, from, count } of pieces) {
      object.layers.set(NOW);
      object.geometry.setDrawRange(from, count);
    }
    if (side !== undefined && material) Object.assign(material, { side, needsUpdate: true });
    camera.layers.set(NOW);
    renderer.render(scene, camera);
    camera.layers.set(ALL);
    if (side !== undefined && material) Object.assign(material, { side: DoubleSide, needsUpdate: true });
    for (const { object } of pieces) {
      object.layers.set(WAITING);
      object.geometry.setDrawRange(0, Number.POSITIVE_INFINITY);
    }
  }

  /** Leaves everything as it was. */
  end(): void {
    for (const one of [...this.touched, ...this.lights]) one.layers.set(ALL);
  }
}
