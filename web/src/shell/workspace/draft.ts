// What was typed into a dialog that the end of a login closed: it is there again when the same user opens it again.
import { useCallback, useEffect, useRef, useState } from 'react';
import { user } from '../platform';
import type { Desk } from './context';

const drafts = new Map<string, unknown>();

/** As `useState`, for a part of a dialog; whoever closes the dialog is done with it. */
export function useDraft<T>(desk: Desk, name: string, initial: () => T) {
  const key = JSON.stringify([desk.session.user, desk.session.project, name]);
  const [value, setValue] = useState<T>(() => (drafts.has(key) ? (drafts.get(key) as T) : initial()));
  const latest = useRef(value);
  const closed = useRef(false);
  // At once: the last field is left in the moment in which the dialog goes.
  const change = useCallback(
    (to: T | ((now: T) => T)) => {
      // An upload may end after its dialog.
      if (closed.current) return;
      latest.current = to instanceof Function ? to(latest.current) : to;
      drafts.set(key, latest.current);
      setValue(latest.current);
    },
    [key],
  );
  useEffect(() => {
    closed.current = false;
    return () => {
      if (!user.get()) return;
      drafts.delete(key);
      closed.current = true;
    };
  }, [key]);
  return [value, change] as const;
}
