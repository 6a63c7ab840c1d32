// A large picture in slices that are drawn one after the other over the same depths. The order is the renderer's own:
// what is opaque, what has to follow it in its order, what is clear from back to front, and what lies over all.
import {
  BackSide,
  type Camera,
  DoubleSide,
  FrontSide,
  Line,
  type Material,
  Mesh,
  type Object3D,
  Points,
  type Scene,
  Vector3,
  type WebGLRenderer,
} from 'three';

/** An object with fewer triangles is drawn together with all others of its sort. */
const HEAVY = 2_000;
/** Layers of the camera: small opaque things, small clear ones, those not drawn now, and those of this slice. */
const [OPAQUE, CLEAR, WAITING, NOW] = [1, 2, 4, 8];

type Drawable = Mesh | Line | Points;

/** Objects with this in their `userData` need those before them drawn: the caps of sections. */
export const IN_ORDER = 'inOrder';

/** A range of an object's triangles, or, with a layer, all small things there. */
interface Piece {
  object?: Drawable;
  from: number;
  count: number;
  /** The side of a clear body that is drawn now: its back before its front. */
  side?: typeof BackSide | typeof FrontSide;
  layer?: number;
}

export interface Slice {
  first: boolean;
  weight: number;
  draw(renderer: WebGLRenderer): void;
}

function isDrawable(object: Object3D): object is Drawable {
  return object instanceof Mesh || object instanceof Line || object instanceof Points;
}

/** Corners that an object is drawn with. */
function corners({ geometry }: Drawable): number {
  return geometry.index?.count ?? geometry.getAttribute('position')?.count ?? 0;
}

/** Instanced things are small here, and ranges of them mean something else. */
const isHeavy = (object: Drawable) => !('isInstancedBufferGeometry' in object.geometry) && corners(object) > 3 * HEAVY;

const isClear = (object: Drawable) => (object.material as Material).transparent;

function drawables(root: Object3D): Drawable[] {
  if (!root.visible) return [];
  return [...(isDrawable(root) ? [root] : []), ...root.children.flatMap(drawables)];
}

/** How far an object is from the eye, for sorting. */
function depthOf(object: Object3D, camera: Camera): number {
  return new Vector3().setFromMatrixPosition(object.matrixWorld).applyMatrix4(camera.matrixWorldInverse).z;
}

export class Slices {
  private readonly pieces: Piece[];
  private readonly touched: Drawable[];
  private readonly lights: Object3D[];
  private at = 0;

  constructor(
    private readonly scene: Scene,
    readonly camera: Camera,
    size: number,
  ) {
    scene.updateMatrixWorld();
    this.touched = drawables(scene);
    this.lights = scene.children.filter((child) => 'isLight' in child);
    const total = this.touched.reduce((sum, one) => sum + corners(one) / 3, 0);
    this.pieces = total <= size ? [] : this.plan();
    if (this.pieces.length === 0) this.pieces.push({ from: 0, count: 0, layer: OPAQUE });
    else this.sort();
  }

  private plan(): Piece[] {
    const ordered = this.touched.filter((one) => one.userData[IN_ORDER]);
    const follow = ordered.some(isHeavy) ? ordered.sort((a, b) => a.renderOrder - b.renderOrder) : [];
    const rest = this.touched.filter((one) => !follow.includes(one));
    const large = rest.filter((one) => isHeavy(one) && !isClear(one));
    const clear = rest.filter((one) => isClear(one) && one instanceof Mesh && isHeavy(one));
    clear.sort((a, b) => depthOf(a, this.camera) - depthOf(b, this.camera));
    const all = (object: Drawable, side?: Piece['side']) => ({ object, from: 0, count: corners(object), side });
    return [
      ...large.map((one) => all(one)),
      { from: 0, count: 0, layer: OPAQUE },
      ...follow.map((one) => all(one)),
      ...clear.flatMap((one) =>
        (one.material as Material).side === DoubleSide ? [all(one, BackSide), all(one, FrontSide)] : [all(one)],
      ),
      { from: 0, count: 0, layer: CLEAR },
    ];
  }

  /** Puts everything on the layer that it is drawn with. */
  private sort(): void {
    const apart = new Set(this.pieces.map(({ object }) => object));
    for (const one of this.touched) one.layers.mask = apart.has(one) ? WAITING : isClear(one) ? CLEAR : OPAQUE;
    for (const light of this.lights) light.layers.enableAll();
  }

  /** The next pieces, of about `size` triangles; undefined when all are drawn. */
  next(size: number): Slice | undefined {
    if (this.at >= this.pieces.length) return undefined;
    const first = this.at === 0 && (this.pieces[0] as Piece).from === 0;
    const taken: Piece[] = [];
    let left = Math.floor(size) * 3;
    // Pieces of one kind go together; those that need an order of their own go alone.
    while (left > 0 && this.at < this.pieces.length) {
      const piece = this.pieces[this.at] as Piece;
      const alone = piece.layer !== undefined || piece.side !== undefined;
      if (alone && taken.length > 0) break;
      const count = Math.min(piece.count, left);
      // A geometry can be drawn in one range at a time.
      const shared = taken.find(({ object }) => object && object.geometry === piece.object?.geometry);
      if (shared && (shared.from !== piece.from || shared.count !== count)) break;
      taken.push({ ...piece, count });
      left -= count;
      if (count < piece.count)
        this.pieces[this.at] = { ...piece, from: piece.from + count, count: piece.count - count };
      else this.at += 1;
      if (alone) break;
    }
    return {
      first,
      weight: taken.reduce((sum, piece) => sum + piece.count / 3, 0),
      draw: (renderer) => this.draw(renderer, taken),
    };
  }

  private draw(renderer: WebGLRenderer, pieces: readonly Piece[]): void {
    const { camera, scene } = this;
    const [{ layer, side, object }] = pieces as [Piece];
    const material = object?.material as Material | undefined;
    for (const piece of pieces) {
      piece.object?.layers.set(3);
      piece.object?.geometry.setDrawRange(piece.from, piece.count);
    }
    if (side !== undefined && material) Object.assign(material, { side, needsUpdate: true });
    camera.layers.mask = layer ?? NOW;
    renderer.render(scene, camera);
    camera.layers.mask = OPAQUE;
    if (side !== undefined && material) Object.assign(material, { side: DoubleSide, needsUpdate: true });
    for (const piece of pieces) {
      if (piece.object) piece.object.layers.mask = WAITING;
      piece.object?.geometry.setDrawRange(0, Number.POSITIVE_INFINITY);
    }
  }

  /** Leaves everything as it was. */
  end(): void {
    for (const one of [...this.touched, ...this.lights]) one.layers.set(0);
  }
}
