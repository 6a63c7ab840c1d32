// Brings the cells of the shown version's mesh into the scene.
import { useEffect, useState } from 'react';
import { SHEET } from '../../model/data/cells';
import { useDark } from '../../parts/use-dark';
import { useStore } from '../../parts/use-store';
import { type SceneSettings, useDesk } from '../../shell/workspace/context';
import { failureOf, getBlob } from '../../transport';
import { Answering } from './answering';
import type { ShownCells } from './cell-layer';
import type { CellsAnswered, CellsAsked, CellsOpened } from './cells.worker';
import { materialColour } from './materials';
import type { SceneRenderer } from './renderer';
import { placeOf } from './use-drawing';

const NUMBER = { x: 0, y: 1, z: 2 } as const;
/** A section that is being moved is drawn when it pauses for this long. */
const PAUSE_MS = 40;
/** The metal of sheets, which have no cells. */
const SHEETS = { face: '#d8b35a', line: '#a5690f', lineDark: '#f2c14e' };

/** An open mesh. */
class Reader {
  private readonly worker = new Answering<CellsAsked, CellsAnswered>(
    () => new Worker(new URL('./cells.worker.ts', import.meta.url), { type: 'module' }),
  );

  async open(bytes: ArrayBuffer): Promise<CellsOpened> {
    return ((await this.worker.ask({ bytes }, bytes)) as { opened: CellsOpened }).opened;
  }

  async picture(cut?: CellsAsked['cut']): Promise<ShownCells['picture']> {
    return ((await this.worker.ask({ cut })) as { picture: ShownCells['picture'] }).picture;
  }

  close(): void {
    this.worker.close();
  }
}

export interface MeshCells {
  /** False where the shown version has no mesh. */
  there: boolean;
  opened: CellsOpened | undefined;
  /** All from outside: bodies would hide them. */
  solid: boolean;
  /** Whether sheets are among what is seen. */
  sheets: boolean;
  fault: string;
}

interface Seen {
  place: string;
  cells: Omit<ShownCells, 'colours'>[];
}

/** Colours of materials by their number. */
function coloursOf(opened: CellsOpened, colour: (name: string) => string): Map<number, string> {
  return new Map([[SHEET, SHEETS.face], ...opened.materials.map(({ name }, at) => [at, colour(name)] as const)]);
}

function useMesh(hash: string) {
  const { session } = useDesk();
  const [mesh, setMesh] = useState<{ reader: Reader; opened: CellsOpened }>();
  const [fault, setFault] = useState('');
  useEffect(() => {
    setMesh(undefined);
    setFault('');
    if (!hash) return;
    const stop = new AbortController();
    const reader = new Reader();
    getBlob(session.project, hash, stop.signal)
      .then((bytes) => reader.open(bytes))
      .then((opened) => !stop.signal.aborted && setMesh({ reader, opened }))
      .catch((error) => !stop.signal.aborted && setFault(failureOf(error).message));
    return () => {
      stop.abort();
      reader.close();
    };
  }, [session, hash]);
  return { mesh, fault };
}

export function useCells(scene: SceneRenderer | undefined, settings: SceneSettings, loading: number): MeshCells {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const dark = useDark();
  const there = entities.get('grid')?.blobs.grid;
  const { mesh, fault } = useMesh(settings.cells ? (there ?? '') : '');
  const [seen, setSeen] = useState<Seen>();
  const [wrong, setWrong] = useState('');
  const places = settings.sections.map(({ axis, share }) => `${axis} ${loading > 0 ? 0 : placeOf(scene, axis, share)}`);
  const place = places.join('\n');
  useEffect(() => {
    setWrong('');
    if (!mesh || loading > 0) {
      if (!mesh) setSeen(undefined);
      return;
    }
    let live = true;
    const find = async () => {
      const cuts = place.split('\n').filter(Boolean);
      const cells =
        cuts.length === 0
          ? [{ picture: await mesh.reader.picture() }]
          : await Promise.all(
              cuts.map(async (line, plane) => {
                const [axis, at] = line.split(' ') as ['x' | 'y' | 'z', string];
                return { plane, picture: await mesh.reader.picture({ axis: NUMBER[axis], at: Number(at) }) };
              }),
            );
      if (live) setSeen({ place, cells });
    };
    const failed = (error: unknown) => {
      if (!live) return;
      setSeen(undefined);
      setWrong(failureOf(error).message);
    };
    const timer = setTimeout(() => void find().catch(failed), PAUSE_MS);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [mesh, place, loading]);
  useEffect(() => {
    if (!scene) return;
    const colours = mesh && coloursOf(mesh.opened, (name) => materialColour(entities, name));
    const cells = colours && seen ? seen.cells.map((one) => ({ ...one, colours })) : [];
    scene.showCells(cells, dark ? '#0c0e10' : '#1b232d', dark ? SHEETS.lineDark : SHEETS.line);
    // Tells those who look from outside of the program what is drawn.
    if (cells.length > 0) scene.canvas.dataset.cells = seen?.place === '' ? 'solid' : `${cells.length} cut`;
    else delete scene.canvas.dataset.cells;
  }, [scene, mesh, seen, entities, dark]);
  return {
    there: there !== undefined,
    opened: mesh?.opened,
    solid: mesh !== undefined && seen !== undefined && seen.place === '' && settings.sections.length === 0,
    sheets: seen?.cells.some(({ picture }) => picture.faces.has(SHEET) || (picture.sheets?.length ?? 0) > 0) ?? false,
    fault: fault || wrong,
  };
}

export const SHEET_COLOUR = SHEETS.face;
