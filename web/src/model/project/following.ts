// The runs of an open project, followed while they compute.
import type { Run } from '../../contract';
import type { Socket } from '../../transport/socket';
import { platformNow } from '../clock';
import { Store } from '../store';
import type { Compute } from './compute';
import { isActive, type Runs, withRun, withUpdate } from './runs';

export interface RunListener {
  /** A line of a run's output. */
  line: (level: string, text: string, source: string) => void;
  notice: (level: 'good' | 'bad', title: string, text: string) => void;
}

export class Followed {
  readonly runs = new Store<Runs>(new Map());
  private readonly under = new Set<string>();
  /** Runs that were read as a whole. */
  private readonly wholes = new Set<string>();

  constructor(
    private readonly socket: Socket,
    private readonly project: string,
    private readonly compute: Compute,
    private readonly signal: AbortSignal,
    private readonly listener: RunListener,
  ) {
    // Once the session stands, runs can be followed.
    const stop = compute.id.subscribe(() => {
      for (const view of this.runs.get().values()) this.follow(view.run);
    });
    signal.addEventListener('abort', stop, { once: true });
  }

  async load(): Promise<void> {
    const reply = await this.socket.call('Project/ListRuns', { project: this.project, active: false, limit: 100 });
    for (const run of reply.runs) this.take(run);
  }

  /** Reads a run with all that is kept of it, such as its curves. */
  async whole(run: string): Promise<void> {
    if (this.wholes.has(run)) return;
    this.wholes.add(run);
    try {
      this.take(await this.socket.call('Project/GetRun', { run }, { signal: this.signal }));
    } catch {
      // Asked again when it is looked at again.
      this.wholes.delete(run);
    }
  }

  take(run: Run): void {
    const before = this.runs.get().get(run.id)?.run;
    this.runs.update((runs) => withRun(runs, run));
    if (before && isActive(before.state) && !isActive(run.state)) this.tellEnd(run);
    this.follow(run);
  }

  private tellEnd(run: Run): void {
    const name = run.target ? `${run.action} of ${run.target}` : run.action;
    if (run.state === 'RUN_STATE_FAILED') {
      const why = [run.failure?.message, run.failure?.remedy].filter(Boolean).join(' — ') || 'no reason was given';
      this.listener.line('ERROR', why, run.action);
      this.listener.notice('bad', `${name} failed`, why);
    } else if (run.state === 'RUN_STATE_SUCCEEDED') {
      const text = run.cached ? 'Nothing had changed: the stored results are shown.' : '';
      this.listener.notice('good', `${name} is done`, text);
    }
  }

  private follow(run: Run): void {
    const { compute, signal } = this;
    if (!compute.id.get() || !isActive(run.state) || this.under.has(run.id)) return;
    this.under.add(run.id);
    compute
      .stream(
        'LocalSession/FollowRun',
        { run: run.id },
        (update) => {
          const before = this.runs.get().get(run.id)?.run;
          this.runs.update((runs) => withUpdate(runs, run.id, update, platformNow()));
          if (update.log) this.listener.line(update.level || 'INFO', update.log, run.action);
          if (update.run && before && isActive(before.state) && !isActive(update.run.state)) this.tellEnd(update.run);
        },
        { signal, again: true },
      )
      .catch(() => undefined)
      .finally(() => this.under.delete(run.id));
  }
}
