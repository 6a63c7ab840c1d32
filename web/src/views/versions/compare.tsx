import { useEffect, useState } from 'react';
import type { Change, Failure } from '../../contract';
import type { Json, JsonObject } from '../../model/schema';
import { propertiesOf, summary } from '../../model/value';
import { FailureText } from '../../parts/dialog';
import type { Desk } from '../../shell/workspace/context';
import { failureOf } from '../../transport';

interface Difference {
  name: string;
  before: string;
  after: string;
}

function flat(value: Json | undefined, name: string, into: Map<string, string>): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flat(inner, name ? `${name}.${key}` : key, into);
  } else into.set(name, summary(value).slice(0, 200));
}

/** The properties and blobs that differ. */
export function differences(change: Change): Difference[] {
  const side = (entity: Change['before']) => {
    const map = new Map<string, string>();
    if (entity) flat(propertiesOf(entity) as JsonObject, '', map);
    for (const [name, hash] of Object.entries(entity?.blobs ?? {})) map.set(`file ${name}`, hash.slice(0, 8));
    return map;
  };
  const [before, after] = [side(change.before), side(change.after)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ name, before: before.get(name) ?? '', after: after.get(name) ?? '' }));
}

/** What differs between two versions, entity by entity. */
export function Compare({ desk, from, to }: { desk: Desk; from: string; to: string }) {
  const [changes, setChanges] = useState<Change[]>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    desk.session.socket
      .call('Project/Diff', { project: desk.session.project, from, to })
      .then((reply) => setChanges(reply.changes))
      .catch((error) => setFailure(failureOf(error)));
  }, [desk, from, to]);
  return (
    <div className="compare">
      <p className="muted">
        From <span className="mono">{from.slice(0, 12)}</span> to <span className="mono">{to.slice(0, 12)}</span>
      </p>
      <FailureText failure={failure} />
      {!changes && !failure && <p>Comparing…</p>}
      {changes?.length === 0 && <p>The versions hold the same.</p>}
      {changes?.map((change) => {
        const path = (change.after ?? change.before)?.path ?? '';
        const word = !change.before ? 'added' : !change.after ? 'removed' : 'changed';
        return (
          <section key={path}>
            <h3>
              <span className={`badge ${{ added: 'good', removed: 'bad', changed: 'accent' }[word]}`}>{word}</span>{' '}
              <span className="mono">{path}</span>
            </h3>
            {word === 'changed' && (
              <table className="grid">
                <tbody>
                  {differences(change).map((row) => (
                    <tr key={row.name}>
                      <td>{row.name}</td>
                      <td className="mono before">{row.before}</td>
                      <td className="mono after">{row.after}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </section>
        );
      })}
    </div>
  );
}
