// What becomes of the user's edits: on the way, stored, or refused, with what can be done then.
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Entity } from '../../contract';
import type { PendingEdit } from '../../model/project/pending';
import { NO_VERSION } from '../../model/project/session';
import { FailureText, openDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useStore } from '../../parts/use-store';
import { differences } from '../../views/versions/compare';
import { failed } from './commands';
import { type Desk, useDesk } from './context';

/** Puts the edit on top of what is there now; the same entities of others are replaced. */
async function onTop(desk: Desk, edit: PendingEdit): Promise<void> {
  const { session } = desk;
  await session.loadVersions();
  session.edits.again(edit.id, { base: session.head(edit.branch) || NO_VERSION });
}

/** Stores the edit on a branch of its own, from the version that it was made on. */
async function onBranch(desk: Desk, edit: PendingEdit): Promise<void> {
  const { session } = desk;
  await session.loadVersions();
  // What was made on nothing begins where the branch is now.
  const version = edit.base === NO_VERSION ? session.head(edit.branch) : edit.base;
  const name = `${edit.branch}-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')}`;
  await session.socket.call('Project/CreateBranch', { project: session.project, name, version });
  await session.loadVersions();
  await session.show(name);
  session.edits.again(edit.id, { branch: name, base: version });
  notify('good', `Stored on the branch ${name}`, 'Merge it when the two sides are settled.');
}

/** What both sides say of the entities in conflict. */
function Sides({ desk, edit }: { desk: Desk; edit: PendingEdit }) {
  const [theirs, setTheirs] = useState<readonly Entity[]>();
  const paths = edit.failure?.places ?? [];
  const key = paths.join('\n');
  useEffect(() => {
    let live = true;
    const { session } = desk;
    const load = async () => {
      await session.loadVersions();
      const found = await session.entitiesAt(session.head(edit.branch), key.split('\n'));
      if (live) setTheirs(found);
    };
    load().catch(() => undefined);
    return () => {
      live = false;
    };
  }, [desk, edit.branch, key]);
  if (!theirs) return null;
  return (
    <table className="grid sides">
      <thead>
        <tr>
          <th>Entity</th>
          <th>Property</th>
          <th>Theirs</th>
          <th>Mine</th>
        </tr>
      </thead>
      <tbody>
        {paths.flatMap((path) => {
          const before = theirs.find((entity) => entity.path === path);
          const after = edit.put.find((entity) => entity.path === path);
          if (!before || !after) {
            return [
              <tr key={path}>
                <td className="mono">{path}</td>
                <td />
                <td>{before ? 'changed' : 'deleted'}</td>
                <td>{after ? 'changed' : 'deleted'}</td>
              </tr>,
            ];
          }
          return differences({ before, after }).map((row) => (
            <tr key={`${path} ${row.name}`}>
              <td className="mono">{path}</td>
              <td>{row.name}</td>
              <td className="mono">{row.before || '–'}</td>
              <td className="mono">{row.after || '–'}</td>
            </tr>
          ));
        })}
      </tbody>
    </table>
  );
}

function Refused({ desk, edit, close }: { desk: Desk; edit: PendingEdit; close: () => void }) {
  const conflict = edit.state === 'conflict';
  const does = (run: () => Promise<void> | void) => () => {
    close();
    Promise.resolve(run()).catch(failed('Not stored'));
  };
  return (
    <div className="dialog-form">
      <p>
        <strong>{edit.message}</strong>{' '}
        {conflict
          ? 'touches what somebody else has changed meanwhile.'
          : 'was refused. It is still on your screen, but not stored.'}
      </p>
      {conflict ? <Sides desk={desk} edit={edit} /> : <FailureText failure={edit.failure} />}
      <div className="choices">
        {conflict && (
          <>
            <Button onClick={does(() => onTop(desk, edit))}>Put mine on top</Button>
            <Button variant="default" onClick={does(() => onBranch(desk, edit))}>
              Keep mine on a branch
            </Button>
          </>
        )}
        {!conflict && (
          <Button variant="default" onClick={does(() => desk.session.edits.again(edit.id, { base: edit.base }))}>
            Try again
          </Button>
        )}
        <Button variant="subtle" color="red" onClick={does(() => desk.session.edits.drop(edit.id))}>
          {conflict ? 'Take theirs, drop mine' : 'Drop it'}
        </Button>
      </div>
    </div>
  );
}

export function Edits() {
  const desk = useDesk();
  const list = useStore(desk.session.edits.list);
  const ready = useStore(desk.session.ready);
  const stuck = list.filter((edit) => edit.state === 'conflict' || edit.state === 'refused');
  const first = stuck[0];
  if (first) {
    const open = () =>
      openDialog(
        first.state === 'conflict' ? 'Changed by somebody else' : 'Not stored',
        (close) => <Refused desk={desk} edit={first} close={close} />,
        'lg',
      );
    return (
      <button type="button" className="edits bad" onClick={open}>
        <Icon name="warn" size={14} />
        {first.state === 'conflict' ? 'Conflict: decide' : 'Refused'}: {first.message}
        {stuck.length > 1 && ` +${stuck.length - 1}`}
      </button>
    );
  }
  const quiet = ready === 'ready' ? 'All stored' : '';
  return (
    <span className="edits muted" role="status">
      {list.length > 0 ? `Storing ${list.length}…` : quiet}
    </span>
  );
}
