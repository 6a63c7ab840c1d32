// Which results were computed from something else than what is shown. The platform alone knows the hash of the
// inputs, so this goes by the versions: a result is stale once an input has changed after the version that
// brought it. What is not certain is not marked.
import { useEffect, useState } from 'react';
import type { Change, Entity, ServiceDescription } from '../../contract';
import { names } from '../../model/ribbon';
import { isResult } from '../../model/tree';
import { propertiesOf } from '../../model/value';
import { useStore } from '../../parts/use-store';
import { kindOf, useDesk } from './context';

/** Kinds read by an action and by all that it requires. */
export function readBy(services: readonly ServiceDescription[], action: string, seen = new Set<string>()): string[] {
  if (seen.has(action)) return [];
  seen.add(action);
  const found = services.flatMap((service) => service.actions).find((one) => one.name === action);
  return found
    ? [...found.reads, ...found.targets, ...found.requires.flatMap((other) => readBy(services, other, seen))]
    : [];
}

/** The action that writes to a path, as its `result` says. */
export function writerOf(services: readonly ServiceDescription[], path: string): string | undefined {
  return services
    .flatMap((service) => service.actions)
    .find((action) => {
      const [before = '', after = ''] = action.result.split('{target}');
      return action.result.includes('{target}')
        ? path.startsWith(before) && path.endsWith(after) && path !== before
        : path === action.result;
    })?.name;
}

/** Paths of results that one of the changed entities makes stale. */
export function staleBy(
  services: readonly ServiceDescription[],
  entities: ReadonlyMap<string, Entity>,
  changes: readonly Change[],
  path: string,
): boolean {
  const writer = writerOf(services, path);
  if (!writer) return false;
  const reads = readBy(services, writer);
  return changes.some((change) => {
    const entity = change.after ?? change.before;
    if (!entity || isResult(kindOf(services, entity.kind)) || entities.size === 0) return false;
    return reads.some((pattern) => names(pattern, entity.kind));
  });
}

export function useStale(): ReadonlySet<string> {
  const { session } = useDesk();
  const { version } = useStore(session.shown);
  const entities = useStore(session.entities);
  const runs = useStore(session.runs);
  const services = useStore(session.services);
  const [stale, setStale] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    let live = true;
    const results = [...entities.values()].filter((entity) => typeof propertiesOf(entity).inputs === 'string');
    const find = async () => {
      const found = new Set<string>();
      const diffs = new Map<string, Promise<Change[]>>();
      for (const result of results) {
        const action = writerOf(services, result.path);
        const target = (path: string) => path.slice(path.lastIndexOf('/') + 1);
        const run = [...runs.values()]
          .map((view) => view.run)
          .filter(
            (one) =>
              one.state === 'RUN_STATE_SUCCEEDED' &&
              one.resultVersion &&
              (one.action === action || readBy(services, one.action).length > 0),
          )
          .filter(
            (one) =>
              one.action !== action ||
              !one.target ||
              target(one.target) === target(result.path) ||
              !result.path.startsWith('results/'),
          )
          .sort((a, b) => b.endedMs - a.endedMs)[0];
        if (!run || !version || run.version === version) continue;
        const diff =
          diffs.get(run.version) ??
          session.socket
            .call('Project/Diff', { project: session.project, from: run.version, to: version })
            .then((reply) => reply.changes);
        diffs.set(run.version, diff);
        if (staleBy(services, entities, await diff.catch(() => []), result.path)) {
          for (const path of entities.keys())
            if (path === result.path || path.startsWith(`${result.path}/`)) found.add(path);
        }
      }
      if (live) setStale(found);
    };
    const timer = setTimeout(() => void find(), 200);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [session, services, entities, version, runs]);
  return stale;
}
