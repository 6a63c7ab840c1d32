// An open project: header, ribbon, docked panes, status line.

import type { DockviewApi } from 'dockview-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Part, picking } from '../../model/picking';
import type { Locks } from '../../model/project/keep';
import { ProjectSession } from '../../model/project/session';
import { Store } from '../../model/store';
import { FailureText } from '../../parts/dialog';
import { DropZone } from '../../parts/drop-zone';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useStore } from '../../parts/use-store';
import { AccountButtons } from '../header';
import { asked, client, note, route, socket, user } from '../platform';
import { type ProjectRoute, readView, writeView } from '../route';
import { failed, openEntity } from './commands';
import { type Desk, DeskContext, type SceneSettings, type ViewPlace } from './context';
import { Dock, maximise, openPane, openView, standard } from './dock';
import { dropInto } from './drop';
import { Edits } from './edits';
import { DeskKeeper, drawnAs, keptDesk } from './kept';
import { People } from './people';
import { Ribbon } from './ribbon';
import { useShortcuts } from './shortcuts';
import { Status } from './status';
import { VersionPicker } from './version-picker';

const SCENE: SceneSettings = {
  wireframe: false,
  transparent: false,
  edges: true,
  axes: true,
  meshLines: false,
  cells: false,
  perspective: false,
  sections: [],
  measure: false,
  pick: 'body',
  marks: true,
  sides: false,
  field: '',
};

/** How often a window that is looked at asks what its user may do. */
const RIGHT_MS = 60_000;

function useProject(project: string): ProjectSession {
  const [session] = useState(() => {
    const who = user.get()?.id ?? '';
    const { locks } = navigator as { locks?: Locks };
    const made = new ProjectSession({ socket, project, client, user: who, keep: localStorage, locks, notice: notify });
    const kept = keptDesk(localStorage, who, project);
    made.hidden.set(new Set(kept.hidden));
    made.compared.set(kept.compared ?? []);
    return made;
  });
  useEffect(() => {
    const where = route.get();
    const [branch, version] = where.page === 'project' ? [where.branch, where.version] : ['main', ''];
    void session.open(branch, version);
    const farewell = () => session.farewell();
    window.addEventListener('pagehide', farewell);
    // Who waits for a right looks at the window.
    const look = () => document.visibilityState === 'visible' && void session.lookAtRight();
    document.addEventListener('visibilitychange', look);
    const timer = setInterval(look, RIGHT_MS);
    return () => {
      window.removeEventListener('pagehide', farewell);
      document.removeEventListener('visibilitychange', look);
      clearInterval(timer);
      session.close();
    };
  }, [session]);
  return session;
}

/** Whether an address leads to the version on the screen. */
function leadsTo({ shown }: ProjectSession, where: ProjectRoute): boolean {
  const { branch, version, live } = shown.get();
  return where.branch === branch && (where.version === version || (live && !where.version));
}

/** Keeps the address at what is on the screen, so that it can be sent to somebody. Other versions are steps of it. */
function useAddress(desk: Desk): void {
  const { session } = desk;
  const shown = useStore(session.shown);
  const ready = useStore(session.ready);
  const selection = useStore(session.selection);
  const active = useStore(desk.active);
  const { field } = useStore(desk.scene);
  const select = selection.length === 1 ? (selection[0] ?? '') : '';
  const scene = field ? writeView('scene', field) : '';
  const view = active ? writeView(active.view, active.path) : scene;
  useEffect(() => {
    if (ready !== 'ready') return;
    const before = route.get();
    const to: ProjectRoute = {
      page: 'project',
      project: session.project,
      branch: shown.branch,
      version: shown.live ? '' : shown.version,
      view,
      select,
    };
    note(to, before.page === 'project' && before.project === session.project && !leadsTo(session, before));
  }, [session, shown, ready, view, select]);
}

/** Opens the view that an address names. */
function openNamed(desk: Desk, text: string): void {
  const { view, path } = readView(text);
  const entity = desk.session.entities.get().get(path);
  if (entity) openEntity(desk, entity, view || undefined);
  else notify('info', 'The view is not there', `This version holds no ${path}.`);
}

/** Goes where an address leads: a version, a view, what is selected. */
async function follow(desk: Desk, where: ProjectRoute): Promise<void> {
  const { session } = desk;
  const before = session.shown.get();
  if (!leadsTo(session, where)) {
    try {
      await session.show(where.branch, where.version);
    } catch (error) {
      const version = before.live ? '' : before.version;
      await session.show(before.branch, version);
      note({ ...where, branch: before.branch, version });
      throw error;
    }
  }
  if (where.select) session.selection.set([where.select]);
  if (where.view) openNamed(desk, where.view);
  else {
    if (desk.scene.get().field) desk.scene.update((now) => ({ ...now, field: '' }));
    if (desk.active.get()) desk.openPane('scene');
  }
}

/** Follows the address by which the project is opened, and those that are asked for while it is open. */
function useLinks(desk: Desk): void {
  const ready = useStore(desk.session.ready);
  const where = useStore(asked);
  // From then on the address follows the screen.
  const [first] = useState(() => route.get());
  const done = useRef(where);
  useEffect(() => {
    if (ready !== 'ready' || first.page !== 'project') return;
    if (first.select) desk.session.selection.set([first.select]);
    if (first.view) openNamed(desk, first.view);
  }, [ready, first, desk]);
  useEffect(() => {
    if (ready !== 'ready' || where === done.current) return;
    done.current = where;
    if (where.page === 'project' && where.project === desk.session.project)
      follow(desk, where).catch(failed('Not shown'));
  }, [ready, where, desk]);
}

/** Remembers how the project is looked at, for the next time that it is opened in this browser. */
function useKept(desk: Desk): void {
  useEffect(() => {
    const { scene, keeper } = desk;
    const { hidden, compared } = desk.session;
    const stops = [
      hidden.subscribe(() => keeper.keep({ hidden: [...hidden.get()] })),
      compared.subscribe(() => keeper.keep({ compared: compared.get() })),
      scene.subscribe(() => keeper.keep({ scene: scene.get() })),
    ];
    const flush = () => keeper.flush();
    window.addEventListener('pagehide', flush);
    return () => {
      window.removeEventListener('pagehide', flush);
      for (const stop of stops) stop();
      flush();
    };
  }, [desk]);
}

function ProjectBar({ desk }: { desk: Desk }) {
  const { session } = desk;
  const info = useStore(session.info);
  useEffect(() => {
    if (info) document.title = `${info.name} – OpenTwin`;
    return () => {
      document.title = 'OpenTwin';
    };
  }, [info]);
  return (
    <header className="project-bar">
      <a href="#/" className="brand" aria-label="All projects">
        <img src="/icon.svg" alt="" width="20" height="20" />
      </a>
      <a href="#/" className="crumb">
        Projects
      </a>
      <Icon name="right" size={11} />
      <h1>{info?.name ?? '…'}</h1>
      {info && !session.mayEdit && <span className="badge">look only</span>}
      <VersionPicker />
      <Edits />
      <span className="spring" />
      <People />
      <AccountButtons />
    </header>
  );
}

/** Picking needs the 3-D view; it ends with the project. */
function usePicking(desk: Desk): void {
  useEffect(() => {
    const stop = picking.subscribe(() => picking.get() && desk.openPane('scene'));
    return () => {
      stop();
      picking.set(undefined);
    };
  }, [desk]);
}

export default function Workspace({ project }: { project: string }) {
  const session = useProject(project);
  const api = useRef<DockviewApi>(undefined);
  const desk = useMemo<Desk>(
    () => ({
      session,
      keeper: new DeskKeeper(localStorage, session.user, session.project),
      scene: new Store(drawnAs(SCENE, keptDesk(localStorage, session.user, session.project).scene)),
      active: new Store<ViewPlace | undefined>(undefined),
      hint: new Store(''),
      parts: new Store<readonly Part[]>([]),
      sceneCommand: new Store({ name: '', count: 0 }),
      openView: (place) => api.current && openView(api.current, place),
      openPane: (name) => api.current && openPane(api.current, name),
      arrange: (how) => api.current && (how === 'standard' ? standard : maximise)(api.current),
    }),
    [session],
  );
  const ready = useStore(session.ready);
  const failure = useStore(session.failure);
  useAddress(desk);
  useLinks(desk);
  useKept(desk);
  useShortcuts(desk);
  usePicking(desk);
  if (ready === 'failed') {
    return (
      <main className="centred">
        <div className="failed-project">
          <FailureText failure={failure} />
          <p>
            <a href="#/">All projects</a>
          </p>
        </div>
      </main>
    );
  }
  return (
    <DeskContext.Provider value={desk}>
      <DropZone className="workspace" drop={(file) => dropInto(desk, file)}>
        <ProjectBar desk={desk} />
        <Ribbon />
        <main className="dock-place" aria-label="Panes">
          <Dock
            ready={(found) => {
              api.current = found;
            }}
          />
        </main>
        <Status />
      </DropZone>
    </DeskContext.Provider>
  );
}
