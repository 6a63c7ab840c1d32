// The entities of the shown version, brought from version to version: the changed ones alone where the versions
// follow each other, all of them otherwise.
import type { Entity } from '../../contract';
import { type Entities, NONE, without, withThose } from './entities';

/** All entities of a version, or those at some paths. */
export type ReadEntities = (version: string, paths: string[]) => Promise<Entity[]>;

export class Content {
  stored: Entities = NONE;
  /** The version that `stored` is of. */
  private loaded: string | undefined;
  private wanted = '';
  private missing: Set<string> | 'all' = new Set();
  private work: Promise<void> | undefined;

  constructor(
    private readonly read: ReadEntities,
    private readonly changed: () => void,
  ) {}

  /** Shows another version. Resolves once it, or one asked for since, is there. */
  show(version: string): Promise<void> {
    this.wanted = version;
    this.missing = 'all';
    return this.run();
  }

  /** Goes on to a version that follows the wanted one and differs from it in these paths. */
  step(version: string, paths: readonly string[]): Promise<void> {
    this.wanted = version;
    if (this.missing !== 'all') for (const path of paths) this.missing.add(path);
    return this.run();
  }

  /** Lays an edit over what is stored, until the version that it made is there. */
  lay(change: (entities: Entities) => Entities): void {
    this.stored = change(this.stored);
  }

  private run(): Promise<void> {
    this.work ??= this.catchUp().finally(() => {
      this.work = undefined;
    });
    return this.work;
  }

  private async catchUp(): Promise<void> {
    while (this.loaded !== this.wanted || this.missing === 'all' || this.missing.size > 0) {
      const [version, missing] = [this.wanted, this.missing];
      this.missing = new Set();
      try {
        const found = await this.fetch(version, missing);
        // Meanwhile something else altogether may have been asked for.
        if ((this.missing as Set<string> | 'all') === 'all' && this.wanted !== version) continue;
        this.stored = missing === 'all' ? withThose(NONE, found) : this.patched(missing, found);
        this.loaded = version;
        this.changed();
      } catch (error) {
        this.missing = 'all';
        throw error;
      }
    }
  }

  private fetch(version: string, missing: Set<string> | 'all'): Promise<Entity[]> {
    if (!version || (missing !== 'all' && missing.size === 0)) return Promise.resolve([]);
    return this.read(version, missing === 'all' ? [] : [...missing]);
  }

  private patched(paths: ReadonlySet<string>, found: readonly Entity[]): Entities {
    const there = new Set(found.map((entity) => entity.path));
    return withThose(
      without(
        this.stored,
        [...paths].filter((path) => !there.has(path)),
      ),
      found,
    );
  }
}
