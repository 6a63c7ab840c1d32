import { useEffect, useState } from 'react';
import { portsOf } from '../../model/data/ports';
import { parseSeries, type Series } from '../../model/data/series';
import { propertiesOf } from '../../model/value';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { failureOf, getBlob } from '../../transport';

export interface Layer {
  /** Empty for the shown version. */
  version: string;
  label: string;
  series: Series;
}

const cache = new Map<string, Promise<Series>>();

/** A `series` blob; the last ones read are kept, as a hash never means anything else. */
function load(project: string, hash: string): Promise<Series> {
  const known = cache.get(hash);
  if (known) return known;
  const loading = getBlob(project, hash).then(parseSeries);
  cache.set(hash, loading);
  loading.catch(() => cache.delete(hash));
  if (cache.size > 40) cache.delete(cache.keys().next().value as string);
  return loading;
}

/** The curves of an entity in the shown version and in those laid over it. */
export function useSeries(path: string): { layers: Layer[]; fault: string } {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const compared = useStore(session.compared);
  const refs = useStore(session.refs);
  const shown = entities.get(path);
  const hash = shown?.blobs.series ?? '';
  const properties = shown?.properties ?? '';
  const [layers, setLayers] = useState<Layer[]>([]);
  const [fault, setFault] = useState('');
  useEffect(() => {
    let live = true;
    const name = (id: string) => refs.tags.find((tag) => tag.version === id)?.name ?? id.slice(0, 8);
    const drawn = async (blob: string, entity: { properties: string }): Promise<Series> => {
      const series = await load(session.project, blob);
      return { ...series, ports: portsOf(propertiesOf(entity), series.curves) };
    };
    const find = async () => {
      const found: Layer[] = [];
      if (hash) found.push({ version: '', label: '', series: await drawn(hash, { properties }) });
      const others = await Promise.allSettled(
        compared.map(async (version): Promise<Layer | undefined> => {
          const [entity] = await session.entitiesAt(version, [path]);
          const other = entity?.blobs.series;
          return entity && other ? { version, label: name(version), series: await drawn(other, entity) } : undefined;
        }),
      );
      for (const one of others) if (one.status === 'fulfilled' && one.value) found.push(one.value);
      if (live) {
        setLayers(found);
        setFault(hash ? '' : 'There is nothing to draw here in the shown version.');
      }
    };
    find().catch((error) => live && setFault(failureOf(error).message));
    return () => {
      live = false;
    };
  }, [session, hash, properties, path, compared, refs]);
  return { layers, fault };
}
