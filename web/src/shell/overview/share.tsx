import { Button, Select } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import type { Failure, ProjectInfo, Right, Share } from '../../contract';
import { FailureText } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { failureOf } from '../../transport';
import { socket } from '../platform';

const RIGHTS: { value: Right; label: string }[] = [
  { value: 'RIGHT_VIEWER', label: 'may look' },
  { value: 'RIGHT_EDITOR', label: 'may edit and run' },
  { value: 'RIGHT_OWNER', label: 'owns' },
];

/** Who may do what in a project. */
export function ShareDialog({ project, close }: { project: ProjectInfo; close: () => void }) {
  const [shares, setShares] = useState<Share[]>([]);
  const [subjects, setSubjects] = useState<string[]>([]);
  const [subject, setSubject] = useState('');
  const [right, setRight] = useState<Right>('RIGHT_EDITOR');
  const [failure, setFailure] = useState<Failure>();
  const load = useCallback(() => {
    socket
      .call('Authorization/ListShares', { project: project.id })
      .then((reply) => setShares(reply.shares))
      .catch((error) => setFailure(failureOf(error)));
  }, [project.id]);
  useEffect(() => {
    load();
    // Only some may list users; others type the name.
    const users = socket
      .call('Authorization/ListUsers', {})
      .then((reply) => reply.users.map((user) => `user ${user.name}`));
    const groups = socket
      .call('Authorization/ListGroups', {})
      .then((reply) => reply.groups.map((group) => `group ${group.name}`));
    Promise.allSettled([users, groups]).then((found) =>
      setSubjects(found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))),
    );
  }, [load]);
  const set = (who: { user?: string; group?: string }, to: Right) => {
    setFailure(undefined);
    socket
      .call('Authorization/Share', { project: project.id, ...who, right: to })
      .then(load)
      .catch((error) => setFailure(failureOf(error)));
  };
  const add = () => {
    const [, kind, name] = /^(?:(user|group) )?(.+)$/.exec(subject.trim()) ?? [];
    if (!name) return;
    set(kind === 'group' ? { group: name } : { user: name }, right);
    setSubject('');
  };
  return (
    <div className="share">
      <table className="grid">
        <tbody>
          {shares.map((share) => {
            const who = share.group ? { group: share.group } : { user: share.user ?? '' };
            const name = share.group ?? share.user ?? '';
            return (
              <tr key={`${share.group} ${share.user}`}>
                <td>
                  <span className="with-icon">
                    <Icon name={share.group ? 'users' : 'user'} />
                    {name}
                  </span>
                </td>
                <td>
                  <Select
                    aria-label={`Right of ${name}`}
                    data={RIGHTS}
                    value={share.right}
                    allowDeselect={false}
                    onChange={(to) => to && set(who, to as Right)}
                  />
                </td>
                <td>
                  <button
                    type="button"
                    className="bare"
                    aria-label={`Take the right of ${name} away`}
                    onClick={() => set(who, 'RIGHT_NONE')}
                  >
                    <Icon name="close" size={14} />
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <form
        className="share-add"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <input
          className="input"
          aria-label="User or group"
          placeholder="name, or group name"
          list="share-subjects"
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
        <datalist id="share-subjects">
          {subjects.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Select
          aria-label="Right"
          data={RIGHTS}
          value={right}
          allowDeselect={false}
          onChange={(to) => to && setRight(to as Right)}
        />
        <Button type="submit" disabled={!subject.trim()}>
          Add
        </Button>
      </form>
      <FailureText failure={failure} />
      <div className="dialog-buttons">
        <Button variant="default" onClick={close}>
          Done
        </Button>
      </div>
    </div>
  );
}
