// Reads the meshes of bodies off the page's thread, so that a million triangles do not stop it, and sorts them into
// a tree of boxes, so that picking need not look at all of them.
import { BufferAttribute, BufferGeometry } from 'three';
import { MeshBVH, type SerializedBVH } from 'three-mesh-bvh';
import { parseLevel, parseMesh, type Surface, type SurfaceLevel, surfaceOf } from '../../model/data/mesh';

export interface Asked {
  id: number;
  bytes: ArrayBuffer;
  /** A level of a view file, and where its vertices count from; absent for a whole `mesh` blob. */
  level?: { about: SurfaceLevel; origin: [number, number, number] };
}

/** A surface, and the tree over its triangles, which are in the tree's order. */
export interface Sorted {
  surface: Surface;
  tree: SerializedBVH | undefined;
}

export type Answered = { id: number; sorted: Sorted } | { id: number; fault: string };

/** The tree puts the triangles into its own order, in place. */
function treeOf(surface: Surface): SerializedBVH | undefined {
  if (surface.triangles === 0) return undefined;
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(surface.positions, 3));
  geometry.setIndex(new BufferAttribute(surface.indices, 1));
  return MeshBVH.serialize(new MeshBVH(geometry, { targetLeafSize: 12 } as object), { cloneBuffers: false });
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const post = self.postMessage as (message: Answered, transfer?: Transferable[]) => void;
  try {
    const { bytes, level } = data;
    const surface = surfaceOf(level ? parseLevel(level.about, level.origin, bytes) : parseMesh(bytes));
    const tree = treeOf(surface);
    const { positions, normals, faces, indices, edges, edgeOf } = surface;
    const buffers = [positions, normals, faces, indices, edges, ...(edgeOf ? [edgeOf] : [])].map((one) => one.buffer);
    post({ id: data.id, sorted: { surface, tree } }, [...new Set([...buffers, ...(tree?.roots ?? [])])]);
  } catch (error) {
    post({ id: data.id, fault: error instanceof Error ? error.message : String(error) });
  }
};
