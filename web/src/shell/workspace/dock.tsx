// The docked panes and views; their places are kept in this browser.
import 'dockview-react/dist/styles/dockview.css';
import {
  type DockviewApi,
  DockviewReact,
  type DockviewReadyEvent,
  type IDockviewPanel,
  type IDockviewPanelHeaderProps,
  type IDockviewPanelProps,
  themeDark,
  themeLight,
} from 'dockview-react';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { Boundary } from '../../parts/boundary';
import { Icon } from '../../parts/icon';
import { useDark } from '../../parts/use-dark';
import { useStore } from '../../parts/use-store';
import { LogView } from '../../views/log/log';
import { ParametersView } from '../../views/parameters/parameters';
import { PropertiesView } from '../../views/properties/properties';
import { RunsView } from '../../views/runs/runs';
import { TreeView } from '../../views/tree/tree';
import { VersionsView } from '../../views/versions/versions';
import { useDesk, type ViewPlace } from './context';
import { keptDesk } from './kept';

const SceneView = lazy(() => import('../../views/scene/scene'));
const FieldView = lazy(() => import('../../views/field/field'));
const PlotView = lazy(() => import('../../views/plot/plot').then((found) => ({ default: found.PlotView })));
const TableView = lazy(() => import('../../views/result/table').then((found) => ({ default: found.TableView })));

const LAYOUT = 'opentwin.layout.1';

function Entity({ params }: IDockviewPanelProps<ViewPlace>) {
  const { path, view } = params;
  if (view === 'scene') return <SceneView />;
  if (view === 'field') return <FieldView path={path} />;
  if (view === 'table') return <TableView path={path} />;
  return <PlotView path={path} view={view} />;
}

function wait(view: React.ReactNode) {
  return (
    <Boundary>
      <Suspense fallback={<p className="empty">Loading…</p>}>{view}</Suspense>
    </Boundary>
  );
}

const COMPONENTS: Record<string, React.FunctionComponent<IDockviewPanelProps>> = {
  tree: () => wait(<TreeView />),
  properties: () => wait(<PropertiesView />),
  parameters: () => wait(<ParametersView />),
  runs: () => wait(<RunsView />),
  versions: () => wait(<VersionsView />),
  log: () => wait(<LogView />),
  scene: () => wait(<SceneView />),
  entity: (props) => wait(<Entity {...(props as IDockviewPanelProps<ViewPlace>)} />),
};

const TITLES: Record<string, string> = {
  tree: 'Project',
  properties: 'Properties',
  parameters: 'Parameters',
  runs: 'Runs',
  versions: 'Versions',
  log: 'Output',
  scene: '3-D',
};

function addPane(api: DockviewApi, name: string, position?: object, size?: object): void {
  api.addPanel({
    id: name,
    component: name,
    title: TITLES[name] ?? name,
    ...(position ? { position } : {}),
    ...size,
  } as Parameters<DockviewApi['addPanel']>[0]);
}

/** The panes as they are at first. Views of entities that are open stay, beside the 3-D view. */
export function standard(api: DockviewApi): void {
  const views = api.panels
    .filter((panel) => panel.id.includes(' '))
    .map((panel) => panel.params as ViewPlace | undefined);
  api.exitMaximizedGroup();
  api.clear();
  addPane(api, 'scene');
  addPane(api, 'tree', { referencePanel: 'scene', direction: 'left' }, { initialWidth: 264 });
  addPane(
    api,
    'properties',
    { referencePanel: 'tree', direction: 'below' },
    { initialHeight: Math.round(window.innerHeight * 0.36) },
  );
  addPane(
    api,
    'parameters',
    { referencePanel: 'scene', direction: 'below' },
    { initialHeight: Math.min(204, Math.round(window.innerHeight * 0.24)) },
  );
  addPane(api, 'runs', { referencePanel: 'parameters', direction: 'within' }, { inactive: true });
  addPane(api, 'versions', { referencePanel: 'parameters', direction: 'within' }, { inactive: true });
  addPane(api, 'log', { referencePanel: 'parameters', direction: 'within' }, { inactive: true });
  for (const place of views) if (place) openView(api, place);
}

/** Gives the group of the active pane all of the room, or takes it back. */
export function maximise(api: DockviewApi): void {
  if (api.hasMaximizedGroup()) api.exitMaximizedGroup();
  else api.activePanel?.api.maximize();
}

/** Shows a pane, also where another one has all of the room. */
function activate(api: DockviewApi, panel: IDockviewPanel): void {
  if (api.hasMaximizedGroup() && !panel.api.isMaximized()) api.exitMaximizedGroup();
  panel.api.setActive();
}

/** Where a pane belongs that was closed and is opened again. */
const HOMES: Record<string, [string, string][]> = {
  tree: [
    ['properties', 'above'],
    ['scene', 'left'],
  ],
  properties: [
    ['tree', 'below'],
    ['scene', 'left'],
  ],
  scene: [
    ['parameters', 'above'],
    ['runs', 'above'],
    ['tree', 'right'],
  ],
};

export function openPane(api: DockviewApi, name: string): void {
  const known = api.getPanel(name);
  if (known) {
    activate(api, known);
    return;
  }
  api.exitMaximizedGroup();
  const homes =
    HOMES[name] ?? ['parameters', 'runs', 'versions', 'log'].map((other): [string, string] => [other, 'within']);
  const home = homes.find(([other]) => api.getPanel(other));
  addPane(api, name, home ? { referencePanel: home[0], direction: home[1] } : undefined);
}

export function openView(api: DockviewApi, place: ViewPlace): void {
  if (place.view === 'scene') {
    openPane(api, 'scene');
    return;
  }
  const id = `${place.view} ${place.path}`;
  const known = api.getPanel(id);
  if (known) {
    activate(api, known);
    return;
  }
  const beside = api.getPanel('scene') ?? api.panels.find((panel) => panel.id.includes(' '));
  api.addPanel({
    id,
    component: 'entity',
    title: place.title,
    params: place,
    ...(beside ? { position: { referencePanel: beside.id, direction: 'within' as const } } : {}),
  });
}

/** As the project was left, or else the panes as they were in the last one; views of entities belong to one project. */
function restore(api: DockviewApi, kept: unknown): void {
  try {
    if (kept) api.fromJSON(kept as Parameters<DockviewApi['fromJSON']>[0]);
    else {
      const text = localStorage.getItem(LAYOUT);
      if (!text) standard(api);
      else api.fromJSON(JSON.parse(text));
      closeViews(api, () => true);
    }
    if (!api.getPanel('scene') && !api.getPanel('tree')) standard(api);
  } catch {
    standard(api);
  }
}

function closeViews(api: DockviewApi, which: (place: ViewPlace) => boolean): void {
  for (const panel of [...api.panels])
    if (panel.id.includes(' ') && which(panel.params as unknown as ViewPlace)) api.removePanel(panel);
}

/** A tab without a button in it, which assistive technology could not reach: Delete or a middle click closes too. */
function Tab({ api }: IDockviewPanelHeaderProps) {
  const large = () => (api.isMaximized() ? api.exitMaximized() : api.maximize());
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the tab around it takes the keys
    <span
      className="dock-tab"
      title="Double click: all of the room, or back (M)"
      onDoubleClick={large}
      onAuxClick={(event) => event.button === 1 && api.close()}
    >
      {api.title}
      <span
        className="dock-close"
        aria-hidden="true"
        title="Close (Del)"
        onPointerDown={(event) => event.stopPropagation()}
        onDoubleClick={(event) => event.stopPropagation()}
        onClick={() => api.close()}
      >
        <Icon name="close" size={11} />
      </span>
    </span>
  );
}

/** Keys of the tab that has the focus: `Del` closes it, `M` gives it all of the room. */
function tabKeys(api: DockviewApi, event: React.KeyboardEvent): void {
  const tab = event.target instanceof Element ? event.target.closest('[data-tab-panel-id]') : null;
  if (!tab || event.ctrlKey || event.metaKey || event.altKey) return;
  const panel = api.getPanel(tab.getAttribute('data-tab-panel-id') ?? '');
  if (event.key === 'Delete') panel?.api.close();
  else if (event.key.toLowerCase() === 'm') {
    if (panel?.api.isMaximized()) panel.api.exitMaximized();
    else panel?.api.maximize();
  } else return;
  // What is selected in the project is not meant. The tab itself would be gone before the event comes up here.
  event.stopPropagation();
}

export function Dock({ ready }: { ready: (api: DockviewApi) => void }) {
  const desk = useDesk();
  const dark = useDark();
  const { session } = desk;
  const found = useRef<DockviewApi>(undefined);
  const loaded = useStore(session.ready);
  const start = ({ api }: DockviewReadyEvent) => {
    found.current = api;
    restore(api, keptDesk(localStorage, session.user, session.project).layout);
    ready(api);
    const keep = () => {
      const layout = api.toJSON();
      desk.keeper.keep({ layout });
      try {
        localStorage.setItem(LAYOUT, JSON.stringify(layout));
      } catch {
        // Only the arrangement would be lost.
      }
    };
    api.onDidLayoutChange(keep);
    // That a pane gives its room back is no change of the layout for the library.
    api.onDidMaximizedGroupChange(keep);
    const look = () => {
      const panel = api.activePanel;
      if (panel?.id.includes(' ')) desk.active.set(panel.params as unknown as ViewPlace);
      else if (panel?.id === 'scene') desk.active.set(undefined);
    };
    look();
    api.onDidActivePanelChange(look);
  };
  useEffect(() => {
    // What a tab was of may be gone since. An older version only does not have it yet.
    if (loaded === 'ready' && found.current && session.shown.get().live)
      closeViews(found.current, (place) => !session.entities.get().has(place.path));
  }, [loaded, session]);
  return (
    <div className="dock-keys" onKeyDownCapture={(event) => found.current && tabKeys(found.current, event)}>
      <DockviewReact
        components={COMPONENTS}
        defaultTabComponent={Tab}
        onReady={start}
        theme={dark ? themeDark : themeLight}
        className="dock"
        singleTabMode="default"
      />
    </div>
  );
}
