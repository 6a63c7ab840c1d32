/** Paths that are selected, in the order of their choosing; the last one is the leading one. */
export type Selection = readonly string[];

export type Mode = 'only' | 'toggle' | 'range';

/** The selection after a click on `path`; `order` is the order on the screen, for ranges. */
export function select(now: Selection, path: string, mode: Mode, order: readonly string[]): Selection {
  if (mode === 'toggle') return now.includes(path) ? now.filter((other) => other !== path) : [...now, path];
  const lead = now[now.length - 1];
  if (mode === 'range' && lead !== undefined) {
    const from = order.indexOf(lead);
    const to = order.indexOf(path);
    if (from >= 0 && to >= 0) {
      const range = order.slice(Math.min(from, to), Math.max(from, to) + 1).filter((other) => other !== lead);
      return [...range, lead];
    }
  }
  return [path];
}

/** A click's keys as a mode. */
export function modeOf(event: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): Mode {
  if (event.ctrlKey || event.metaKey) return 'toggle';
  return event.shiftKey ? 'range' : 'only';
}
