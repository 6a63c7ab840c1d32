// Long lists are drawn as far as they are seen: the rows in view, some around them, and gaps for the rest.
import { type RefObject, useCallback, useEffect, useState } from 'react';

/** Up to so many rows all are drawn; then also the browser's own search finds them. */
const FEW = 300;
const AROUND = 20;

/** A row to draw, or room for so many that are not. */
export type Drawn = { at: number } | { gap: number; before: number };

/** The rows from `first` to before `last`, and those that have to be there anyway, with the gaps between them. */
export function drawn(count: number, first: number, last: number, always: readonly number[]): Drawn[] {
  const places = new Set(always.filter((at) => at >= 0 && at < count));
  for (let at = Math.max(0, first); at < Math.min(count, last); at += 1) places.add(at);
  const list: Drawn[] = [];
  let next = 0;
  for (const at of [...places].sort((a, b) => a - b)) {
    if (at > next) list.push({ gap: at - next, before: at });
    list.push({ at });
    next = at + 1;
  }
  if (next < count) list.push({ gap: count - next, before: count });
  return list;
}

/** What to draw of a list with rows of one height; `always` are places that are drawn in any case, such as the focus. */
export function useWindow(
  list: RefObject<HTMLElement | null>,
  count: number,
  height: number,
  always: readonly number[] = [],
) {
  const many = count > FEW;
  const [[first, last], setSpan] = useState<readonly [number, number]>([0, 2 * AROUND]);
  useEffect(() => {
    const element = list.current;
    if (!element || !many) return;
    const look = () => {
      // In steps, so that not each movement draws anew.
      const step = (at: number) => Math.round(at / AROUND) * AROUND;
      const top = step(element.scrollTop / height) - AROUND;
      const bottom = step((element.scrollTop + element.clientHeight) / height) + 2 * AROUND;
      setSpan((now) => (now[0] === top && now[1] === bottom ? now : [top, bottom]));
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [list, many, height]);
  /** Scrolls so that a row is in view. */
  const reveal = useCallback(
    (at: number) => {
      const element = list.current;
      if (!element || at < 0) return;
      const [top, bottom] = [at * height, (at + 1) * height];
      if (top < element.scrollTop) element.scrollTop = top;
      else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
    },
    [list, height],
  );
  return { rows: many ? drawn(count, first, last, always) : drawn(count, 0, count, []), reveal };
}
