// Pictures of projects: drawn by whoever has one open and may change it, kept by the platform, seen by all.
import { useEffect, useState } from 'react';
import { getBlob, putBlob } from '../../transport';
import { socket } from '../platform';

/** What this window sent last, so that the same picture does not travel twice. */
const sent = new Map<string, string>();
/** Pictures as object addresses, by hash. */
const shown = new Map<string, Promise<string>>();
const KEPT = 300;

/** The bytes of a `data:` address. */
function bytesOf(address: string): Blob | undefined {
  const [, type, base64] = /^data:(image\/\w+);base64,(.+)$/.exec(address) ?? [];
  if (!type || !base64) return undefined;
  return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type });
}

/** Keeps a picture of a project. Where it cannot be kept nothing is lost. */
export async function keepPreview(project: string, picture: string): Promise<void> {
  const bytes = bytesOf(picture);
  if (!bytes || sent.get(project) === picture) return;
  sent.set(project, picture);
  try {
    const info = await socket.call('Project/GetProject', { project });
    if (info.right !== 'RIGHT_EDITOR' && info.right !== 'RIGHT_OWNER') return;
    const { hash } = await putBlob(project, bytes);
    if (hash !== info.picture) await socket.call('Project/UpdateProject', { project, picture: hash });
  } catch {
    sent.delete(project);
  }
}

function load(project: string, hash: string): Promise<string> {
  const known = shown.get(hash);
  if (known) return known;
  const loading = getBlob(project, hash).then((bytes) => URL.createObjectURL(new Blob([bytes])));
  shown.set(hash, loading);
  loading.catch(() => shown.delete(hash));
  const [oldest] = shown.keys();
  if (shown.size > KEPT && oldest) {
    void shown.get(oldest)?.then((address) => URL.revokeObjectURL(address));
    shown.delete(oldest);
  }
  return loading;
}

/** The address of a project's picture, once it is there. */
export function usePicture(project: string, hash: string): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    let live = true;
    setAddress(undefined);
    if (hash)
      load(project, hash).then(
        (found) => live && setAddress(found),
        () => undefined,
      );
    return () => {
      live = false;
    };
  }, [project, hash]);
  return address;
}
