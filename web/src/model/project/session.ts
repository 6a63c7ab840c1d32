// An open project: everything that the screens show of it, kept current by the platform's events.
import type {
  ActRequest,
  Entity,
  Event,
  Failure,
  Presence,
  ProjectInfo,
  Ref,
  Run,
  ServiceDescription,
  Version,
} from '../../contract';
import { CANCELLED, CallError, failureOf } from '../../transport/failure';
import type { Socket } from '../../transport/socket';
import type { Selection } from '../selection';
import { Store } from '../store';
import { inOrder } from '../tree';
import { type Edit, type Entities, NONE, overlay, without, withThose } from './entities';
import { Edits, type Keep, type PendingEdit } from './pending';
import { isActive, type LogLine, type Runs, withRun, withUpdate } from './runs';

/** Which version is on the screen. */
export interface Shown {
  branch: string;
  /** Its hash; empty while a project has none. */
  version: string;
  /** True while it follows the branch; false for an older version being looked at. */
  live: boolean;
}

export interface Refs {
  branches: Ref[];
  tags: Ref[];
}

/** Somebody else in the project. */
export type Other = Presence & { seen: number };

export type Notice = (level: 'info' | 'good' | 'bad', title: string, text: string) => void;

export interface SessionOptions {
  socket: Socket;
  project: string;
  /** Names this window among the user's. */
  client: string;
  keep: Keep;
  notice: Notice;
}

const PRESENCE_MS = 45_000;
const LINES_KEPT = 3000;

export class ProjectSession {
  readonly project: string;
  readonly client: string;
  readonly socket: Socket;
  readonly info: Store<ProjectInfo | undefined>;
  readonly services = new Store<readonly ServiceDescription[]>([]);
  readonly shown = new Store<Shown>({ branch: 'main', version: '', live: true });
  /** Entities of the shown version with the edits under way laid over them. */
  readonly entities = new Store<Entities>(NONE);
  readonly versions = new Store<readonly Version[]>([]);
  readonly refs = new Store<Refs>({ branches: [], tags: [] });
  readonly runs = new Store<Runs>(new Map());
  readonly others = new Store<ReadonlyMap<string, Other>>(new Map());
  readonly selection = new Store<Selection>([]);
  readonly hidden = new Store<ReadonlySet<string>>(new Set());
  readonly log = new Store<readonly LogLine[]>([]);
  /** Versions laid over the shown one in plots. */
  readonly compared = new Store<readonly string[]>([]);
  readonly ready = new Store<'opening' | 'ready' | 'failed'>('opening');
  readonly failure = new Store<Failure | undefined>(undefined);
  /** Id of the session with the compute services, once it stands. */
  readonly session = new Store('');
  readonly edits: Edits;

  private stored: Entities = NONE;
  private readonly notice: Notice;
  private readonly ended = new AbortController();
  private readonly followed = new Set<string>();
  private lastEvent = 0;
  private announceTimer: ReturnType<typeof setTimeout> | undefined;
  private refreshing: Promise<void> | undefined;
  private refreshAgain = false;
  private unlisten: (() => void)[] = [];

  constructor(options: SessionOptions) {
    this.socket = options.socket;
    this.project = options.project;
    this.client = options.client;
    this.notice = options.notice;
    this.info = new Store<ProjectInfo | undefined>(undefined);
    this.edits = new Edits(
      `opentwin.edits.${options.project}`,
      options.keep,
      (edit) => this.send(edit),
      (edit, version) => this.arrived(edit, version),
      (run, failure) => setTimeout(run, Math.max(1, failure.retryAfterS) * 1000),
    );
    this.unlisten.push(this.edits.list.subscribe(() => this.lay()));
    this.unlisten.push(this.selection.subscribe(() => this.announceSoon()));
    this.unlisten.push(this.socket.state.subscribe(() => this.linked()));
  }

  /** Loads the project and begins to follow it. */
  async open(branch: string, version: string): Promise<void> {
    const { project, signal } = { project: this.project, signal: this.ended.signal };
    try {
      const [info, described, refs] = await Promise.all([
        this.socket.call('Project/GetProject', { project }, { signal }),
        this.socket.call('Project/Describe', {}, { signal }),
        this.socket.call('Project/Branches', { project }, { signal }),
      ]);
      this.info.set(info);
      this.services.set(inOrder(described.services));
      this.refs.set(refs);
      const head = refs.branches.find((ref) => ref.name === branch)?.version ?? info.head;
      this.shown.set({ branch, version: version || head, live: !version || version === head });
      void this.watch();
      await Promise.all([this.load(), this.loadVersions(), this.loadRuns()]);
      const newest = this.refs.get().branches.find((ref) => ref.name === branch)?.version;
      // Somebody may have committed between the first question and the standing of the watch.
      if (this.shown.get().live && newest && newest !== this.shown.get().version) await this.show(branch);
      this.ready.set('ready');
      void this.edits.flush();
      this.announceSoon();
      this.openSession().catch(() => undefined);
    } catch (error) {
      if (signal.aborted) return;
      this.failure.set(failureOf(error));
      this.ready.set('failed');
    }
  }

  close(): void {
    clearTimeout(this.announceTimer);
    const { project, client } = this;
    this.socket.call('Project/Announce', { project, client, selection: [], gone: true }).catch(() => undefined);
    this.ended.abort();
    for (const stop of this.unlisten) stop();
  }

  get mayEdit(): boolean {
    const right = this.info.get()?.right;
    return right === 'RIGHT_EDITOR' || right === 'RIGHT_OWNER';
  }

  /** Stores a change. It is on the screen at once; the answer of the store follows. */
  commit(edit: Edit): void {
    const { branch, version, live } = this.shown.get();
    const refuse = (why: string) => this.notice('bad', 'Not changed', why);
    if (!this.mayEdit) refuse('You may look at this project, not change it.');
    else if (!live) refuse('This is an older version. Restore it or make a branch of it to go on from here.');
    else this.edits.add({ ...edit, branch, base: version });
  }

  /** Shows the head of a branch, or another version. */
  async show(branch: string, version = ''): Promise<void> {
    const head = this.refs.get().branches.find((ref) => ref.name === branch)?.version ?? '';
    this.shown.set({ branch, version: version || head, live: !version || version === head });
    await this.load();
  }

  /** Asks a service for something; the run appears among the runs. */
  async act(action: string, target: string, args: object = {}): Promise<Run> {
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
    // Edits that are on their way belong to what is asked for.
    await this.settled();
    const session = this.session.get() || (await this.openSession());
    const run = await this.socket.call('LocalSession/Act', request, { session, again: true });
    this.takeRun(run);
    return run;
  }

  async cancel(run: string): Promise<void> {
    const answer = await this.socket.call('LocalSession/CancelRun', { run }, { session: this.session.get() });
    this.takeRun(answer);
  }

  /** Adds a line to the log pane. */
  note(level: string, text: string, source = 'client'): void {
    const line: LogLine = { timeMs: Date.now(), level, text, source };
    this.log.update((lines) => [...lines.slice(1 - LINES_KEPT), line]);
  }

  async loadVersions(): Promise<void> {
    const { project } = this;
    const [reply, refs] = await Promise.all([
      this.socket.call('Project/Versions', { project, from: '', limit: 500 }),
      this.socket.call('Project/Branches', { project }),
    ]);
    this.versions.set(reply.versions);
    this.refs.set(refs);
  }

  /** All entities of one version that match; for comparing. */
  async entitiesAt(version: string, paths: string[], kinds: string[] = []): Promise<Entity[]> {
    const found: Entity[] = [];
    const request = { project: this.project, version, paths, kinds };
    await this.socket.stream('Project/Entities', request, (reply) => found.push(...reply.entities), { again: false });
    return found;
  }

  private async openSession(): Promise<string> {
    try {
      const session = await this.socket.call('GlobalSession/OpenSession', { project: this.project });
      this.session.set(session.id);
      for (const view of this.runs.get().values()) this.follow(view.run);
      return session.id;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code !== CANCELLED) this.note('WARN', `no session with the compute services: ${failure.message}`);
      throw error;
    }
  }

  private async settled(): Promise<void> {
    const waiting = () => this.edits.list.get().some((edit) => edit.state === 'waiting' || edit.state === 'sending');
    if (!waiting()) return;
    await new Promise<void>((resolve) => {
      const stop = this.edits.list.subscribe(() => {
        if (waiting()) return;
        stop();
        resolve();
      });
    });
  }

  private send(edit: PendingEdit): Promise<Version> {
    const { branch, base, message, put } = edit;
    return this.socket.call('Project/Commit', {
      project: this.project,
      branch,
      base,
      message,
      put,
      delete: edit.delete,
    });
  }

  private arrived(edit: PendingEdit, version: Version): void {
    const shown = this.shown.get();
    if (shown.branch !== edit.branch || !shown.live) return;
    // The edit is in the store: keep it on the screen until the event with the whole version comes.
    this.stored = overlay(this.stored, [edit]);
    this.lay();
    this.reach(edit.branch, version, [...edit.put.map((entity) => entity.path), ...edit.delete], false);
  }

  private lay(): void {
    const { branch, live } = this.shown.get();
    const mine = live ? this.edits.list.get().filter((edit) => edit.branch === branch) : [];
    this.entities.set(overlay(this.stored, mine));
  }

  private async load(): Promise<void> {
    const { version } = this.shown.get();
    const found = version ? await this.entitiesAt(version, []) : [];
    if (this.shown.get().version !== version) return;
    this.stored = new Map(found.map((entity) => [entity.path, entity]));
    this.lay();
  }

  private async loadRuns(): Promise<void> {
    const reply = await this.socket.call('Project/ListRuns', { project: this.project, active: false, limit: 100 });
    for (const run of reply.runs) this.takeRun(run);
  }

  /** Follows the events of the project, again and again after each loss, from the last one seen. */
  private async watch(): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      const request = { project: this.project, after: this.lastEvent };
      try {
        await this.socket.stream('Project/Watch', request, (event) => this.take(event), { signal, again: false });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CallError && !error.failure.retryable) {
          this.note('ERROR', `changes of others do not arrive: ${error.failure.message}`);
          if (error.code.startsWith('auth.')) return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  private take(event: Event): void {
    if (event.number > this.lastEvent) this.lastEvent = event.number;
    // What was missed since the last event comes now, one by one; at the first standing nothing is known of it, and
    // after a start-over it is kept no longer.
    const anew = event.startOver ?? (this.lastEvent === 0 ? event.standing : undefined);
    if (anew !== undefined) {
      this.lastEvent = anew;
      if (this.ready.get() === 'ready') void this.catchUp(anew);
      return;
    }
    if (event.standing !== undefined) return;
    if (event.version?.version) {
      const { branch, version, paths, many } = event.version;
      this.reach(branch, version, paths, many);
    } else if (event.run) this.takeRun(event.run);
    else if (event.project) this.info.set({ ...event.project, right: this.info.get()?.right ?? event.project.right });
    else if (event.presence && event.presence.client !== this.client) this.meet(event.presence);
  }

  /** Reads where the shown branch stands, for events of which nothing is known; those that come meanwhile know better. */
  private async catchUp(since: number): Promise<void> {
    await this.loadVersions().catch(() => undefined);
    const { branch, version, live } = this.shown.get();
    const head = this.refs.get().branches.find((ref) => ref.name === branch)?.version;
    if (live && head && head !== version && this.lastEvent === since) this.shown.set({ branch, version: head, live });
    this.refresh();
  }

  /** A branch has come to a version. */
  private reach(branch: string, version: Version, paths: readonly string[], many: boolean): void {
    const known = this.versions.get();
    const sameHead = this.refs.get().branches.some((ref) => ref.name === branch && ref.version === version.id);
    if (!known.some((one) => one.id === version.id)) this.versions.set([version, ...known]);
    if (!sameHead) {
      this.refs.update((refs) => ({
        ...refs,
        branches: [...refs.branches.filter((ref) => ref.name !== branch), { name: branch, version: version.id }],
      }));
    }
    const shown = this.shown.get();
    if (!shown.live || shown.branch !== branch || shown.version === version.id) return;
    const next = version.parents[0] === shown.version && !many && paths.every((path) => !path.endsWith('**'));
    this.shown.set({ ...shown, version: version.id });
    if (next) void this.fetch(version.id, paths).catch(() => this.refresh());
    else this.refresh();
  }

  /** Brings the named entities up to the given version. */
  private async fetch(version: string, paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const found = await this.entitiesAt(version, [...paths]);
    if (this.shown.get().version !== version) return this.refresh();
    const there = new Set(found.map((entity) => entity.path));
    this.stored = withThose(
      without(
        this.stored,
        paths.filter((path) => !there.has(path)),
      ),
      found,
    );
    this.lay();
  }

  /** Loads the shown version anew; calls that come meanwhile make one more round. */
  private refresh(): void {
    if (this.refreshing) {
      this.refreshAgain = true;
      return;
    }
    this.refreshing = Promise.all([this.load(), this.loadVersions()])
      .catch((error) => this.note('WARN', `the project could not be loaded anew: ${failureOf(error).message}`))
      .then(() => {
        this.refreshing = undefined;
        if (!this.refreshAgain) return;
        this.refreshAgain = false;
        this.refresh();
      });
  }

  private takeRun(run: Run): void {
    const before = this.runs.get().get(run.id)?.run;
    this.runs.update((runs) => withRun(runs, run));
    if (before && isActive(before.state) && !isActive(run.state)) this.tellEnd(run);
    this.follow(run);
  }

  private tellEnd(run: Run): void {
    const name = run.target ? `${run.action} of ${run.target}` : run.action;
    if (run.state === 'RUN_STATE_FAILED') {
      const why = [run.failure?.message, run.failure?.remedy].filter(Boolean).join(' — ') || 'no reason was given';
      this.note('ERROR', why, run.action);
      this.notice('bad', `${name} failed`, why);
    } else if (run.state === 'RUN_STATE_SUCCEEDED') {
      this.notice('good', `${name} is done`, run.cached ? 'Nothing had changed: the stored results are shown.' : '');
    }
  }

  private follow(run: Run): void {
    const session = this.session.get();
    if (!session || !isActive(run.state) || this.followed.has(run.id)) return;
    this.followed.add(run.id);
    const { signal } = this.ended;
    this.socket
      .stream(
        'LocalSession/FollowRun',
        { run: run.id },
        (update) => {
          const before = this.runs.get().get(run.id)?.run;
          this.runs.update((runs) => withUpdate(runs, run.id, update, Date.now()));
          if (update.log) this.note(update.level || 'INFO', update.log, run.action);
          if (update.run && before && isActive(before.state) && !isActive(update.run.state)) this.tellEnd(update.run);
        },
        { session, signal, again: true },
      )
      .catch(() => undefined)
      .finally(() => this.followed.delete(run.id));
  }

  private linked(): void {
    if (this.socket.state.get().link !== 'open' || this.ready.get() !== 'ready') return;
    void this.edits.flush();
    this.announceSoon();
    void this.loadRuns().catch(() => undefined);
  }

  private meet(presence: Presence): void {
    this.others.update((others) => {
      const next = new Map(others);
      if (presence.gone) next.delete(presence.client);
      else {
        if (!next.has(presence.client)) this.announceSoon();
        next.set(presence.client, { ...presence, seen: Date.now() });
      }
      for (const [client, other] of next) if (Date.now() - other.seen > 2 * PRESENCE_MS) next.delete(client);
      return next;
    });
  }

  /** Tells the others what is selected, soon, and now and then that the user is still there. */
  private announceSoon(): void {
    clearTimeout(this.announceTimer);
    const tell = () => {
      if (this.ended.signal.aborted) return;
      this.announceTimer = setTimeout(tell, PRESENCE_MS);
      if (this.socket.state.get().link !== 'open') return;
      const selection = [...this.selection.get()].slice(0, 100);
      const { project, client } = this;
      this.socket
        .call('Project/Announce', { project, client, selection, gone: false }, { again: false })
        .catch(() => undefined);
    };
    this.announceTimer = setTimeout(tell, 150);
  }
}
