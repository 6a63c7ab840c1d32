// The docked panes and views; their places are kept in this browser.
import 'dockview-react/dist/styles/dockview.css';
import {
  type DockviewApi,
  DockviewReact,
  type DockviewReadyEvent,
  type IDockviewPanelHeaderProps,
  type IDockviewPanelProps,
  themeDark,
  themeLight,
} from 'dockview-react';
import { lazy, Suspense, useRef } from 'react';
import { Boundary } from '../../parts/boundary';
import { Icon } from '../../parts/icon';
import { useDark } from '../../parts/use-dark';
import { LogView } from '../../views/log/log';
import { ParametersView } from '../../views/parameters/parameters';
import { PropertiesView } from '../../views/properties/properties';
import { RunsView } from '../../views/runs/runs';
import { TreeView } from '../../views/tree/tree';
import { VersionsView } from '../../views/versions/versions';
import { useDesk, type ViewPlace } from './context';

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

function standard(api: DockviewApi): void {
  api.clear();
  addPane(api, 'scene');
  addPane(api, 'tree', { referencePanel: 'scene', direction: 'left' }, { initialWidth: 264 });
  addPane(
    api,
    'properties',
    { referencePanel: 'tree', direction: 'below' },
    { initialHeight: Math.round(window.innerHeight * 0.36) },
  );
  addPane(api, 'parameters', { referencePanel: 'scene', direction: 'below' }, { initialHeight: 204 });
  addPane(api, 'runs', { referencePanel: 'parameters', direction: 'within' }, { inactive: true });
  addPane(api, 'versions', { referencePanel: 'parameters', direction: 'within' }, { inactive: true });
  addPane(api, 'log', { referencePanel: 'parameters', direction: 'within' }, { inactive: true });
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
    known.api.setActive();
    return;
  }
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
    known.api.setActive();
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

function restore(api: DockviewApi): void {
  try {
    const text = localStorage.getItem(LAYOUT);
    if (!text) standard(api);
    else api.fromJSON(JSON.parse(text));
    // Views of entities belong to one project; the panes are for all.
    for (const panel of [...api.panels]) if (panel.id.includes(' ')) api.removePanel(panel);
    if (!api.getPanel('scene') && !api.getPanel('tree')) standard(api);
  } catch {
    standard(api);
  }
}

/** A tab without a button in it, which assistive technology could not reach: Delete or a middle click closes too. */
function Tab({ api }: IDockviewPanelHeaderProps) {
  return (
    <span className="dock-tab" onAuxClick={(event) => event.button === 1 && api.close()}>
      {api.title}
      <span
        className="dock-close"
        aria-hidden="true"
        title="Close (Del)"
        onPointerDown={(event) => event.stopPropagation()}
        onClick={() => api.close()}
      >
        <Icon name="close" size={11} />
      </span>
    </span>
  );
}

/** Closes the tab that has the focus. */
function closeFocused(api: DockviewApi, event: React.KeyboardEvent): void {
  const tab = event.target instanceof Element ? event.target.closest('[data-tab-panel-id]') : null;
  if (event.key !== 'Delete' || !tab) return;
  api.getPanel(tab.getAttribute('data-tab-panel-id') ?? '')?.api.close();
  event.stopPropagation();
}

export function Dock({ ready }: { ready: (api: DockviewApi) => void }) {
  const desk = useDesk();
  const dark = useDark();
  const found = useRef<DockviewApi>(undefined);
  const start = ({ api }: DockviewReadyEvent) => {
    found.current = api;
    restore(api);
    ready(api);
    api.onDidLayoutChange(() => {
      try {
        localStorage.setItem(LAYOUT, JSON.stringify(api.toJSON()));
      } catch {
        // Only the arrangement would be lost.
      }
    });
    api.onDidActivePanelChange(() => {
      const panel = api.activePanel;
      if (panel?.id.includes(' ')) desk.active.set(panel.params as unknown as ViewPlace);
      else if (panel?.id === 'scene') desk.active.set(undefined);
    });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: takes the keys of the tabs within
    <div className="dock-keys" onKeyDown={(event) => found.current && closeFocused(found.current, event)}>
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
