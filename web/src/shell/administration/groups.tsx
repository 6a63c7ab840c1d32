import { Button, TagsInput } from '@mantine/core';
import { useState } from 'react';
import type { Group } from '../../contract';
import { askText, confirm, DialogForm, FailureText, openDialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { socket } from '../platform';
import { useLoaded } from './administration';

function Members({ group, close, reload }: { group: Group; close: () => void; reload: () => void }) {
  const { data } = useLoaded(() => socket.call('Authorization/ListUsers', {}));
  const [members, setMembers] = useState(group.members);
  const set = async () => {
    const add = members.filter((name) => !group.members.includes(name));
    const remove = group.members.filter((name) => !members.includes(name));
    await socket.call('Authorization/SetGroupMembers', { name: group.name, add, remove });
    reload();
  };
  return (
    <DialogForm label="Save" close={close} run={set}>
      <TagsInput
        label="Members"
        data={data?.users.map((one) => one.name) ?? []}
        value={members}
        onChange={setMembers}
        // Not over the buttons below.
        comboboxProps={{ position: 'top-start' }}
      />
    </DialogForm>
  );
}

export function Groups() {
  const { data, failure, reload } = useLoaded(() => socket.call('Authorization/ListGroups', {}));
  const create = () =>
    askText({
      title: 'New group',
      label: 'Name',
      button: 'Create',
      run: (name) => socket.call('Authorization/CreateGroup', { name }).then(reload),
    });
  return (
    <>
      <div className="pane-bar">
        <Button leftSection={<Icon name="plus" size={14} />} onClick={create}>
          New group
        </Button>
      </div>
      <FailureText failure={failure} />
      <table className="grid">
        <thead>
          <tr>
            <th>Group</th>
            <th>Members</th>
            <th>
              <span className="hidden-label">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data?.groups.map((group) => (
            <tr key={group.name}>
              <td>
                <strong>{group.name}</strong>
              </td>
              <td>{group.members.join(', ') || <span className="muted">nobody</span>}</td>
              <td>
                <span className="row-buttons">
                  <button
                    type="button"
                    className="bare"
                    onClick={() =>
                      openDialog(`Members of ${group.name}`, (close) => (
                        <Members group={group} close={close} reload={reload} />
                      ))
                    }
                  >
                    <Icon name="edit" size={14} /> Members
                  </button>
                  <button
                    type="button"
                    className="bare"
                    aria-label={`Delete ${group.name}`}
                    onClick={() =>
                      confirm(
                        'Delete group',
                        `${group.name} will be gone; its members keep only their own rights.`,
                        'Delete',
                        () => socket.call('Authorization/DeleteGroup', { name: group.name }).then(reload),
                      )
                    }
                  >
                    <Icon name="trash" size={14} />
                  </button>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {data?.groups.length === 0 && <p className="empty">No group yet.</p>}
    </>
  );
}
