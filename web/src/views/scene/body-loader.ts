// Brings bodies into the scene: the coarsest level of each at once, then those that the scene wants, one after the
// other and only while nobody turns the view.
import type { Place } from '../../model/picking';
import type { SceneRenderer } from './renderer';
import type { Levels } from './surfaces';

/** What is known of a body beside its surface. */
export interface AboutBody {
  sheet: boolean;
  snaps: readonly Place[];
  priority: number;
}

export interface LoadNotes {
  about(path: string): AboutBody;
  /** So many levels more, or fewer, are on their way. */
  waiting(change: number): void;
  failed(path: string, error: Error): void;
}

export class BodyLoader {
  private live = true;
  private readonly found = new Map<string, Levels>();
  private readonly asked = new Set<string>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly scene: SceneRenderer,
    private readonly bodies: ReadonlyMap<string, () => Promise<Levels>>,
    private readonly notes: LoadNotes,
  ) {
    scene.wanted = (levels) => this.want(levels);
  }

  /** Resolves when all bodies are there, as coarse as they come; those no longer meant are taken out. */
  async load(): Promise<void> {
    for (const path of [...this.scene.bodies.keys()]) if (!this.bodies.has(path)) this.scene.removeBody(path);
    await Promise.all([...this.bodies].map(([path, open]) => this.noted(path, () => this.first(path, open))));
  }

  private async first(path: string, open: () => Promise<Levels>): Promise<void> {
    const levels = await open();
    if (!this.live) return;
    this.found.set(path, levels);
    this.scene.setLevels(path, levels.levels);
    await this.bring(path, 0, true);
  }

  private async bring(path: string, level: number, fresh: boolean): Promise<void> {
    const sorted = await (this.found.get(path) as Levels).load(level);
    if (!this.live) return;
    const { sheet, snaps, priority } = this.notes.about(path);
    this.scene.setBody(path, sorted, level, sheet, fresh);
    const body = this.scene.bodies.get(path);
    if (body) Object.assign(body, { snaps, priority });
  }

  private want(levels: ReadonlyMap<string, readonly number[]>): void {
    for (const [path, numbers] of levels)
      for (const level of new Set(numbers)) {
        const key = `${path} ${level}`;
        if (!this.found.has(path) || this.scene.bodies.get(path)?.has(level) !== false || this.asked.has(key)) continue;
        this.asked.add(key);
        const begun = this.queue.then(() => this.scene.calm());
        this.queue = this.noted(path, async () => {
          await begun;
          if (this.live) await this.bring(path, level, false);
        }).finally(() => this.asked.delete(key));
      }
  }

  /** Does something for a body that others are told to wait for. */
  private async noted(path: string, work: () => Promise<void>): Promise<void> {
    this.notes.waiting(1);
    try {
      await work();
    } catch (error) {
      if (this.live) this.notes.failed(path, error as Error);
    } finally {
      if (this.live) this.notes.waiting(-1);
    }
  }

  stop(): void {
    this.live = false;
  }
}
