import type { Surface } from '../../model/data/mesh';
import { getBlob } from '../../transport';
import type { Answered, Asked } from './mesh.worker';

let worker: Worker | undefined;
let count = 0;
const waiting = new Map<number, { resolve: (surface: Surface) => void; reject: (error: Error) => void }>();
const cache = new Map<string, Promise<Surface>>();

function ask(bytes: ArrayBuffer): Promise<Surface> {
  if (!worker) {
    worker = new Worker(new URL('./mesh.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Answered>) => {
      const call = waiting.get(data.id);
      waiting.delete(data.id);
      if ('surface' in data) call?.resolve(data.surface);
      else call?.reject(new Error(data.fault));
    };
  }
  const id = count++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker?.postMessage({ id, bytes } satisfies Asked, [bytes]);
  });
}

/** The surface of a `mesh` blob; the last ones are kept, so that undo and compare are quick. */
export function surfaceAt(project: string, hash: string): Promise<Surface> {
  const known = cache.get(hash);
  if (known) return known;
  const loading = getBlob(project, hash).then(ask);
  cache.set(hash, loading);
  loading.catch(() => cache.delete(hash));
  if (cache.size > 200) cache.delete(cache.keys().next().value as string);
  return loading;
}
