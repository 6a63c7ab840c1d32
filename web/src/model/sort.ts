const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Order of names as people expect it: `port2` before `port10`. */
export function naturally(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
