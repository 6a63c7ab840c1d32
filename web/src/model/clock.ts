// The platform's clock: times in its records are told by it, whatever this computer's clock says.

let offsetMs = 0;

/** Differences up to this are the way of the answer, and the whole seconds of its date. */
const TOLERATED_MS = 3000;

/** Takes the time from an answer of the platform. */
export function setClock(platformMs: number, hereMs = Date.now()): void {
  if (!Number.isFinite(platformMs)) return;
  const offset = platformMs - hereMs;
  offsetMs = Math.abs(offset) > TOLERATED_MS ? offset : 0;
}

/** What the platform's clock shows now, in milliseconds. */
export function platformNow(): number {
  return Date.now() + offsetMs;
}
