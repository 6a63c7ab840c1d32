// The two columns of a form, and what divides them: dragged, or moved with the arrow keys; the same in all forms.
import { type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from 'react';
import { Store } from '../../model/store';
import { useStore } from '../use-store';

const KEPT = 'opentwin.form.names';
const [LEAST, USUAL, MOST] = [20, 40, 75];
const STEP = 2;

const bounded = (percent: number) => Math.min(MOST, Math.max(LEAST, percent));

function kept(): number {
  const percent = Number(localStorage.getItem(KEPT));
  return percent > 0 ? bounded(percent) : USUAL;
}

/** Part of a form's width that names take, in percent. */
const names = new Store(typeof localStorage === 'undefined' ? USUAL : kept());

function set(percent: number): void {
  names.set(bounded(percent));
  try {
    localStorage.setItem(KEPT, String(Math.round(names.get())));
  } catch {
    // It is as wide as ever the next time.
  }
}

export function Columns({ children }: { children: ReactNode }) {
  const percent = useStore(names);
  const form = useRef<HTMLDivElement>(null);
  const drag = (event: PointerEvent) => {
    const box = form.current?.getBoundingClientRect();
    if (box && event.currentTarget.hasPointerCapture(event.pointerId))
      set(((event.clientX - box.left) / box.width) * 100);
  };
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!step) return;
    set(percent + step);
    event.preventDefault();
  };
  return (
    <div className="form" ref={form} style={{ '--names': `${percent}cqi` } as CSSProperties}>
      {children}
      {/* biome-ignore lint/a11y/useSemanticElements: a rule of a page cannot be moved */}
      <div
        className="form-divider"
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the names"
        aria-valuenow={Math.round(percent)}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onDoubleClick={() => set(USUAL)}
        onKeyDown={keys}
      />
    </div>
  );
}
