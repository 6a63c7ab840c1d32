// What can be done with versions and branches.
import { Select } from '@mantine/core';
import { useState } from 'react';
import type { Version } from '../../contract';
import { askText, confirm, DialogForm, openDialog } from '../../parts/dialog';
import type { MenuItem } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { failed, versionName } from '../../shell/workspace/commands';
import type { Desk } from '../../shell/workspace/context';
import { CallError } from '../../transport';
import { Compare, differences } from './compare';

function refFault(name: string): string | undefined {
  if (!name) return 'a name is needed';
  return /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(name) ? undefined : 'letters, digits, . _ - and / only';
}

export function makeBranch(desk: Desk, version: string): void {
  const { session } = desk;
  askText({
    title: 'New branch',
    label: 'Name of the branch',
    button: 'Make branch',
    fault: refFault,
    run: async (name) => {
      await session.socket.call('Project/CreateBranch', { project: session.project, name, version });
      await session.loadVersions();
      await session.show(name);
    },
  });
}

export function makeTag(desk: Desk, version: string): void {
  const { session } = desk;
  askText({
    title: 'Label this version',
    label: 'Label',
    button: 'Set label',
    fault: refFault,
    run: async (name) => {
      await session.socket.call('Project/CreateTag', { project: session.project, name, version });
      await session.loadVersions();
    },
  });
}

/** What the two branches say of an entity, as far as they differ. */
interface Sides {
  into: string;
  from: string;
}

async function sidesOf(desk: Desk, paths: string[], into: string, from: string): Promise<Map<string, Sides>> {
  const read = async (branch: string) => {
    const found = await desk.session.entitiesAt(branch, paths);
    return new Map(found.map((entity) => [entity.path, entity]));
  };
  const [ours, theirs] = await Promise.all([read(into), read(from)]);
  return new Map(
    paths.map((path) => {
      const [before, after] = [ours.get(path), theirs.get(path)];
      if (!before || !after) return [path, { into: before ? 'there' : 'deleted', from: after ? 'there' : 'deleted' }];
      const rows = differences({ before, after });
      const text = (side: 'before' | 'after') => rows.map((row) => `${row.name}: ${row[side] || '–'}`).join('; ');
      return [path, { into: text('before'), from: text('after') }];
    }),
  );
}

function Conflicts(props: {
  sides: ReadonlyMap<string, Sides>;
  into: string;
  from: string;
  theirs: Record<string, boolean>;
  choose: (path: string, theirs: boolean) => void;
}) {
  const { sides, into, from, theirs, choose } = props;
  return (
    <>
      <p>Both branches have changed the same. Choose a side for each, then merge.</p>
      <table className="grid sides">
        <thead>
          <tr>
            <th>Changed in both</th>
            <th>{into}</th>
            <th>{from}</th>
            <th>Take</th>
          </tr>
        </thead>
        <tbody>
          {[...sides].map(([path, side]) => (
            <tr key={path}>
              <td className="mono">{path}</td>
              <td className={`mono ${theirs[path] ? 'muted' : ''}`}>{side.into}</td>
              <td className={`mono ${theirs[path] ? '' : 'muted'}`}>{side.from}</td>
              <td>
                <select
                  className="input"
                  aria-label={`Which side of ${path}`}
                  value={theirs[path] ? 'from' : 'into'}
                  onChange={(event) => choose(path, event.currentTarget.value === 'from')}
                >
                  <option value="into">{into}</option>
                  <option value="from">{from}</option>
                </select>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function MergeDialog({ desk, close }: { desk: Desk; close: () => void }) {
  const { session } = desk;
  const into = session.shown.get().branch;
  const others = session.refs
    .get()
    .branches.map((ref) => ref.name)
    .filter((name) => name !== into);
  const [from, setFrom] = useState<string | null>(others[0] ?? null);
  const [sides, setSides] = useState<ReadonlyMap<string, Sides>>();
  const [theirs, setTheirs] = useState<Record<string, boolean>>({});
  const merge = async () => {
    if (!from) return false;
    const takeTheirs = Object.fromEntries([...(sides?.keys() ?? [])].map((path) => [path, theirs[path] ?? false]));
    try {
      await session.socket.call('Project/Merge', { project: session.project, into, from, takeTheirs });
      notify('good', `${from} is merged into ${into}`);
      return true;
    } catch (error) {
      if (!(error instanceof CallError && error.code === 'version.conflict')) throw error;
      setSides(await sidesOf(desk, error.failure.places, into, from));
      return false;
    }
  };
  if (others.length === 0) return <p>There is no other branch to merge from.</p>;
  return (
    <DialogForm label="Merge" close={close} run={merge} disabled={!from}>
      <p>Into {into}, which is shown now.</p>
      <Select
        label="From"
        data={others}
        value={from}
        onChange={(name) => {
          setFrom(name);
          setSides(undefined);
        }}
        allowDeselect={false}
      />
      {sides && from && (
        <Conflicts
          sides={sides}
          into={into}
          from={from}
          theirs={theirs}
          choose={(path, one) => setTheirs({ ...theirs, [path]: one })}
        />
      )}
    </DialogForm>
  );
}

export function mergeBranch(desk: Desk): void {
  openDialog('Merge a branch', (close) => <MergeDialog desk={desk} close={close} />, 'lg');
}

export function compare(desk: Desk, from: string, to: string): void {
  openDialog('Compare versions', () => <Compare desk={desk} from={from} to={to} />, 'xl');
}

function change(
  desk: Desk,
  method: 'Project/Revert' | 'Project/RestoreVersion',
  version: Version,
  title: string,
): void {
  const { session } = desk;
  const { branch } = session.shown.get();
  session.socket
    .call(method, { project: session.project, branch, version: version.id })
    .then(async () => {
      await session.show(branch);
      notify('good', title, version.message);
    })
    .catch(failed('Not done'));
}

export function versionMenu(desk: Desk, version: Version, marked: string | undefined): MenuItem[] {
  const { session } = desk;
  const shown = session.shown.get();
  const readOnly = !session.mayEdit;
  const overlaid = session.compared.get().includes(version.id);
  const tags = session.refs.get().tags.filter((tag) => tag.version === version.id);
  return [
    {
      label: 'Look at this version',
      icon: 'eye',
      run: () => void session.show(shown.branch, version.id).catch(failed('Not shown')),
    },
    {
      label: 'Compare with the one before',
      icon: 'history',
      disabled: !version.parents[0],
      run: () => compare(desk, version.parents[0] ?? '', version.id),
    },
    {
      label: 'Compare with the shown one',
      icon: 'history',
      disabled: version.id === shown.version,
      run: () => compare(desk, version.id, shown.version),
    },
    ...(marked && marked !== version.id
      ? [{ label: 'Compare with the marked one', icon: 'history', run: () => compare(desk, marked, version.id) }]
      : []),
    {
      label: overlaid ? 'Take out of the plots' : 'Lay over the plots',
      icon: 'plot',
      run: () =>
        session.compared.update((list) => (overlaid ? list.filter((id) => id !== version.id) : [...list, version.id])),
    },
    {
      label: 'Branch from here…',
      icon: 'branch',
      apart: true,
      disabled: readOnly,
      run: () => makeBranch(desk, version.id),
    },
    { label: 'Label…', icon: 'tag', disabled: readOnly, run: () => makeTag(desk, version.id) },
    ...tags.map((tag) => ({
      label: `Remove the label ${tag.name}`,
      icon: 'close',
      disabled: readOnly,
      run: () =>
        void session.socket
          .call('Project/DeleteTag', { project: session.project, name: tag.name, version: '' })
          .then(() => session.loadVersions())
          .catch(failed('Not removed')),
    })),
    {
      label: `Take back what it changed`,
      icon: 'undo',
      apart: true,
      disabled: readOnly || !version.parents[0],
      run: () => change(desk, 'Project/Revert', version, 'Taken back'),
    },
    {
      label: 'Go back to this version',
      icon: 'undo',
      disabled: readOnly,
      run: () =>
        confirm(
          'Go back',
          `${shown.branch} gets a new version with what ${versionName(version)} held. Nothing is lost: later versions stay in the history.`,
          'Go back',
          () => change(desk, 'Project/RestoreVersion', version, 'Gone back'),
        ),
    },
  ];
}
