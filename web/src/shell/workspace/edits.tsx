// What becomes of the user's edits: on the way, stored, or refused, with what can be done then.
import { Button } from '@mantine/core';
import type { PendingEdit } from '../../model/project/pending';
import { FailureText, openDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useStore } from '../../parts/use-store';
import { failed } from './commands';
import { type Desk, useDesk } from './context';

/** Puts the edit on top of what is there now; the same entities of others are replaced. */
async function onTop(desk: Desk, edit: PendingEdit): Promise<void> {
  const { session } = desk;
  await session.loadVersions();
  const head = session.refs.get().branches.find((ref) => ref.name === edit.branch)?.version ?? '';
  session.edits.again(edit.id, { base: head });
}

/** Stores the edit on a branch of its own, from the version that it was made on. */
async function onBranch(desk: Desk, edit: PendingEdit): Promise<void> {
  const { session } = desk;
  const name = `${edit.branch}-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')}`;
  await session.socket.call('Project/CreateBranch', { project: session.project, name, version: edit.base });
  await session.loadVersions();
  await session.show(name);
  session.edits.again(edit.id, { branch: name, base: edit.base });
  notify('good', `Stored on the branch ${name}`, 'Merge it when the two sides are settled.');
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
      <FailureText failure={edit.failure} />
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
  const stuck = list.filter((edit) => edit.state === 'conflict' || edit.state === 'refused');
  const first = stuck[0];
  if (first) {
    const open = () =>
      openDialog(first.state === 'conflict' ? 'Changed by somebody else' : 'Not stored', (close) => (
        <Refused desk={desk} edit={first} close={close} />
      ));
    return (
      <button type="button" className="edits bad" onClick={open}>
        <Icon name="warn" size={14} />
        {first.state === 'conflict' ? 'Conflict: decide' : 'Refused'}: {first.message}
        {stuck.length > 1 && ` +${stuck.length - 1}`}
      </button>
    );
  }
  return (
    <span className="edits muted" role="status">
      {list.length > 0 ? `Storing ${list.length}…` : 'All stored'}
    </span>
  );
}
