// What the user can do in an open project; ribbon, menus, shortcuts and the palette all come here.
import type { ActionDescription, Entity, KindDescription, Version } from '../../contract';
import { entity as entityOf } from '../../model/project/pending';
import { authored, resultOf } from '../../model/results';
import { actionsFor, names } from '../../model/ribbon';
import { freeName, isResult, lastName, parentOf } from '../../model/tree';
import { propertiesOf } from '../../model/value';
import { openDialog } from '../../parts/dialog';
import { fileName, save } from '../../parts/files';
import type { MenuItem } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { failureOf, getBlob } from '../../transport';
import { type Desk, isField, kindOf, viewsFor } from './context';
import { ActionDialog, EntityDialog } from './dialogs';
import { rename } from './rename';

export function failed(title: string) {
  return (error: unknown) => {
    const failure = failureOf(error);
    notify('bad', title, [failure.message, failure.remedy].filter(Boolean).join(' — '));
  };
}

/** Opens the form for a new entity of a kind, or makes the one of its section that may be. */
export function create(desk: Desk, kind: KindDescription): void {
  const { session } = desk;
  const there = session.entities.get().get(kind.section);
  if (kind.arrangement === 'ARRANGEMENT_SINGLE' && there) {
    session.selection.set([there.path]);
    desk.openPane('properties');
    return;
  }
  openDialog(
    `New ${kind.title.toLowerCase() || kind.key}`,
    (close) => <EntityDialog desk={desk} kind={kind} close={close} />,
    'lg',
  );
}

function targetsOf(desk: Desk, action: ActionDescription): Entity[] {
  return [...desk.session.entities.get().values()].filter((entity) =>
    action.targets.some((kind) => names(kind, entity.kind)),
  );
}

/** Asks for an action: of the selected entity, of the only one there is, or of the one that the user picks. */
export function act(desk: Desk, action: ActionDescription, target?: string): void {
  const { session } = desk;
  const candidates = targetsOf(desk, action);
  const selected = session.selection.get().find((path) => candidates.some((entity) => entity.path === path));
  const only = candidates.length === 1 ? candidates[0]?.path : undefined;
  const chosen = target ?? selected ?? only ?? '';
  if (action.targets.length > 0 && candidates.length === 0) {
    const kind = action.targets.map((name) => kindOf(session.services.get(), name)?.title ?? name).join(' or ');
    notify('bad', `${action.label} needs a ${kind.toLowerCase()}`, 'Make one first.');
    return;
  }
  if (action.arguments || (action.targets.length > 0 && !chosen)) {
    openDialog(action.label, (close) => (
      <ActionDialog
        desk={desk}
        action={action}
        targets={candidates.map((entity) => entity.path)}
        target={chosen}
        close={close}
      />
    ));
    return;
  }
  desk.openPane('runs');
  session.act(action.name, chosen).catch(failed(`${action.label} was not started`));
}

/** What is changed where a user means to change these; tells of those that are computed. */
function changed({ session }: Desk, paths: readonly string[]): string[] {
  const entities = session.entities.get();
  const found = paths.map((path) => [path, authored(entities, path)] as const);
  const part = found.find(([, meant]) => meant === undefined)?.[0];
  if (part !== undefined) {
    const whole = resultOf(entities, part);
    notify('info', `${part} is computed`, `Change what it is computed from, or delete all of ${whole}.`);
  }
  return [...new Set(found.flatMap(([, meant]) => meant ?? []))];
}

export function remove(desk: Desk, paths: readonly string[]): void {
  const { session } = desk;
  const entities = session.entities.get();
  const gone = changed(desk, paths).filter(
    (path) => entities.has(path) || [...entities.keys()].some((other) => other.startsWith(`${path}/`)),
  );
  if (gone.length === 0) return;
  const what = gone.length === 1 ? (gone[0] as string) : `${gone.length} entities`;
  const patterns = gone.flatMap((path) => [...(entities.has(path) ? [path] : []), ...below(entities, path)]);
  session.commit({ message: `Delete ${what}`, put: [], delete: patterns });
  session.selection.set([]);
}

function below(entities: ReadonlyMap<string, Entity>, path: string): string[] {
  return [...entities.keys()].some((other) => other.startsWith(`${path}/`)) ? [`${path}/**`] : [];
}

export function duplicate(desk: Desk, paths: readonly string[]): void {
  const { session } = desk;
  const entities = session.entities.get();
  const taken = new Set(entities.keys());
  const put: Entity[] = [];
  const meant = changed(desk, paths);
  for (const path of meant) {
    const old = entities.get(path);
    if (!old?.path.includes('/') || isResult(kindOf(session.services.get(), old.kind))) continue;
    const section = parentOf(path);
    const name = freeName(taken, section, lastName(path));
    taken.add(`${section}/${name}`);
    put.push({ ...entityOf(`${section}/${name}`, old.kind, propertiesOf(old), old), id: '' });
  }
  if (put.length === 0) return;
  session.commit({ message: `Duplicate ${meant.map(lastName).join(', ')}`, put, delete: [] });
  session.selection.set(put.map((entity) => entity.path));
}

export async function download(desk: Desk, entity: Entity, name: string): Promise<void> {
  const hash = entity.blobs[name];
  if (!hash) return;
  const bytes = await getBlob(desk.session.project, hash);
  const ports = propertiesOf(entity).ports;
  const count = Array.isArray(ports) ? ports.length : 1;
  const endings: Record<string, string> = {
    touchstone: `s${count}p`,
    touchstone2: 'ts',
    series: 'json',
    mesh: 'mesh.bin',
  };
  save(`${fileName(entity.path)}.${endings[name] ?? name}`, bytes);
}

/** Shows an entity in a view, or in its first one. */
export function openEntity(desk: Desk, entity: Entity, view?: string): void {
  const views = viewsFor(desk.session.services.get(), entity);
  const found = view ? views.find((one) => one.view === view) : views[0];
  if (found?.view === 'scene' && propertiesOf(entity).lines) desk.scene.update((now) => ({ ...now, meshLines: true }));
  if (found?.view === 'scene' && isField(entity)) desk.scene.update((now) => ({ ...now, field: entity.path }));
  if (found)
    desk.openView({
      path: entity.path,
      view: found.view,
      title: `${lastName(entity.path)}${views.length > 1 ? ` · ${found.label}` : ''}`,
    });
  else desk.openView({ path: entity.path, view: 'table', title: lastName(entity.path) });
}

export function hide(desk: Desk, paths: readonly string[], hidden?: boolean): void {
  desk.session.hidden.update((set) => {
    const next = new Set(set);
    const to = hidden ?? !paths.every((path) => next.has(path));
    for (const path of paths) {
      if (to) next.add(path);
      else next.delete(path);
    }
    return next;
  });
}

/** The context menu of an entity or a folder of the tree. */
export function entityMenu(desk: Desk, path: string): MenuItem[] {
  const { session } = desk;
  const services = session.services.get();
  const entity = session.entities.get().get(path);
  const kind = entity && kindOf(services, entity.kind);
  const result = isResult(kind);
  const readOnly = !session.mayEdit || !session.shown.get().live;
  const own = authored(session.entities.get(), path);
  const items: MenuItem[] = [];
  if (entity) {
    for (const view of viewsFor(services, entity)) {
      items.push({
        label: `Show ${view.label || view.view}`,
        icon: view.view === 'scene' ? 'cuboid' : view.view === 'series' ? 'plot' : view.view,
        run: () => openEntity(desk, entity, view.view),
      });
    }
    for (const action of actionsFor(services, entity.kind)) {
      items.push({
        label: action.label,
        icon: action.icon || 'run',
        disabled: readOnly,
        run: () => act(desk, action, path),
      });
    }
  } else {
    for (const one of services
      .flatMap((service) => service.kinds)
      .filter((other) => other.section === path && !isResult(other))) {
      items.push({
        label: `New ${one.title.toLowerCase() || one.key}…`,
        icon: one.icon || one.key,
        disabled: readOnly,
        run: () => create(desk, one),
      });
    }
  }
  const first = items.length;
  if (entity?.blobs.mesh || path === 'model' || path.startsWith('geometry')) {
    items.push({
      label: session.hidden.get().has(path) ? 'Show in the 3-D view' : 'Hide in the 3-D view',
      icon: 'eye',
      hint: 'H',
      run: () => hide(desk, [path]),
    });
  }
  for (const name of Object.keys(entity?.blobs ?? {})) {
    items.push({
      label: `Save as ${name}`,
      icon: 'export',
      run: () => void download(desk, entity as Entity, name).catch(failed('Not saved')),
    });
  }
  if (entity && own && (!result || own !== path)) {
    items.push({
      label: 'Rename…',
      icon: 'edit',
      hint: 'F2',
      disabled: readOnly || !own.includes('/'),
      run: () => rename(desk, own),
    });
    items.push({
      label: 'Duplicate',
      icon: 'copy',
      hint: 'Ctrl D',
      disabled: readOnly || !own.includes('/'),
      run: () => duplicate(desk, [own]),
    });
  }
  const paths = session.selection.get().includes(path) ? session.selection.get() : [path];
  items.push({
    label: paths.length > 1 ? `Delete ${paths.length}` : 'Delete',
    icon: 'trash',
    hint: 'Del',
    danger: true,
    disabled: readOnly || (paths.length === 1 && !own),
    run: () => remove(desk, paths),
  });
  if (items[first] && first > 0) items[first].apart = true;
  return items;
}

export const undo = (desk: Desk) => mayUndo(desk) && void desk.session.undoing.undo();
export const redo = (desk: Desk) => mayUndo(desk) && void desk.session.undoing.redo();

const mayUndo = ({ session }: Desk) => session.mayEdit && session.shown.get().live;

/** A name such as `main` or a version's first digits. */
export function versionName(version: Version): string {
  return version.refs[0] ?? version.id.slice(0, 8);
}
