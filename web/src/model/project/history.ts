// The versions of a project as far as they are known, newest first, and where its branches and labels are.
import type { Ref, Version } from '../../contract';
import { failureOf } from '../../transport/failure';
import type { Socket } from '../../transport/socket';
import { Store } from '../store';

export interface Refs {
  branches: Ref[];
  tags: Ref[];
}

/** Versions that are asked for at once. */
const PAGE = 500;
/** Ends of known lines that are followed at once. */
const LINES = 8;

/** Parents that are not known yet: where older versions begin. */
export function ends(versions: readonly Version[], gone: ReadonlySet<string>): string[] {
  const known = new Set(versions.map((version) => version.id));
  const missing = versions.flatMap((version) => version.parents.filter((id) => !known.has(id) && !gone.has(id)));
  return [...new Set(missing)];
}

/** The newest versions, with the older ones that were known before where the newest do not reach so far. */
export function renewed(known: readonly Version[], newest: readonly Version[], whole: boolean): Version[] {
  const oldest = newest.at(-1);
  if (whole || !oldest) return [...newest];
  const have = new Set(newest.map((version) => version.id));
  return [...newest, ...known.filter((version) => version.timeMs <= oldest.timeMs && !have.has(version.id))];
}

export class History {
  readonly versions = new Store<readonly Version[]>([]);
  readonly refs = new Store<Refs>({ branches: [], tags: [] });
  /** Whether there are older versions than those that are known. */
  readonly more = new Store(false);
  /** Parents that the platform does not have. */
  private readonly gone = new Set<string>();

  constructor(
    private readonly socket: Socket,
    private readonly project: string,
  ) {}

  async load(): Promise<void> {
    const { project } = this;
    const [reply, refs] = await Promise.all([
      this.socket.call('Project/Versions', { project, from: '', limit: PAGE }),
      this.socket.call('Project/Branches', { project }),
    ]);
    this.set(renewed(this.versions.get(), reply.versions, reply.versions.length < PAGE));
    this.refs.set(refs);
  }

  /** Brings the versions before those that are known. */
  async older(): Promise<void> {
    const from = ends(this.versions.get(), this.gone).slice(0, LINES);
    const pages = await Promise.all(from.map((id) => this.before(id)));
    const known = new Set(this.versions.get().map((version) => version.id));
    const found = new Map(pages.flat().map((version) => [version.id, version]));
    const fresh = [...found.values()].filter((version) => !known.has(version.id));
    fresh.sort((a, b) => b.timeMs - a.timeMs);
    this.set([...this.versions.get(), ...fresh]);
  }

  know(version: Version): void {
    const known = this.versions.get();
    if (!known.some((one) => one.id === version.id)) this.set([version, ...known]);
  }

  /** The newest version of a branch, as far as is known. */
  head(branch: string): string {
    return this.refs.get().branches.find((ref) => ref.name === branch)?.version ?? '';
  }

  /** A branch has come to a version. */
  reach(branch: string, version: Version): void {
    this.know(version);
    if (this.head(branch) === version.id) return;
    this.refs.update((refs) => ({
      ...refs,
      branches: [...refs.branches.filter((ref) => ref.name !== branch), { name: branch, version: version.id }],
    }));
  }

  private async before(from: string): Promise<Version[]> {
    try {
      return (await this.socket.call('Project/Versions', { project: this.project, from, limit: PAGE })).versions;
    } catch (error) {
      if (failureOf(error).code !== 'not-found') throw error;
      this.gone.add(from);
      return [];
    }
  }

  private set(versions: readonly Version[]): void {
    this.versions.set(versions);
    this.more.set(ends(versions, this.gone).length > 0);
  }
}
