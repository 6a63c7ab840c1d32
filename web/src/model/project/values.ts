// What expressions come to, as the platform says: asked for all that is on the screen at once, again whenever the
// version or an edit under way changes. The client has no arithmetic of its own that could differ.
import type { Evaluated, EvaluateReply, EvaluateRequest } from '../../contract';
import { Store } from '../store';
import { type Entities, NONE } from './entities';

/** A value for the screen, or what is wrong. */
export interface Shown {
  value: string;
  fault: string;
}

/** What is asked, but for the project. */
export type Question = Omit<EvaluateRequest, 'project'>;

export interface ValueOptions {
  ask: (question: Question) => Promise<EvaluateReply>;
  /** The version on the screen. */
  version: () => string;
  /** Parameters that are edited and not stored yet, name to expression; empty for deleted ones. */
  edited: () => { [name: string]: string };
}

/** Typing pauses for longer than this before anything is asked. */
const PAUSE_MS = 120;
/** The platform answers no more at once. */
const MOST = 1000;

const key = (text: string, dimension: string) => `${dimension}\n${text}`;

/** Seven digits are enough to look at: `1.66551365556 mm` → `1.665514 mm`. */
function brief(text: string): string {
  const [number = '', ...unit] = text.split(' ');
  const value = Number(number);
  return Number.isFinite(value) && number.length > 9 ? [Number(value.toPrecision(7)), ...unit].join(' ') : text;
}

const shown = (one: Evaluated | undefined): Shown => ({ value: brief(one?.text ?? ''), fault: one?.fault ?? '' });

export class Values {
  /** By dimension and text; kept until the next answer, so that nothing flickers. */
  readonly known = new Store<ReadonlyMap<string, Shown>>(new Map());
  /** Parameters by name. */
  readonly parameters = new Store<ReadonlyMap<string, Shown>>(new Map());
  /** Entities that somebody measures, with properties in SI. */
  readonly measured = new Store<Entities>(NONE);

  private readonly wanted = new Map<string, { text: string; dimension: string; count: number }>();
  private readonly places = new Map<string, number>();
  private watchers = 0;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ValueOptions) {}

  /** Asks for an expression until the returned function is called. */
  want(text: string, dimension: string): () => void {
    const name = key(text, dimension);
    const entry = this.wanted.get(name) ?? { text, dimension, count: 0 };
    entry.count += 1;
    this.wanted.set(name, entry);
    if (!this.known.get().has(name)) this.moved();
    return () => {
      entry.count -= 1;
      if (entry.count === 0) this.wanted.delete(name);
    };
  }

  find(text: string, dimension: string): Shown | undefined {
    return this.known.get().get(key(text, dimension));
  }

  /** Asks for all parameters until the returned function is called. */
  wantParameters(): () => void {
    this.watchers += 1;
    this.moved();
    return () => {
      this.watchers -= 1;
    };
  }

  /** Asks for entities in SI, by path or `prefix/**`, until the returned function is called. */
  measure(paths: readonly string[]): () => void {
    for (const path of paths) this.places.set(path, (this.places.get(path) ?? 0) + 1);
    this.moved();
    return () => {
      for (const path of paths) {
        const left = (this.places.get(path) ?? 1) - 1;
        if (left === 0) this.places.delete(path);
        else this.places.set(path, left);
      }
    };
  }

  /** The version, an edit or what is asked for has changed. */
  moved(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), PAUSE_MS);
  }

  close(): void {
    clearTimeout(this.timer);
    this.turn += 1;
  }

  private async ask(): Promise<void> {
    const asked = [...this.wanted.values()].slice(0, MOST);
    const paths = [...this.places.keys()];
    if (asked.length + paths.length + this.watchers === 0) return;
    this.turn += 1;
    const turn = this.turn;
    const expressions = asked.map(({ text, dimension }) => ({ text, dimension }));
    const question = { version: this.options.version(), expressions, parameters: this.options.edited(), paths };
    // Where it cannot be asked the old values stay; the next change or the next connection asks again.
    const reply = await this.options.ask(question).catch(() => undefined);
    if (!reply || turn !== this.turn) return;
    this.known.set(new Map(asked.map(({ text, dimension }, at) => [key(text, dimension), shown(reply.values[at])])));
    this.parameters.set(new Map(Object.entries(reply.parameters).map(([name, one]) => [name, shown(one)])));
    this.measured.set(new Map(reply.entities.map((entity) => [entity.path, entity])));
    // What was wanted meanwhile.
    if ([...this.wanted.keys()].some((name) => !this.known.get().has(name)) && asked.length < MOST) this.moved();
  }
}
