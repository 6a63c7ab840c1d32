// Runs of a project: what they are now, what they say, the curves that they draw while they compute.
import type { Run, RunCurve, RunState, RunUpdate } from '../../contract';

export interface LogLine {
  timeMs: number;
  level: string;
  text: string;
  source: string;
}

/** A curve that a run draws while it computes; with it afterwards, thinned. */
export type LiveCurve = RunCurve;

export interface RunView {
  run: Run;
  curves: ReadonlyMap<string, LiveCurve>;
  lines: readonly LogLine[];
}

export type Runs = ReadonlyMap<string, RunView>;

const LINES_KEPT = 2000;
const POINTS_KEPT = 20_000;

export function isActive(state: RunState): boolean {
  return state === 'RUN_STATE_QUEUED' || state === 'RUN_STATE_RUNNING';
}

/** The word for a state: `running`. */
export function stateWord(state: RunState): string {
  return state.slice('RUN_STATE_'.length).toLowerCase();
}

/** The runs with one record put in, unless a newer one is known. Most are told without their curves. */
export function withRun(runs: Runs, run: Run): Runs {
  const known = runs.get(run.id);
  if (known && known.run.revision > run.revision) return runs;
  const told = run.curves.length > 0 ? new Map(run.curves.map((curve) => [curve.name, curve])) : undefined;
  return new Map(runs).set(run.id, { curves: told ?? known?.curves ?? new Map(), lines: known?.lines ?? [], run });
}

/** The runs with one update of a followed run put in. */
export function withUpdate(runs: Runs, id: string, update: RunUpdate, now: number): Runs {
  let next = update.run ? withRun(runs, update.run) : runs;
  const view = next.get(id);
  if (!view) return next;
  if (update.point) {
    const { curve: name, x, y, unit, xName, xUnit } = update.point;
    const old = view.curves.get(name);
    const curves = new Map(view.curves).set(name, {
      name,
      unit,
      xName,
      xUnit,
      x: [...(old?.x.slice(-POINTS_KEPT) ?? []), x],
      y: [...(old?.y.slice(-POINTS_KEPT) ?? []), y],
    });
    next = new Map(next).set(id, { ...view, curves });
  }
  if (update.log) {
    const line = { timeMs: now, level: update.level || 'INFO', text: update.log, source: view.run.action };
    next = new Map(next).set(id, { ...(next.get(id) ?? view), lines: [...view.lines.slice(1 - LINES_KEPT), line] });
  }
  return next;
}

/** Newest first. */
export function listed(runs: Runs): RunView[] {
  return [...runs.values()].sort((a, b) => b.run.createdMs - a.run.createdMs);
}

/** Time left in words: `1 min 20 s`; empty if unknown. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '';
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The state of a result: computed from what is shown, or from something else since changed. */
export function isStale(inputs: unknown, newest: string | undefined): boolean {
  return newest !== undefined && typeof inputs === 'string' && inputs !== newest;
}
