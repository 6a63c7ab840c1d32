// Dialogs, and the small ones that ask for a name or a yes.
import { Button, Modal, TextInput } from '@mantine/core';
import { type FocusEvent, type FormEvent, type ReactNode, useEffect, useState } from 'react';
import type { Failure } from '../contract';
import { picking } from '../model/picking';
import { Store } from '../model/store';
import { failureOf } from '../transport';
import { useStore } from './use-store';

type Draw = (close: () => void) => ReactNode;

interface Opened {
  id: number;
  title: string;
  size: string;
  draw: Draw;
}

const stack = new Store<readonly Opened[]>([]);
let count = 0;

/** Opens a dialog; `draw` gets what closes it. */
export function openDialog(title: string, draw: Draw, size = 'md'): void {
  stack.update((list) => [...list, { id: count++, title, size, draw }]);
}

/** Closes all dialogs: the page that they belong to is left. */
export function closeDialogs(): void {
  stack.set([]);
}

function close(id: number): void {
  stack.update((list) => list.filter((dialog) => dialog.id !== id));
}

/**
 * The trap of the focus looks for its first field a moment after the dialog has come, and would take the focus away from
 * who was quicker: so the field that has the focus is the one that it finds, also when a dialog comes back from aside.
 */
function keepFocus({ currentTarget, target }: FocusEvent<HTMLElement>): void {
  if (!currentTarget.contains(target)) return;
  for (const marked of currentTarget.querySelectorAll('[data-autofocus]')) marked.removeAttribute('data-autofocus');
  target.setAttribute('data-autofocus', 'true');
}

/** Gives the focus back to what had it before, unless something else has taken it by then. */
function useFocusBack(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // Once the dialog is gone, and with it what had the focus in it.
      setTimeout(() => {
        const lost = document.activeElement === null || document.activeElement === document.body;
        if (lost && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      });
    },
    [before],
  );
}

function Dialog({ dialog: { id, title, size, draw } }: { dialog: Opened }) {
  // While something is picked for a field of it, a dialog stands aside.
  const aside = useStore(picking) !== undefined;
  useFocusBack();
  return (
    <Modal
      opened
      onClose={() => close(id)}
      title={title}
      size={size}
      transitionProps={{ duration: 0 }}
      closeOnEscape={!aside}
      trapFocus={!aside}
      // The page does not scroll; and the lock would write a style element, which the content policy refuses.
      lockScroll={false}
      className={aside ? 'aside' : undefined}
      closeButtonProps={{ 'aria-label': 'Close dialog' }}
      onFocus={keepFocus}
    >
      {draw(() => close(id))}
    </Modal>
  );
}

export function DialogHost() {
  return useStore(stack).map((dialog) => <Dialog key={dialog.id} dialog={dialog} />);
}

export function FailureText({ failure }: { failure: Failure | undefined }) {
  if (!failure) return null;
  return (
    <div className="failure" role="alert">
      <strong>{failure.message}</strong>
      {failure.remedy && <p>{failure.remedy}</p>}
      {failure.places.length > 0 && <p className="mono">{failure.places.slice(0, 8).join(', ')}</p>}
    </div>
  );
}

/** Buttons and the failure of what they did; the dialog closes when `run` has done its work, unless that says `false`. */
export function DialogForm(props: {
  children: ReactNode;
  label: string;
  danger?: boolean;
  disabled?: boolean;
  close: () => void;
  run: () => unknown;
}) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      if ((await props.run()) !== false) props.close();
    } catch (error) {
      setFailure(failureOf(error));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={submit} className="dialog-form">
      {props.children}
      <FailureText failure={failure} />
      <div className="dialog-buttons">
        <Button variant="default" onClick={props.close}>
          Cancel
        </Button>
        <Button type="submit" color={props.danger ? 'red' : undefined} loading={busy} disabled={props.disabled}>
          {props.label}
        </Button>
      </div>
    </form>
  );
}

interface AskOptions {
  title: string;
  label: string;
  text?: string;
  value?: string;
  /** What is wrong with the text. */
  fault?: (text: string) => string | undefined;
  button: string;
  run: (text: string) => unknown;
}

function AskText({ options, close: shut }: { options: AskOptions; close: () => void }) {
  const [text, setText] = useState(options.value ?? '');
  const wrong = options.fault?.(text) ?? (text.trim() ? undefined : 'is needed');
  return (
    <DialogForm label={options.button} close={shut} disabled={wrong !== undefined} run={() => options.run(text.trim())}>
      {options.text && <p>{options.text}</p>}
      <TextInput
        label={options.label}
        value={text}
        data-autofocus
        error={text !== (options.value ?? '') && wrong}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </DialogForm>
  );
}

/** Asks for one line of text. */
export function askText(options: AskOptions): void {
  openDialog(options.title, (shut) => <AskText options={options} close={shut} />, 'sm');
}

/** Asks before something that cannot be taken for granted. */
export function confirm(title: string, text: string, button: string, run: () => unknown): void {
  openDialog(
    title,
    (shut) => (
      <DialogForm label={button} danger close={shut} run={run}>
        <p>{text}</p>
      </DialogForm>
    ),
    'sm',
  );
}
