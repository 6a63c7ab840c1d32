// How a run stands, in a cell of a table.
import type { ReactNode } from 'react';
import type { Run } from '../contract';
import { platformNow } from '../model/clock';
import { duration, isActive, stateWord } from '../model/project/runs';

const TONES: Record<string, string> = { failed: 'bad', running: 'accent', queued: 'warn', succeeded: 'good' };

interface Props {
  run: Run;
  /** Another tone than that of the state. */
  tone?: string | undefined;
  /** What else is to be said once it does not compute. */
  children?: ReactNode;
}

/** Progress and time left while it computes, else a badge with its state. */
export function RunState({ run, tone, children }: Props) {
  if (run.state === 'RUN_STATE_RUNNING') {
    const percent = Math.round(Math.max(0, Math.min(1, run.progress)) * 100);
    const left = duration(run.etaS);
    return (
      <span className="run-progress">
        <progress max={100} value={percent} aria-label={`Progress of ${run.action}`} />
        <span>
          {percent} %{left && `, ${left} left`}
        </span>
      </span>
    );
  }
  const word = stateWord(run.state);
  return (
    <span className={`badge ${tone ?? TONES[word] ?? ''}`}>
      {word}
      {run.queuePosition > 0 && `, place ${run.queuePosition}`}
      {run.cached && ', from store'}
      {children}
    </span>
  );
}

/** How long it took, or has computed until now; empty where it has not begun. */
export function took({ startedMs, endedMs, state }: Run): string {
  if (!startedMs) return '';
  return duration(((endedMs || (isActive(state) ? platformNow() : startedMs)) - startedMs) / 1000);
}
