// A new name for an entity: what mentions it is shown before, and follows in the same version.
import { TextInput } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { type Follower, renaming, underName } from '../../model/project/renaming';
import type { ProjectSession } from '../../model/project/session';
import { authored } from '../../model/results';
import { isResult, lastName, nameFault, parentOf } from '../../model/tree';
import { DialogForm, openDialog } from '../../parts/dialog';
import { useStore } from '../../parts/use-store';
import { type Desk, kindOf } from './context';

const SHOWN = 200;

/** Whether a parameter's name is that of a unit too. As long as nobody has answered it may be one. */
function useIsUnit(session: ProjectSession, path: string): boolean {
  const [isUnit, setIsUnit] = useState(true);
  useEffect(() => {
    if (parentOf(path) !== 'parameters') return;
    let live = true;
    const question = {
      project: session.project,
      version: session.shown.get().version,
      expressions: [{ text: `1 ${lastName(path)}`, dimension: '' }],
    };
    session.socket
      .call('Project/Evaluate', question)
      .then((reply) => live && setIsUnit(!reply.values[0]?.fault))
      .catch(() => undefined);
    return () => {
      live = false;
    };
  }, [session, path]);
  return isUnit;
}

function Followers({ list }: { list: readonly Follower[] }) {
  if (list.length === 0) return <p className="muted">Nothing else mentions it.</p>;
  return (
    <>
      <p>{list.length === 1 ? 'One place mentions it and follows:' : `${list.length} places mention it and follow:`}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <section className="followers" aria-label="Places that follow" tabIndex={0}>
        <table className="grid" aria-label="What follows the new name">
          <tbody>
            {list.slice(0, SHOWN).map((one, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: several texts of one property may change
              <tr key={`${one.path} ${one.property} ${at}`}>
                <td className="mono">{one.path}</td>
                <td>{one.property}</td>
                <td className="mono before">{one.before}</td>
                <td className="mono after">{one.after}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {list.length > SHOWN && <p className="muted">and {list.length - SHOWN} more</p>}
      </section>
    </>
  );
}

function RenameDialog({ desk, path, close }: { desk: Desk; path: string; close: () => void }) {
  const { session } = desk;
  const old = lastName(path);
  const entities = useStore(session.entities);
  const services = useStore(session.services);
  const [name, setName] = useState(old);
  const isUnit = useIsUnit(session, path);
  const wish = name.trim();
  const fault = useMemo(() => {
    const taken = new Set(entities.keys());
    taken.delete(path);
    return nameFault(wish, parentOf(path), taken);
  }, [entities, path, wish]);
  // While the name will not do, the list says at least what would follow.
  const to = underName(path, fault || wish === old ? `${old}…` : wish);
  const found = useMemo(() => renaming(entities, services, path, to, isUnit), [entities, services, path, to, isUnit]);
  const run = () => {
    if (wish === old) return true;
    if (!session.commit(found.edit)) return false;
    session.selection.set([to]);
    return true;
  };
  return (
    <DialogForm label="Rename" close={close} disabled={fault !== undefined} run={run}>
      <TextInput
        label="Name"
        value={name}
        data-autofocus
        error={name !== old && fault}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Followers list={found.followers} />
    </DialogForm>
  );
}

export function rename(desk: Desk, wish: string): void {
  const { entities, services } = desk.session;
  const path = authored(entities.get(), wish);
  const entity = path ? entities.get().get(path) : undefined;
  if (!path || !entity || !parentOf(path) || isResult(kindOf(services.get(), entity.kind))) return;
  openDialog(`Rename ${lastName(path)}`, (close) => <RenameDialog desk={desk} path={path} close={close} />, 'lg');
}
