import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { Failure } from '../contract';
import { FailureText } from '../parts/dialog';
import { useStore } from '../parts/use-store';
import { failureOf, logIn, post } from '../transport';
import { enter, greeting, signOut, user } from './platform';

function Card({ title, hint, children }: { title: string; hint: ReactNode; children: ReactNode }) {
  return (
    <main className="login">
      <section className="login-card" aria-labelledby="login-title">
        <div className="login-brand">
          <img src="/icon.svg" alt="" width="34" height="34" />
          <div>
            <h1 id="login-title">{title}</h1>
            <p>{hint}</p>
          </div>
        </div>
        {children}
      </section>
    </main>
  );
}

function useSubmit(run: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    run()
      .catch((error) => setFailure(failureOf(error)))
      .finally(() => setBusy(false));
  };
  return { busy, failure, submit };
}

export function Login() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const fresh = useStore(greeting)?.firstStart ?? false;
  const { busy, failure, submit } = useSubmit(async () => enter(await logIn(name.trim(), password)));
  return (
    <Card title="OpenTwin" hint="Engineering simulation">
      <form onSubmit={submit}>
        <TextInput
          label="Name"
          name="name"
          autoComplete="username"
          autoFocus
          required
          size="sm"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          size="sm"
          mt="sm"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FailureText failure={failure} />
        <Button type="submit" fullWidth size="sm" mt="md" loading={busy} disabled={!name.trim() || !password}>
          Log in
        </Button>
      </form>
      {fresh && (
        <p className="login-note" role="note">
          Nobody has logged in to this site yet. The name and the one-time password of its administrator were printed
          where the platform was started.
        </p>
      )}
    </Card>
  );
}

/** Fields for a change of password; also used in the user menu. */
export function PasswordFields(props: {
  old: string;
  fresh: string;
  again: string;
  change: (part: 'old' | 'fresh' | 'again', text: string) => void;
}) {
  const labels = { old: 'Present password', fresh: 'New password', again: 'New password again' };
  return (['old', 'fresh', 'again'] as const).map((part) => (
    <PasswordInput
      key={part}
      label={labels[part]}
      autoComplete={part === 'old' ? 'current-password' : 'new-password'}
      required
      size="sm"
      mt="sm"
      value={props[part]}
      error={part === 'again' && props.again !== '' && props.again !== props.fresh && 'is not the same'}
      onChange={(event) => props.change(part, event.currentTarget.value)}
    />
  ));
}

/** Before anything else, a one-time password is replaced. */
export function NewPassword({ name }: { name: string }) {
  const [values, setValues] = useState({ old: '', fresh: '', again: '' });
  const { busy, failure, submit } = useSubmit(async () => {
    await post('Authorization/ChangePassword', { oldPassword: values.old, newPassword: values.fresh });
    // The change may have ended the login that was made with the one-time password.
    enter(await logIn(name, values.fresh));
  });
  const ready = values.old && values.fresh && values.fresh === values.again;
  return (
    <Card title="Choose a password" hint={`Welcome, ${name}. The one-time password is good for this only.`}>
      <form onSubmit={submit}>
        <PasswordFields {...values} change={(part, text) => setValues({ ...values, [part]: text })} />
        <FailureText failure={failure} />
        <Button type="submit" fullWidth size="sm" mt="md" loading={busy} disabled={!ready}>
          Set password
        </Button>
        <Button variant="subtle" fullWidth size="sm" mt="xs" onClick={() => void signOut()}>
          Log out
        </Button>
      </form>
    </Card>
  );
}

export function isSelf(name: string): boolean {
  return user.get()?.name === name;
}
