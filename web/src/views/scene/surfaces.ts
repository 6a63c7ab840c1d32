// The surfaces of bodies, fetched level by level; those used last are kept, so that undo and compare are quick.
import type { Level } from '../../model/data/levels';
import { type SurfaceLevel, surfaceLevels } from '../../model/data/mesh';
import { openView, type ViewFile } from '../../model/data/view-file';
import { getBlob, getBlobRange } from '../../transport';
import { Answering } from './answering';
import type { Answered, Asked, Sorted } from './mesh.worker';

/** The surface of a body in the levels that there are, coarsest first. */
export interface Levels {
  levels: readonly Level[];
  load(level: number): Promise<Sorted>;
}

const worker = new Answering<Asked, Answered>(
  () => new Worker(new URL('./mesh.worker.ts', import.meta.url), { type: 'module' }),
);
const LARGEST_CACHE = 400;
const cache = new Map<string, Promise<unknown>>();

const sorted = async (bytes: ArrayBuffer, level?: Asked['level']) => (await worker.ask({ bytes, level }, bytes)).sorted;

function cached<T>(key: string, load: () => Promise<T>): Promise<T> {
  const known = cache.get(key) as Promise<T> | undefined;
  if (known) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const loading = load();
  cache.set(key, loading);
  loading.catch(() => cache.delete(key));
  if (cache.size > LARGEST_CACHE) cache.delete(cache.keys().next().value as string);
  return loading;
}

function levelsOf(project: string, hash: string, file: ViewFile): Levels {
  const levels: SurfaceLevel[] = surfaceLevels(file.header);
  const origin = (Array.isArray(file.header.origin) ? file.header.origin.map(Number) : [0, 0, 0]) as [
    number,
    number,
    number,
  ];
  return {
    levels,
    load: (number) => {
      const about = levels[number];
      return cached(`${project} ${hash} ${number}`, async () => sorted(await file.part(about), { about, origin }));
    },
  };
}

/** The levels of a body's `view` blob. */
export function viewLevels(project: string, hash: string): Promise<Levels> {
  return cached(`${project} ${hash}`, async () =>
    levelsOf(
      project,
      hash,
      await openView((from, length, signal) => getBlobRange(project, hash, from, length, signal)),
    ),
  );
}

/** A body that comes with a `mesh` blob alone. */
export async function meshLevels(project: string, hash: string): Promise<Levels> {
  return {
    levels: [{ triangles: 0, error: 0 }],
    load: () => cached(`${project} ${hash} mesh`, async () => sorted(await getBlob(project, hash))),
  };
}
