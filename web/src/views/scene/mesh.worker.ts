// Reads the meshes of bodies off the page's thread, so that a million triangles do not stop it.
import { parseMesh, type Surface, surfaceOf } from '../../model/data/mesh';

export interface Asked {
  id: number;
  bytes: ArrayBuffer;
}

export type Answered = { id: number; surface: Surface } | { id: number; fault: string };

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const post = self.postMessage as (message: Answered, transfer?: Transferable[]) => void;
  try {
    const surface = surfaceOf(parseMesh(data.bytes));
    const { positions, normals, faces, indices, edges } = surface;
    post({ id: data.id, surface }, [positions.buffer, normals.buffer, faces.buffer, indices.buffer, edges.buffer]);
  } catch (error) {
    post({ id: data.id, fault: error instanceof Error ? error.message : String(error) });
  }
};
