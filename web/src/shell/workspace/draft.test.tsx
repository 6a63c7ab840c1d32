// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, test, vi } from 'vitest';
import type { Desk } from './context';
import { useDraft } from './draft';

const login = vi.hoisted(() => ({ user: {} as object | undefined }));
vi.mock('../platform', () => ({ user: { get: () => login.user } }));
vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);

type Values = { [name: string]: string };
const desk = { session: { user: 'ada', project: 'p' } } as Desk;

/** A dialog: what it holds, the way to change that, and the way out. */
function dialog() {
  const root = createRoot(document.createElement('div'));
  const held: { values: Values; set: (to: (now: Values) => Values) => void } = { values: {}, set: () => undefined };
  function Dialog() {
    [held.values, held.set] = useDraft<Values>(desk, 'values', () => ({}));
    return null;
  }
  act(() => root.render(<Dialog />));
  return { held, close: () => act(() => root.unmount()) };
}

test('what comes late is put to what was typed meanwhile, and is nothing to the next dialog', () => {
  const first = dialog();
  const { set } = first.held;
  act(() => set((now) => ({ ...now, material: 'pec' })));
  act(() => set((now) => ({ ...now, file: 'a.step' })));
  expect(first.held.values).toEqual({ material: 'pec', file: 'a.step' });
  first.close();
  set((now) => ({ ...now, file: 'b.step' }));
  const second = dialog();
  expect(second.held.values).toEqual({});
  // The end of a login keeps it.
  act(() => second.held.set(() => ({ material: 'vacuum' })));
  login.user = undefined;
  second.close();
  expect(dialog().held.values).toEqual({ material: 'vacuum' });
});
