// What keys do to a plot that has the focus: they look closer, move along, show all again.

/** Closer where the factor is below one; along by parts of what is seen. */
export type Move =
  | { kind: 'zoom'; axis: 'x' | 'y'; factor: number }
  | { kind: 'pan'; axis: 'x' | 'y'; by: number }
  | { kind: 'whole' };

export const CLOSER = 0.8;
const STEP = 0.1;

const PANS: Record<string, Move> = {
  ArrowLeft: { kind: 'pan', axis: 'x', by: -STEP },
  ArrowRight: { kind: 'pan', axis: 'x', by: STEP },
  ArrowDown: { kind: 'pan', axis: 'y', by: -STEP },
  ArrowUp: { kind: 'pan', axis: 'y', by: STEP },
};
const UPRIGHT: Record<string, Move> = {
  ArrowUp: { kind: 'zoom', axis: 'y', factor: CLOSER },
  ArrowDown: { kind: 'zoom', axis: 'y', factor: 1 / CLOSER },
};
const ZOOMS: Record<string, Move> = {
  '+': { kind: 'zoom', axis: 'x', factor: CLOSER },
  '-': { kind: 'zoom', axis: 'x', factor: 1 / CLOSER },
  '0': { kind: 'whole' },
};

interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

export function moveOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Key): Move | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  // A plus needs Shift on many keyboards.
  return ZOOMS[key] ?? (shiftKey ? UPRIGHT[key] : PANS[key]);
}
