// Which results were computed from something else than what is shown. The platform says what each result would be
// computed from now; a result that says otherwise of itself is stale.
import { useEffect, useState } from 'react';
import type { ResultInputs } from '../../contract';
import type { Entities } from '../../model/project/entities';
import { propertiesOf } from '../../model/value';
import { useStore } from '../../parts/use-store';
import { useDesk } from './context';

const PAUSE_MS = 250;
const NONE: ReadonlySet<string> = new Set();

/** Paths of the results that are stale, with all below them. */
export function staleAmong(entities: Entities, now: readonly ResultInputs[]): Set<string> {
  const wanted = new Map(now.map((one) => [one.result, one.inputs]));
  const stale: string[] = [];
  for (const entity of entities.values()) {
    const { inputs } = propertiesOf(entity);
    if (typeof inputs !== 'string' || entity.path.split('/').length > 2) continue;
    if (wanted.get(entity.path) !== inputs) stale.push(entity.path);
  }
  const within = (path: string) => stale.some((one) => path === one || path.startsWith(`${one}/`));
  return new Set([...entities.keys()].filter(within));
}

export function useStale(): ReadonlySet<string> {
  const { session } = useDesk();
  const { version } = useStore(session.shown);
  const entities = useStore(session.entities);
  const id = useStore(session.compute.id);
  const [stale, setStale] = useState(NONE);
  const [now, setNow] = useState<{ version: string; results: readonly ResultInputs[] }>();
  useEffect(() => {
    if (!id || !version) return;
    let live = true;
    const ask = async () => {
      const question = { project: session.project, version };
      const reply = await session.compute.call('LocalSession/Inputs', question, { again: true });
      if (live) setNow(reply);
    };
    const timer = setTimeout(() => void ask().catch(() => undefined), PAUSE_MS);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [session, id, version]);
  useEffect(() => {
    // Between two versions the marks of the older one stay.
    if (now?.version === version) setStale(staleAmong(entities, now.results));
  }, [now, version, entities]);
  return stale;
}
