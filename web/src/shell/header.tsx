import { useMantineColorScheme } from '@mantine/core';
import { useState } from 'react';
import { DialogForm, openDialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { openMenuUnder } from '../parts/menu';
import { notify } from '../parts/notices';
import { useStore } from '../parts/use-store';
import type { Link } from '../transport';
import { PasswordFields } from './login';
import { go, signOut, socket, user } from './platform';
import { showShortcuts } from './shortcuts';

function ChangePassword({ close }: { close: () => void }) {
  const [values, setValues] = useState({ old: '', fresh: '', again: '' });
  const change = async () => {
    await socket.call('Authorization/ChangePassword', { oldPassword: values.old, newPassword: values.fresh });
    notify('good', 'The password is changed');
  };
  return (
    <DialogForm
      label="Change password"
      close={close}
      run={change}
      disabled={!values.old || !values.fresh || values.fresh !== values.again}
    >
      <PasswordFields {...values} change={(part, text) => setValues({ ...values, [part]: text })} />
    </DialogForm>
  );
}

const WORDS: Record<Link, string> = {
  open: 'Connected',
  connecting: 'Connecting…',
  waiting: 'Connection lost: trying again',
  'signed-out': 'Logged out',
  closed: 'Not connected',
};

export function LinkMark() {
  const { link } = useStore(socket.state);
  return (
    <span className={`link ${link}`} role="status">
      <i aria-hidden="true" />
      {WORDS[link]}
      {link === 'waiting' && (
        <button type="button" className="bare" onClick={() => socket.retryNow()}>
          Try now
        </button>
      )}
    </span>
  );
}

export function AccountButtons() {
  const who = useStore(user);
  // Without this Mantine would hold transitions still by a style element, which the content policy refuses.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const dark = document.documentElement.dataset.mantineColorScheme === 'dark';
  if (!who) return null;
  const menu = (element: Element) =>
    openMenuUnder(element, [
      {
        label: 'Change password…',
        icon: 'edit',
        run: () => openDialog('Change password', (close) => <ChangePassword close={close} />, 'sm'),
      },
      {
        label: 'Administration',
        icon: 'users',
        disabled: !who.administrator,
        run: () => go({ page: 'administration', tab: 'users' }),
      },
      {
        label: `Theme: ${colorScheme === 'auto' ? 'as the system' : colorScheme}`,
        icon: 'sun',
        apart: true,
        run: () => setColorScheme(colorScheme === 'auto' ? 'light' : colorScheme === 'light' ? 'dark' : 'auto'),
      },
      { label: 'Keyboard shortcuts', icon: 'help', hint: '?', run: showShortcuts },
      { label: 'Log out', icon: 'right', apart: true, run: () => void signOut() },
    ]);
  return (
    <div className="account">
      <button
        type="button"
        className="bare"
        aria-label={dark ? 'Bright theme' : 'Dark theme'}
        title={dark ? 'Bright theme' : 'Dark theme'}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        className="bare"
        aria-label="Help and shortcuts"
        title="Help and shortcuts (?)"
        onClick={showShortcuts}
      >
        <Icon name="help" />
      </button>
      <button type="button" className="bare" aria-haspopup="menu" onClick={(event) => menu(event.currentTarget)}>
        <Icon name="user" />
        {who.fullName || who.name}
        <Icon name="down" size={12} />
      </button>
    </div>
  );
}

export function PageHeader({ children }: { children?: React.ReactNode }) {
  return (
    <header className="page-header">
      <a href="#/" className="brand" aria-label="OpenTwin, all projects">
        <img src="/icon.svg" alt="" width="22" height="22" />
        <span>OpenTwin</span>
      </a>
      <nav aria-label="Pages">{children}</nav>
      <AccountButtons />
    </header>
  );
}
