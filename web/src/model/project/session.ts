// An open project: everything that the screens show of it, kept current by the platform's events.
import type { ActRequest, Entity, Event, Failure, ProjectInfo, Run, ServiceDescription, Version } from '../../contract';
import { CANCELLED, CallError, failureOf } from '../../transport/failure';
import type { Socket } from '../../transport/socket';
import { platformNow } from '../clock';
import type { Selection } from '../selection';
import { Store } from '../store';
import { inOrder } from '../tree';
import { Compute } from './compute';
import { Content } from './content';
import { type Edit, type Entities, editedParameters, NONE, overlay, withIds } from './entities';
import { Followed } from './following';
import { History } from './history';
import { adopt, type KeyedKeep, keyOf, type Locks } from './keep';
import { Edits, type PendingEdit } from './pending';
import { Company } from './presence';
import type { LogLine } from './runs';
import { Undoing } from './undoing';
import { Values } from './values';
import { Watching } from './watching';

/** Which version is on the screen. */
export interface Shown {
  branch: string;
  /** Its hash; empty while a project has none. */
  version: string;
  /** True while it follows the branch; false for an older version being looked at. */
  live: boolean;
}

export type Notice = (level: 'info' | 'good' | 'bad', title: string, text: string) => void;

export interface SessionOptions {
  socket: Socket;
  project: string;
  /** Names this window among the user's. */
  client: string;
  /** Who is logged in: edits of others are none of theirs. */
  user: string;
  keep: KeyedKeep;
  locks?: Locks;
  notice: Notice;
}

const LINES_KEPT = 3000;
/** The base of a change that was made before there was any version. */
export const NO_VERSION = '0'.repeat(64);

function undecided({ message }: PendingEdit): CallError {
  return new CallError({
    code: 'client.undecided',
    message: `the change “${message}” was not stored, so what you see is not what would be computed`,
    remedy: 'decide about it in the bar at the top, then ask again',
  });
}

export class ProjectSession {
  readonly project: string;
  readonly client: string;
  /** Id of who is logged in. */
  readonly user: string;
  readonly socket: Socket;
  readonly info = new Store<ProjectInfo | undefined>(undefined);
  readonly services = new Store<readonly ServiceDescription[]>([]);
  readonly shown = new Store<Shown>({ branch: 'main', version: '', live: true });
  /** Entities of the shown version with the edits under way laid over them. */
  readonly entities = new Store<Entities>(NONE);
  readonly history: History;
  readonly versions: History['versions'];
  readonly refs: History['refs'];
  readonly selection = new Store<Selection>([]);
  readonly hidden = new Store<ReadonlySet<string>>(new Set());
  readonly log = new Store<readonly LogLine[]>([]);
  /** Versions laid over the shown one in plots. */
  readonly compared = new Store<readonly string[]>([]);
  readonly ready = new Store<'opening' | 'ready' | 'failed'>('opening');
  readonly failure = new Store<Failure | undefined>(undefined);
  readonly compute: Compute;
  readonly edits: Edits;
  readonly runs: Followed['runs'];
  readonly others: Company['others'];
  readonly values: Values;
  readonly undoing: Undoing;

  private readonly notice: Notice;
  private readonly adopt: () => Promise<void>;
  private readonly content: Content;
  private readonly followed: Followed;
  private readonly company: Company;
  private readonly ended = new AbortController();
  private readonly watching: Watching;
  /** A version of this window's own that is shown already, though its event has not come yet. */
  private ahead = '';
  private refreshing: Promise<void> | undefined;
  private refreshAgain = false;
  private unlisten: (() => void)[] = [];

  constructor(options: SessionOptions) {
    this.socket = options.socket;
    this.project = options.project;
    this.client = options.client;
    this.user = options.user;
    this.notice = options.notice;
    this.history = new History(this.socket, this.project);
    this.versions = this.history.versions;
    this.refs = this.history.refs;
    const line = (level: string, text: string, source: string) => this.note(level, text, source);
    this.content = new Content(
      (version, paths) => this.entitiesAt(version, paths),
      () => this.lay(),
    );
    const failed = (text: string) => this.note('ERROR', text);
    this.watching = new Watching(this.socket, this.project, this.ended.signal, (event) => this.take(event), failed);
    this.compute = new Compute(this.socket, this.project);
    const listener = { line, notice: options.notice };
    this.followed = new Followed(this.socket, this.project, this.compute, this.ended.signal, listener);
    this.runs = this.followed.runs;
    this.company = new Company(this.socket, this.project, this.client, this.selection, () => this.shown.get().branch);
    this.others = this.company.others;
    this.edits = new Edits(
      keyOf(options.user, options.project, options.client),
      options.keep,
      (edit) => this.send(edit),
      (edit, version) => this.arrived(edit, version),
      (run, failure) => setTimeout(run, Math.max(1, failure.retryAfterS) * 1000),
      () => this.socket.state.get().link === 'open',
    );
    this.undoing = new Undoing({
      socket: this.socket,
      project: this.project,
      edits: this.edits,
      branch: () => (this.shown.get().live ? this.shown.get().branch : undefined),
      settled: () => this.settled(),
      notice: options.notice,
    });
    const { user, project, keep, locks } = options;
    this.adopt = () => adopt(user, project, keep, locks, (edits) => this.edits.adopt(edits));
    this.values = new Values({
      ask: (question) => this.socket.call('Project/Evaluate', { project: this.project, ...question }),
      version: () => this.shown.get().version,
      edited: () => editedParameters(this.mine()),
    });
    this.unlisten.push(this.edits.list.subscribe(() => this.lay()));
    for (const store of [this.edits.list, this.edits.withdrawn, this.shown])
      this.unlisten.push(store.subscribe(() => this.undoing.moved()));
    this.unlisten.push(this.entities.subscribe(() => this.values.moved()));
    this.unlisten.push(this.selection.subscribe(() => this.company.announceSoon()));
    let { branch } = this.shown.get();
    this.unlisten.push(
      this.shown.subscribe(() => {
        if (this.shown.get().branch === branch) return;
        branch = this.shown.get().branch;
        this.company.announceSoon();
      }),
    );
    this.unlisten.push(this.socket.state.subscribe(() => this.linked()));
  }

  /** Loads the project and begins to follow it. */
  async open(branch: string, version: string): Promise<void> {
    const { project, signal } = { project: this.project, signal: this.ended.signal };
    try {
      // The watch stands before anything is read: what is committed in between is then told.
      const [info, described] = await Promise.all([
        this.socket.call('Project/GetProject', { project }, { signal }),
        this.socket.call('Project/Describe', {}, { signal }),
        this.watching.begin(),
      ]);
      this.info.set(info);
      this.services.set(inOrder(described.services));
      await Promise.all([this.loadVersions(), this.followed.load()]);
      await this.adopt();
      await this.show(branch, version);
      this.ready.set('ready');
      void this.edits.flush();
      this.company.announceSoon();
      this.compute.open().catch((error) => {
        const { code, message } = failureOf(error);
        if (code !== CANCELLED) this.note('WARN', `no session with the compute services: ${message}`);
      });
    } catch (error) {
      if (signal.aborted) return;
      this.failure.set(failureOf(error));
      this.ready.set('failed');
    }
  }

  close(): void {
    this.company.close();
    this.values.close();
    this.undoing.close();
    this.edits.stop();
    this.ended.abort();
    for (const stop of this.unlisten) stop();
  }

  /** The page goes away: the others need not wait until this window is missed. */
  farewell(): void {
    this.company.farewell();
  }

  /** Asks what the user may do here: nobody tells when that changes. */
  async lookAtRight(): Promise<void> {
    if (this.ready.get() !== 'ready') return;
    const { project, signal } = { project: this.project, signal: this.ended.signal };
    const info = await this.socket.call('Project/GetProject', { project }, { signal }).catch(() => undefined);
    if (info) this.info.set(info);
  }

  get mayEdit(): boolean {
    const right = this.info.get()?.right;
    return right === 'RIGHT_EDITOR' || right === 'RIGHT_OWNER';
  }

  /** Stores a change. It is on the screen at once; the answer of the store follows. False where it is refused. */
  commit(edit: Edit): boolean {
    const { branch, version, live } = this.shown.get();
    const refuse = (why: string) => {
      this.notice('bad', 'Not changed', why);
      return false;
    };
    if (!this.mayEdit) return refuse('You may look at this project, not change it.');
    if (!live) return refuse('This is an older version. Restore it or make a branch of it to go on from here.');
    const id = this.edits.add({ ...withIds(edit, this.entities.get()), branch, base: version || NO_VERSION });
    return id !== undefined || refuse('The project was closed meanwhile. Open it again and repeat the change.');
  }

  /** Shows the head of a branch, or another version. */
  async show(branch: string, version = ''): Promise<void> {
    const head = this.head(branch);
    const wanted = version || head;
    this.shown.set({ branch, version: wanted, live: !version || version === head });
    this.ahead = '';
    await this.content.show(wanted);
    this.lay();
  }

  /** Asks a service for something; the run appears among the runs. */
  async act(action: string, target: string, args: object = {}): Promise<Run> {
    // Edits that are on their way belong to what is asked for.
    await this.settled(this.shown.get().branch);
    const { branch, version, live } = this.shown.get();
    const request: Partial<ActRequest> = {
      project: this.project,
      branch,
      version: live ? '' : version,
      action,
      target,
      arguments: JSON.stringify(args),
      requestId: crypto.randomUUID(),
    };
    const run = await this.compute.call('LocalSession/Act', request, { again: true });
    this.followed.take(run);
    return run;
  }

  async cancel(run: string): Promise<void> {
    this.followed.take(await this.compute.call('LocalSession/CancelRun', { run }));
  }

  /** Reads all that is kept with a run. */
  wholeRun(run: string): Promise<void> {
    return this.followed.whole(run);
  }

  /** Adds a line to the log pane. */
  note(level: string, text: string, source = 'client'): void {
    const line: LogLine = { timeMs: platformNow(), level, text, source };
    this.log.update((lines) => [...lines.slice(1 - LINES_KEPT), line]);
  }

  loadVersions(): Promise<void> {
    return this.history.load();
  }

  /** All entities of one version that match; for comparing. */
  async entitiesAt(version: string, paths: string[], kinds: string[] = []): Promise<Entity[]> {
    const found: Entity[] = [];
    const request = { project: this.project, version, paths, kinds };
    await this.socket.stream('Project/Entities', request, (reply) => found.push(...reply.entities), { again: false });
    return found;
  }

  /** The newest version of a branch, as far as is known. */
  head(branch: string): string {
    return this.history.head(branch);
  }

  /** Resolves once no edit is under way; of one branch, fails where one waits for the user to decide. */
  private settled(branch?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let stop: () => void = () => undefined;
      const look = () => {
        const edits = this.edits.list.get().filter((edit) => branch === undefined || edit.branch === branch);
        const open = branch && edits.find(({ state }) => state === 'conflict' || state === 'refused');
        const waiting = edits.some(({ state }) => state === 'waiting' || state === 'sending');
        if (waiting && !open) return false;
        stop();
        if (open) reject(undecided(open));
        else resolve();
        return true;
      };
      if (!look()) stop = this.edits.list.subscribe(look);
    });
  }

  private async send(edit: PendingEdit): Promise<Version> {
    await this.undoing.idle();
    const { branch, base, message, put } = edit;
    const request = { project: this.project, branch, base, message, put, delete: edit.delete };
    try {
      return await this.socket.call('Project/Commit', request);
    } catch (error) {
      if (failureOf(error).code === 'auth.denied') void this.lookAtRight();
      throw error;
    }
  }

  private arrived(edit: PendingEdit, version: Version): void {
    const shown = this.shown.get();
    if (shown.branch !== edit.branch || !shown.live) return;
    // The edit is in the store: keep it on the screen until the version that holds it is there.
    this.content.lay((stored) => overlay(stored, [edit]));
    this.lay();
    if (version.created && version.id !== shown.version) this.ahead = version.id;
    this.reach(edit.branch, version, [...edit.put.map((entity) => entity.path), ...edit.delete], false);
  }

  /** Edits under way on what is shown. */
  private mine(): PendingEdit[] {
    const { branch, live } = this.shown.get();
    return live ? this.edits.list.get().filter((edit) => edit.branch === branch) : [];
  }

  private lay(): void {
    this.entities.set(overlay(this.content.stored, this.mine()));
  }

  private take(event: Event): void {
    const standing = event.startOver ?? event.standing;
    if (standing !== undefined) {
      // From here on all is told. What went before is replayed, but not where nothing had been seen yet, where the store
      // was put back to an earlier state, or where it is kept no longer.
      const replayed = event.startOver === undefined && this.watching.last > 0 && this.watching.last <= standing;
      if (replayed) return;
      this.watching.last = standing;
      if (this.ready.get() === 'ready') void this.catchUp(standing);
      return;
    }
    if (event.number > this.watching.last) this.watching.last = event.number;
    if (event.version?.version) {
      const { branch, version, paths, many } = event.version;
      if (this.ahead === version.id) this.ahead = '';
      // What comes while this window is ahead lies before what it shows.
      if (this.ahead && branch === this.shown.get().branch) this.history.know(version);
      else this.reach(branch, version, paths, many);
    } else if (event.run) this.followed.take(event.run);
    else if (event.project) {
      this.info.set({ ...event.project, right: this.info.get()?.right ?? event.project.right });
      // A branch or label came or went.
      if (event.number > 0) this.refresh();
    } else if (event.presence) this.company.meet(event.presence);
  }

  /** Reads where the shown branch stands, for events of which nothing is known; those that come meanwhile know better. */
  private async catchUp(since: number): Promise<void> {
    await this.loadVersions().catch(() => undefined);
    const { branch, version, live } = this.shown.get();
    const head = this.head(branch);
    if (live && head && head !== version && this.watching.last === since)
      this.shown.set({ branch, version: head, live });
    this.refresh();
  }

  /** A branch has come to a version. */
  private reach(branch: string, version: Version, paths: readonly string[], many: boolean): void {
    this.history.reach(branch, version);
    const shown = this.shown.get();
    if (!shown.live || shown.branch !== branch || shown.version === version.id) return;
    const next = version.parents[0] === shown.version && !many && paths.every((path) => !path.endsWith('**'));
    this.shown.set({ ...shown, version: version.id });
    if (next) this.content.step(version.id, paths).catch(() => this.refresh());
    else this.refresh();
  }

  /** Looks anew where the branches are and loads what is to be shown; calls that come meanwhile make one more round. */
  private refresh(): void {
    if (this.refreshing) {
      this.refreshAgain = true;
      return;
    }
    this.refreshing = this.lookAnew()
      .catch((error) => this.note('WARN', `the project could not be loaded anew: ${failureOf(error).message}`))
      .then(() => {
        this.refreshing = undefined;
        if (!this.refreshAgain) return;
        this.refreshAgain = false;
        this.refresh();
      });
  }

  private async lookAnew(): Promise<void> {
    await this.loadVersions();
    const { branch, version, live } = this.shown.get();
    const head = this.head(branch);
    if (live && head && head !== version) this.shown.set({ branch, version: head, live });
    this.ahead = '';
    await this.content.show(this.shown.get().version);
  }

  private linked(): void {
    if (this.socket.state.get().link !== 'open' || this.ready.get() !== 'ready') return;
    void this.edits.flush();
    void this.lookAtRight();
    this.company.announceSoon();
    this.values.moved();
    this.undoing.moved();
    void this.followed.load().catch(() => undefined);
  }
}
