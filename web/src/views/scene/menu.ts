// The context menu of the 3-D view: what can be done with a body or a mark, and how much of the model is shown.
import { means } from '../../model/tree';
import type { MenuItem } from '../../parts/menu';
import { entityMenu } from '../../shell/workspace/commands';
import type { Desk } from '../../shell/workspace/context';
import type { SceneRenderer } from './renderer';
import { sceneState } from './state';

/** Shows these bodies alone; ports and other marks stay as they are. */
export function isolate({ session }: Desk, scene: SceneRenderer, paths: readonly string[]): void {
  const bodies = [...scene.bodies.keys()];
  const kept = bodies.filter((path) => means(paths, path));
  if (kept.length === 0) return;
  session.hidden.update((hidden) => {
    const features = bodies.map((path) => path.replace(/^model\//, 'geometry/'));
    const marks = [...hidden].filter((path) => path !== 'model' && !bodies.includes(path) && !features.includes(path));
    return new Set([...marks, ...bodies.filter((path) => !kept.includes(path))]);
  });
}

export function showAll({ session }: Desk): void {
  session.hidden.set(new Set());
}

/** Looks through these bodies, or no longer. */
function toggleClear(desk: Desk, paths: readonly string[]): void {
  sceneState(desk).clear.update((now) => {
    const to = !paths.every((path) => now.has(path));
    const next = new Set(now);
    for (const path of paths) {
      if (to) next.add(path);
      else next.delete(path);
    }
    return next;
  });
}

/** Bodies that are meant by what is under the pointer: it alone, or with it all that is selected. */
function meant({ session }: Desk, scene: SceneRenderer, path: string | undefined): string[] {
  const selection = session.selection.get();
  const bodies = [...scene.bodies.keys()];
  if (path && !means(selection, path)) return bodies.filter((body) => body === path);
  return bodies.filter((body) => means(selection, body));
}

/** The menu at a body or mark, or at nothing. */
export function sceneMenu(desk: Desk, scene: SceneRenderer, path?: string): MenuItem[] {
  const { session } = desk;
  const bodies = meant(desk, scene, path);
  const clear = sceneState(desk).clear.get();
  const { sections } = desk.scene.get();
  const many = bodies.length > 1 ? ` ${bodies.length} bodies` : '';
  const items: MenuItem[] = path ? entityMenu(desk, path) : [];
  const own: MenuItem[] = [];
  if (bodies.length > 0) {
    own.push(
      { label: `Isolate${many}`, icon: 'cuboid', hint: 'I', run: () => isolate(desk, scene, bodies) },
      {
        label: bodies.every((body) => clear.has(body)) ? `Make${many} opaque` : `Look through${many}`,
        icon: 'eye',
        run: () => toggleClear(desk, bodies),
      },
    );
  }
  own.push(
    { label: 'Show all', icon: 'eye', hint: 'A', disabled: session.hidden.get().size === 0, run: () => showAll(desk) },
    {
      label: bodies.length > 0 ? `Fit${many || ' it'}` : 'Fit all',
      icon: 'fit',
      run: () => scene.fit(bodies.length > 0 ? bodies : undefined),
    },
    {
      label: 'Sections off',
      icon: 'section',
      disabled: sections.length === 0,
      run: () => desk.scene.update((now) => ({ ...now, sections: [] })),
    },
  );
  return [...items, ...own.map((item, at) => (at === 0 && items.length > 0 ? { ...item, apart: true } : item))];
}
