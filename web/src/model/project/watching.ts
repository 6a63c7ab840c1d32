// The events of a project, followed again and again after each loss, from the last one seen.
import type { Event } from '../../contract';
import { CallError } from '../../transport/failure';
import type { Socket } from '../../transport/socket';

/** How long who begins to watch waits until the watch stands before going on without. */
const STANDING_MS = 5000;
const PAUSE_MS = 300;

export class Watching {
  /** Number of the last event that was seen. */
  last = 0;

  constructor(
    private readonly socket: Socket,
    private readonly project: string,
    private readonly signal: AbortSignal,
    private readonly take: (event: Event) => void,
    private readonly failed: (text: string) => void,
  ) {}

  /** Begins to watch; resolves once the watch stands, or once it is clear that it does not. */
  begin(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, STANDING_MS);
      const settle = () => {
        clearTimeout(timer);
        resolve();
      };
      void this.watch(settle).finally(settle);
    });
  }

  private async watch(settle: () => void): Promise<void> {
    const { signal } = this;
    const take = (event: Event) => {
      this.take(event);
      settle();
    };
    while (!signal.aborted) {
      const request = { project: this.project, after: this.last };
      try {
        await this.socket.stream('Project/Watch', request, take, { signal, again: false });
      } catch (error) {
        if (signal.aborted) return;
        settle();
        if (error instanceof CallError && !error.failure.retryable) {
          this.failed(`changes of others do not arrive: ${error.failure.message}`);
          // Without a login nothing arrives until there is one; then the watch goes on where it was.
          if (error.code === 'auth.denied' || error.code === 'not-found') return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
