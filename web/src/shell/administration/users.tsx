import { Button, Checkbox, CopyButton, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { User } from '../../contract';
import { confirm, DialogForm, FailureText, openDialog } from '../../parts/dialog';
import { since } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenuUnder } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { failureOf } from '../../transport';
import { isSelf } from '../login';
import { socket } from '../platform';
import { useLoaded } from './administration';

function showPassword(name: string, password: string): void {
  openDialog('One-time password', (close) => (
    <div className="dialog-form">
      <p>
        For <strong>{name}</strong>. It is shown this once and must be replaced at the first login.
      </p>
      <p className="mono one-time">{password}</p>
      <div className="dialog-buttons">
        <CopyButton value={password}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={close}>Done</Button>
      </div>
    </div>
  ));
}

function CreateUser({ close, reload }: { close: () => void; reload: () => void }) {
  const [name, setName] = useState('');
  const [fullName, setFullName] = useState('');
  const [administrator, setAdministrator] = useState(false);
  const create = async () => {
    const reply = await socket.call('Authorization/CreateUser', { name: name.trim(), fullName, administrator });
    reload();
    showPassword(name.trim(), reply.oneTimePassword);
  };
  return (
    <DialogForm label="Create" close={close} run={create} disabled={!name.trim()}>
      <TextInput
        label="Name"
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput label="Full name" value={fullName} onChange={(event) => setFullName(event.currentTarget.value)} />
      <Checkbox
        label="Administers the site"
        checked={administrator}
        onChange={(event) => setAdministrator(event.currentTarget.checked)}
      />
    </DialogForm>
  );
}

function menuOf(user: User, reload: () => void) {
  const tell = (title: string) => (error: unknown) => notify('bad', title, failureOf(error).message);
  const update = (change: Partial<User>) =>
    socket.call('Authorization/UpdateUser', { name: user.name, ...change }).then(reload, tell('Not changed'));
  const self = isSelf(user.name);
  return [
    {
      label: user.administrator ? 'No longer administrator' : 'Make administrator',
      icon: 'users',
      disabled: self,
      run: () => void update({ administrator: !user.administrator }),
    },
    {
      label: user.disabled ? 'Enable' : 'Disable',
      icon: 'user',
      disabled: self,
      run: () => void update({ disabled: !user.disabled }),
    },
    {
      label: 'New one-time password…',
      icon: 'edit',
      run: () =>
        confirm(
          'New password',
          `${user.name} is logged out everywhere and gets a one-time password.`,
          'Make password',
          async () => {
            const reply = await socket.call('Authorization/ResetPassword', { name: user.name });
            showPassword(user.name, reply.oneTimePassword);
          },
        ),
    },
    {
      label: 'Delete…',
      icon: 'trash',
      danger: true,
      apart: true,
      disabled: self,
      run: () =>
        confirm('Delete user', `${user.name} will be gone, with all rights on projects.`, 'Delete', () =>
          socket.call('Authorization/DeleteUser', { name: user.name }).then(reload),
        ),
    },
  ];
}

export function Users() {
  const { data, failure, reload } = useLoaded(() => socket.call('Authorization/ListUsers', {}));
  return (
    <>
      <div className="pane-bar">
        <Button
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => openDialog('New user', (close) => <CreateUser close={close} reload={reload} />, 'sm')}
        >
          New user
        </Button>
      </div>
      <FailureText failure={failure} />
      <table className="grid">
        <thead>
          <tr>
            <th>Name</th>
            <th>Full name</th>
            <th>Groups</th>
            <th>State</th>
            <th>Last login</th>
            <th>
              <span className="hidden-label">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data?.users.map((one) => (
            <tr key={one.id || one.name}>
              <td>
                <strong>{one.name}</strong> {one.administrator && <span className="badge accent">administrator</span>}
              </td>
              <td>{one.fullName}</td>
              <td>{one.groups.join(', ')}</td>
              <td>
                {one.disabled ? (
                  <span className="badge bad">disabled</span>
                ) : one.mustChangePassword ? (
                  <span className="badge warn">one-time password</span>
                ) : (
                  ''
                )}
              </td>
              <td>{since(one.lastLoginMs) || 'never'}</td>
              <td>
                <button
                  type="button"
                  className="bare"
                  aria-label={`Actions for ${one.name}`}
                  aria-haspopup="menu"
                  onClick={(event) => openMenuUnder(event.currentTarget, menuOf(one, reload))}
                >
                  <Icon name="more" />
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
