// An open project: header, ribbon, docked panes, status line.

import type { DockviewApi } from 'dockview-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Part, picking } from '../../model/picking';
import type { Locks } from '../../model/project/keep';
import { ProjectSession } from '../../model/project/session';
import { Store } from '../../model/store';
import { lastName } from '../../model/tree';
import { FailureText } from '../../parts/dialog';
import { DropZone } from '../../parts/drop-zone';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useStore } from '../../parts/use-store';
import { AccountButtons } from '../header';
import { client, note, route, socket, user } from '../platform';
import { type Desk, DeskContext, type SceneSettings, type ViewPlace } from './context';
import { Dock, maximise, openPane, openView, standard } from './dock';
import { dropInto } from './drop';
import { Edits } from './edits';
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

function useProject(project: string): ProjectSession {
  const [session] = useState(() => {
    const who = user.get()?.id ?? '';
    const { locks } = navigator as { locks?: Locks };
    return new ProjectSession({ socket, project, client, user: who, keep: localStorage, locks, notice: notify });
  });
  useEffect(() => {
    const where = route.get();
    const [branch, version] = where.page === 'project' ? [where.branch, where.version] : ['main', ''];
    void session.open(branch, version);
    const farewell = () => session.farewell();
    window.addEventListener('pagehide', farewell);
    return () => {
      window.removeEventListener('pagehide', farewell);
      session.close();
    };
  }, [session]);
  return session;
}

/** Keeps the address at what is on the screen, so that it can be sent to somebody. */
function useAddress(session: ProjectSession, active: ViewPlace | undefined): void {
  const shown = useStore(session.shown);
  const ready = useStore(session.ready);
  const selection = useStore(session.selection);
  const select = selection.length === 1 ? (selection[0] ?? '') : '';
  useEffect(() => {
    if (ready !== 'ready') return;
    note({
      page: 'project',
      project: session.project,
      branch: shown.branch,
      version: shown.live ? '' : shown.version,
      view: active?.path ?? '',
      select,
    });
  }, [session, shown, ready, active, select]);
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
      scene: new Store(SCENE),
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
  const active = useStore(desk.active);
  useAddress(session, active);
  useShortcuts(desk);
  usePicking(desk);
  // As it was asked for: from then on the address follows the screen.
  const [where] = useState(() => route.get());
  useEffect(() => {
    if (ready !== 'ready') return;
    if (where.page !== 'project') return;
    if (where.select) session.selection.set([where.select]);
    const entity = session.entities.get().get(where.view);
    if (entity?.blobs.series) desk.openView({ path: where.view, view: 'series', title: lastName(where.view) });
    else if (entity?.blobs.vtr) desk.openView({ path: where.view, view: 'field', title: lastName(where.view) });
  }, [ready, session, desk, where]);
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
