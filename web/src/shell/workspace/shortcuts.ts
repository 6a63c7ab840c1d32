import { useEffect } from 'react';
import { showShortcuts } from '../shortcuts';
import { duplicate, redo, remove, undo } from './commands';
import type { Desk } from './context';
import { openPalette } from './palette';
import { rename } from './rename';

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.closest('input, textarea, select, [contenteditable]') !== null ||
      target.closest('.menu, .mantine-Modal-root') !== null)
  );
}

/** Keys that hold in the whole window; views have their own beside. */
export function useShortcuts(desk: Desk): void {
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const control = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (control && key === 'k') openPalette(desk);
      else if (typing(event.target)) return;
      else if (control && key === 'z' && !event.shiftKey) undo(desk);
      else if (control && (key === 'y' || (key === 'z' && event.shiftKey))) redo(desk);
      else if (control && key === 'd') duplicate(desk, desk.session.selection.get());
      else if (control || event.altKey) return;
      else if (event.key === '?') showShortcuts();
      else if (event.key === 'Escape') desk.session.selection.set([]);
      else if (event.key === 'Delete') remove(desk, desk.session.selection.get());
      else if (event.key === 'F2') {
        const [path] = desk.session.selection.get();
        if (path) rename(desk, path);
      } else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  }, [desk]);
}
