// What the 3-D view of a project remembers beside its settings, while the project is open.
import type { PickKind } from '../../model/picking';
import { Store } from '../../model/store';
import { type Desk, useDesk } from '../../shell/workspace/context';

export class SceneState {
  /** Paths of bodies that are looked through. */
  readonly clear = new Store<ReadonlySet<string>>(new Set());
  /** What is measured: between points, or of edges, faces and bodies. */
  readonly measures = new Store<PickKind>('point');
}

const states = new WeakMap<object, SceneState>();

export function sceneState({ session }: Desk): SceneState {
  const known = states.get(session) ?? new SceneState();
  states.set(session, known);
  return known;
}

export const useSceneState = () => sceneState(useDesk());
