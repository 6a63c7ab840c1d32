// Reads the cells of a mesh off the page's thread, and finds those that are to be seen.
import { type CellMesh, type CellPicture, countCells, cutCells, parseCells, solidCells } from '../../model/data/cells';

export interface CellsAsked {
  id: number;
  /** The mesh to open; the one opened last is asked where it is absent. */
  bytes?: ArrayBuffer;
  /** The plane that is wanted; all cells from outside where it is absent. */
  cut?: { axis: 0 | 1 | 2; at: number };
}

export interface CellsOpened {
  materials: { name: string; conductor: boolean; cells: number }[];
  background: number;
}

export type CellsAnswered = { id: number } & (
  | { opened: CellsOpened }
  | { picture: CellPicture & { sheets?: Float32Array } }
  | { fault: string }
);

let mesh: CellMesh | undefined;

function answer({ bytes, cut }: CellsAsked) {
  if (bytes) {
    mesh = undefined;
    const opened = parseCells(bytes);
    mesh = opened;
    const counts = countCells(opened);
    const materials = opened.materials.map((material, at) => ({ ...material, cells: counts[at] }));
    return { opened: { materials, background: opened.background } };
  }
  if (!mesh) throw new Error('no mesh is open');
  return { picture: cut ? cutCells(mesh, cut.axis, cut.at) : solidCells(mesh) };
}

self.onmessage = ({ data }: MessageEvent<CellsAsked>) => {
  const post = self.postMessage as (message: CellsAnswered, transfer?: Transferable[]) => void;
  try {
    const found = answer(data);
    const { picture } = found as { picture?: CellPicture & { sheets?: Float32Array } };
    const arrays = picture
      ? [...picture.faces.values(), ...picture.normals.values(), picture.lines, picture.sheets]
      : [];
    post(
      { id: data.id, ...found } as CellsAnswered,
      arrays.flatMap((one) => (one ? [one.buffer] : [])),
    );
  } catch (error) {
    post({ id: data.id, fault: error instanceof Error ? error.message : String(error) });
  }
};
