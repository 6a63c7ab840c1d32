// A worker that answers questions, each by its number.
import { look } from '../../shell/build';

type Numbered = { id: number };
type Waiting<T> = { resolve: (answer: T) => void; reject: (error: Error) => void };

/** What a worker answers where it succeeds. */
export type Answer<T extends Numbered> = Exclude<T, { fault: string }>;

export class Answering<Asked extends Numbered, Answered extends Numbered> {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting<Answer<Answered>>>();
  private count = 0;

  /** `make` starts the worker, at the first question and after it was lost. */
  constructor(private readonly make: () => Worker) {}

  ask(question: Omit<Asked, 'id'>, bytes?: ArrayBuffer): Promise<Answer<Answered>> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker ??= this.started();
      this.worker.postMessage({ id, ...question }, bytes ? [bytes] : []);
    });
  }

  private started(): Worker {
    const worker = this.make();
    worker.onmessage = ({ data }: MessageEvent<Answered | (Numbered & { fault: string })>) => {
      const call = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('fault' in data) call?.reject(new Error(data.fault as string));
      else call?.resolve(data as Answer<Answered>);
    };
    worker.onerror = () => {
      this.close();
      // Its file may be one of an earlier build, which the site has no longer: the page is to be loaded anew then.
      void look();
    };
    return worker;
  }

  /** Ends the worker; what waits for it fails. */
  close(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const { reject } of this.waiting.values())
      reject(new Error('a part of the page could not be loaded: reload it'));
    this.waiting.clear();
  }
}
