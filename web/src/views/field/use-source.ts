// Fetches a field: of its view file only what is shown, of a VTK file all.
import { useEffect, useState } from 'react';
import type { Axis } from '../../model/data/field';
import { type FieldPlane, type FieldSource, fieldOfView, fieldOfVtr } from '../../model/data/field-source';
import { openView } from '../../model/data/view-file';
import { parseVtr } from '../../model/data/vtr';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { failureOf, getBlob, getBlobRange } from '../../transport';

/** The field of an entity, by its hashes; and why there is none. */
export function useSource(path: string): { source: FieldSource | undefined; fault: string } {
  const { session } = useDesk();
  const blobs = useStore(session.entities).get(path)?.blobs;
  const [view, vtr] = [blobs?.view ?? '', blobs?.vtr ?? ''];
  const [source, setSource] = useState<FieldSource>();
  const [fault, setFault] = useState('');
  useEffect(() => {
    setSource(undefined);
    setFault(path && !view && !vtr ? 'The shown version holds no such field.' : '');
    if (!view && !vtr) return;
    const stop = new AbortController();
    const open = async () => {
      if (!view) return fieldOfVtr(parseVtr(await getBlob(session.project, vtr, stop.signal)));
      return fieldOfView(
        await openView(
          (from, length, signal) => getBlobRange(session.project, view, from, length, signal ?? stop.signal),
          stop.signal,
        ),
      );
    };
    open()
      .then((found) => !stop.signal.aborted && setSource(found))
      .catch((error) => !stop.signal.aborted && setFault(failureOf(error).message));
    return () => stop.abort();
  }, [session, path, view, vtr]);
  return { source, fault };
}

export interface Place {
  axis: Axis;
  level: number;
}

/** The planes at these places, when they have come; the last ones until then. */
export function usePlanes(
  source: FieldSource | undefined,
  array: number,
  places: readonly Place[],
): { planes: readonly FieldPlane[]; fault: string } {
  const [planes, setPlanes] = useState<readonly FieldPlane[]>([]);
  const [fault, setFault] = useState('');
  const key = places.map(({ axis, level }) => `${axis} ${level}`).join('\n');
  useEffect(() => {
    if (!source || key === '') {
      setPlanes([]);
      return;
    }
    const stop = new AbortController();
    const wanted = key.split('\n').map((line) => line.split(' ').map(Number) as [Axis, number]);
    Promise.all(wanted.map(([axis, level]) => source.plane(array, axis, level, stop.signal)))
      .then((found) => {
        if (stop.signal.aborted) return;
        setPlanes(found);
        setFault('');
      })
      .catch((error) => !stop.signal.aborted && setFault(failureOf(error).message));
    return () => stop.abort();
  }, [source, array, key]);
  return { planes, fault };
}
