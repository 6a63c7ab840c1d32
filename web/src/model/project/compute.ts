// The session with the compute services. It ends where nobody uses it for some time, and is opened anew when it is needed.
import type { Methods } from '../../contract';
import { failureOf } from '../../transport/failure';
import type { CallOptions, Socket } from '../../transport/socket';
import { Store } from '../store';

export class Compute {
  /** Its id, once it stands. */
  readonly id = new Store('');
  private opening: Promise<string> | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly project: string,
  ) {}

  /** Opens the session, unless it stands. */
  open(): Promise<string> {
    this.opening ??= this.socket
      .call('GlobalSession/OpenSession', { project: this.project })
      .then(({ id }) => {
        this.id.set(id);
        return id;
      })
      .finally(() => {
        this.opening = undefined;
      });
    return this.opening;
  }

  /** One answer. A call that finds its session ended is made once more, in a new one. */
  call<M extends keyof Methods>(
    method: M,
    body: Partial<Methods[M]['request']>,
    options: CallOptions = {},
  ): Promise<Methods[M]['reply']> {
    return this.within((session) => this.socket.call(method, body, { ...options, session }));
  }

  /** Many answers. */
  stream<M extends keyof Methods>(
    method: M,
    body: Partial<Methods[M]['request']>,
    onItem: (item: Methods[M]['reply']) => void,
    options: CallOptions = {},
  ): Promise<void> {
    return this.within((session) => this.socket.stream(method, body, onItem, { ...options, session }));
  }

  private async within<T>(use: (session: string) => Promise<T>): Promise<T> {
    const session = this.id.get() || (await this.open());
    try {
      return await use(session);
    } catch (error) {
      if (failureOf(error).code !== 'not-found') throw error;
      const next = await this.open();
      // What was not found is something else than the session.
      if (next === session) throw error;
      return use(next);
    }
  }
}
