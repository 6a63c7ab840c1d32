// The one WebSocket to the platform: many calls at once, each with its number. A lost connection is taken up
// again with growing pauses; calls that may be repeated are sent again, others fail as lost.
import { type Methods, REPLIES, read } from '../contract';
import { Store } from '../model/store';
import { CallError, cancelled, lost } from './failure';

export type Link = 'connecting' | 'open' | 'waiting' | 'signed-out' | 'closed';

export interface LinkState {
  link: Link;
  /** When the next try is made, for `waiting`. */
  retryAt: number;
}

export interface CallOptions {
  /** Id of the session, for methods of `LocalSession`. */
  session?: string;
  signal?: AbortSignal;
  /** Send again after a lost connection. For calls that do no more when made twice. */
  again?: boolean;
}

interface Pending {
  frame: string;
  method: keyof Methods;
  again: boolean;
  sent: boolean;
  onItem: (item: unknown) => void;
  onEnd: () => void;
  onError: (error: CallError) => void;
}

/** The part of WebSocket that is used, so that tests can bring their own. */
export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: never) => void) | null;
}

export interface SocketOptions {
  open: () => Wire;
  /** True if the login still holds; asked when a connection cannot be made. */
  signedIn: () => Promise<boolean>;
  /** Milliseconds before try n. */
  pause?: (attempt: number) => number;
}

const REPEATABLE =
  /\/(Get|List|Describe|Entities|Versions|Diff|Evaluate|Inputs|Branches|WhoAmI|Query|Instances|OpenSession|Act$|Audit)/;
/** Silence after which the connection is asked whether it still stands. */
const SILENCE_MS = 20_000;
const ANSWER_MS = 8_000;
/** What a call fails with once the login has ended. */
const ENDED = new Set(['auth.failed', 'auth.required', 'auth.expired']);

/** Half a second, doubling to 15 s, with a fifth of jitter so that a site's clients do not come back as one. */
export function backOff(attempt: number): number {
  return Math.min(15_000, 500 * 2 ** attempt) * (0.8 + 0.4 * Math.random());
}

export class Socket {
  readonly state = new Store<LinkState>({ link: 'closed', retryAt: 0 });
  private wire: Wire | undefined;
  private next = 1;
  private attempt = 0;
  private heard = 0;
  private doubting = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setInterval> | undefined;
  private readonly pending = new Map<number, Pending>();

  constructor(private readonly options: SocketOptions) {}

  start(): void {
    if (this.state.get().link !== 'closed' && this.state.get().link !== 'signed-out') return;
    this.attempt = 0;
    this.connect();
    this.watchdog ??= setInterval(() => this.probe(), SILENCE_MS / 2);
  }

  /** Ends the connection and all calls. */
  stop(): void {
    clearTimeout(this.timer);
    clearInterval(this.watchdog);
    this.watchdog = undefined;
    this.drop();
    for (const [id, call] of this.pending) {
      this.pending.delete(id);
      call.onError(cancelled());
    }
    this.state.set({ link: 'closed', retryAt: 0 });
  }

  /** Tries at once: the user asked, the network came back, or the computer woke up. */
  retryNow(): void {
    if (this.state.get().link === 'waiting') {
      clearTimeout(this.timer);
      this.connect();
    } else if (this.state.get().link === 'open') this.probe(true);
  }

  /** One answer. */
  call<M extends keyof Methods>(
    method: M,
    body: Partial<Methods[M]['request']>,
    options: CallOptions = {},
  ): Promise<Methods[M]['reply']> {
    let answer: Methods[M]['reply'] | undefined;
    return this.stream(method, body, (item) => (answer = item), options).then(
      () => answer ?? (read(REPLIES[method], {}) as Methods[M]['reply']),
    );
  }

  /** Many answers, until the other side ends or `signal` does. */
  stream<M extends keyof Methods>(
    method: M,
    body: Partial<Methods[M]['request']>,
    onItem: (item: Methods[M]['reply']) => void,
    options: CallOptions = {},
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(cancelled());
      const id = this.next++;
      const frame: Record<string, unknown> = { id, call: method, body };
      if (options.session) frame.session = options.session;
      const abort = () => {
        this.pending.delete(id);
        this.transmit(JSON.stringify({ id, cancel: true }));
        reject(cancelled());
      };
      const settle = (finish: () => void) => () => {
        options.signal?.removeEventListener('abort', abort);
        finish();
      };
      const call: Pending = {
        frame: JSON.stringify(frame),
        method,
        again: options.again ?? REPEATABLE.test(method),
        sent: false,
        onItem: (item) => onItem(read(REPLIES[method], item) as Methods[M]['reply']),
        onEnd: settle(resolve),
        onError: (error) => settle(() => reject(error))(),
      };
      options.signal?.addEventListener('abort', abort, { once: true });
      this.pending.set(id, call);
      if (this.state.get().link === 'open') call.sent = this.transmit(call.frame);
      else if (this.state.get().link === 'signed-out') {
        this.pending.delete(id);
        call.onError(
          new CallError({ code: 'auth.required', message: 'your session has ended', remedy: 'log in again' }),
        );
      }
    });
  }

  private transmit(text: string): boolean {
    if (this.state.get().link !== 'open' || !this.wire) return false;
    this.wire.send(text);
    return true;
  }

  private connect(): void {
    this.state.set({ link: 'connecting', retryAt: 0 });
    let wire: Wire;
    try {
      wire = this.options.open();
    } catch {
      this.retryLater();
      return;
    }
    this.wire = wire;
    wire.onopen = () => {
      if (this.wire !== wire) return;
      this.attempt = 0;
      this.heard = Date.now();
      this.state.set({ link: 'open', retryAt: 0 });
      // Whoever was told of the open line just now may have sent already.
      for (const call of this.pending.values()) call.sent ||= this.transmit(call.frame);
    };
    wire.onmessage = (event) => this.receive(event.data);
    wire.onclose = () => this.wire === wire && this.fallen();
    wire.onerror = null;
  }

  private receive(data: unknown): void {
    this.heard = Date.now();
    let frame: { id?: unknown; item?: unknown; end?: unknown; error?: unknown };
    try {
      frame = JSON.parse(String(data));
    } catch {
      return;
    }
    const id = Number(frame?.id);
    const call = this.pending.get(id);
    if (!call) return;
    if (frame.error) {
      this.pending.delete(id);
      const error = new CallError(read('Failure', frame.error));
      if (ENDED.has(error.code)) void this.doubt();
      call.onError(error);
      return;
    }
    if (frame.item !== undefined) call.onItem(frame.item);
    if (frame.end) {
      this.pending.delete(id);
      call.onEnd();
    }
  }

  private drop(): void {
    const wire = this.wire;
    this.wire = undefined;
    if (!wire) return;
    wire.onopen = wire.onclose = wire.onmessage = null;
    wire.close();
  }

  private fallen(): void {
    this.drop();
    this.retryLater();
    for (const [id, call] of this.pending) {
      if (!call.sent) continue;
      call.sent = false;
      if (call.again) continue;
      this.pending.delete(id);
      call.onError(lost());
    }
  }

  private retryLater(): void {
    const wait = (this.options.pause ?? backOff)(this.attempt++);
    this.state.set({ link: 'waiting', retryAt: Date.now() + wait });
    this.timer = setTimeout(() => void this.retry(), wait);
  }

  private async retry(): Promise<void> {
    // A browser does not tell why an upgrade was refused, so the login is asked for apart.
    const signedIn = await this.options.signedIn().catch(() => true);
    if (this.state.get().link !== 'waiting') return;
    if (signedIn) this.connect();
    else this.signedOut();
  }

  /** A call was refused for want of a login: looks whether there still is one. */
  private async doubt(): Promise<void> {
    if (this.doubting) return;
    this.doubting = true;
    const signedIn = await this.options.signedIn().catch(() => true);
    this.doubting = false;
    const { link } = this.state.get();
    if (!signedIn && link !== 'closed' && link !== 'signed-out') this.signedOut();
  }

  private signedOut(): void {
    clearTimeout(this.timer);
    this.drop();
    this.state.set({ link: 'signed-out', retryAt: 0 });
    for (const [id, call] of this.pending) {
      this.pending.delete(id);
      call.onError(new CallError({ code: 'auth.required', message: 'your session has ended', remedy: 'log in again' }));
    }
  }

  /** Asks a silent connection for a sign of life; a sleeping computer's is dead without knowing it. */
  private probe(now = false): void {
    if (this.state.get().link !== 'open') return;
    const asked = Date.now();
    if (!now && asked - this.heard < SILENCE_MS) return;
    const wire = this.wire;
    this.call('Authorization/WhoAmI', {}, { again: false }).catch(() => undefined);
    setTimeout(() => {
      if (this.wire === wire && this.state.get().link === 'open' && this.heard < asked) this.fallen();
    }, ANSWER_MS);
  }
}
