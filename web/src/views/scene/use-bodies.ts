// Brings the bodies of the shown version into the scene, coarse first, and dresses them.
import { useEffect, useState } from 'react';
import type { Place } from '../../model/picking';
import type { Json, JsonObject } from '../../model/schema';
import { lastName, means } from '../../model/tree';
import { propertiesOf } from '../../model/value';
import { useDark } from '../../parts/use-dark';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { BodyLoader } from './body-loader';
import { materialColour } from './materials';
import type { SceneRenderer } from './renderer';
import { useSceneState } from './state';
import { meshLevels, viewLevels } from './surfaces';

const isPlace = (value: Json | undefined): value is [number, number, number] =>
  Array.isArray(value) && value.length === 3 && value.every((one) => typeof one === 'number');

/** Ends and middles of edges, centres of circles and of faces: what a picked point is drawn to. */
export function snapsOf(values: JsonObject): Place[] {
  const found: Place[] = [];
  for (const edge of (Array.isArray(values.edges) ? values.edges : []) as JsonObject[]) {
    const { kind, start, middle, end } = edge;
    if (kind === 'pole' || !isPlace(start) || !isPlace(middle) || !isPlace(end)) continue;
    found.push(start, middle, end);
    // The ends of a full circle are one, and its middle lies opposite.
    const closed = start.every((value, axis) => Math.abs(value - end[axis]) < 1e-12);
    if (kind === 'circle' && closed)
      found.push(start.map((value, axis) => (value + middle[axis]) / 2) as unknown as Place);
  }
  for (const face of (Array.isArray(values.faces) ? values.faces : []) as JsonObject[]) {
    if (face.kind === 'plane' && isPlace(face.center)) found.push(face.center);
  }
  return found;
}

/** A field in the scene: on surfaces, or within the bodies. */
export interface Painted {
  within: boolean;
  /** Changes with what surfaces are painted with. */
  surface: unknown;
}

/** Loads what the scene wants of the bodies; tells how many are still to come, and what went wrong. */
export function useBodies(scene: SceneRenderer | undefined): { loading: number; fault: string } {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const [loading, setLoading] = useState(0);
  const [fault, setFault] = useState('');
  const wanted = [...entities.values()]
    .filter((entity) => entity.blobs.mesh)
    .map((entity) => `${entity.path} ${entity.blobs.view ? `view ${entity.blobs.view}` : `mesh ${entity.blobs.mesh}`}`);
  const key = wanted.sort().join('\n');
  useEffect(() => {
    if (!scene) return;
    const bodies = new Map(
      key
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const [path, blob, hash] = line.split(' ') as [string, string, string];
          return [path, () => (blob === 'view' ? viewLevels : meshLevels)(session.project, hash)];
        }),
    );
    let live = true;
    const first = scene.bodies.size === 0;
    setLoading(0);
    setFault('');
    const loader = new BodyLoader(scene, bodies, {
      about: (path) => {
        const values = propertiesOf(session.entities.get().get(path));
        return {
          sheet: values.is_sheet === true,
          snaps: snapsOf(values),
          priority: Number(values.mesh_priority) || 0,
        };
      },
      waiting: (change) => setLoading((count) => count + change),
      failed: (path, error) => setFault(`${path}: ${error.message}`),
    });
    void loader.load().then(() => {
      if (!live || bodies.size === 0) return;
      if (first) scene.enter();
      scene.rest();
    });
    return () => {
      live = false;
      loader.stop();
    };
  }, [scene, session, key]);
  return { loading, fault };
}

/** Colours, visibility, selection; `painted` changes when a field is painted over the bodies, `solid` when cells are shown in their place. */
export function useLooks(
  scene: SceneRenderer | undefined,
  loading: number,
  painted: Painted | undefined,
  solid: boolean,
): void {
  const desk = useDesk();
  const entities = useStore(desk.session.entities);
  const selection = useStore(desk.session.selection);
  const hidden = useStore(desk.session.hidden);
  const settings = useStore(desk.scene);
  const clear = useStore(useSceneState().clear);
  const dark = useDark();
  // biome-ignore lint/correctness/useExhaustiveDependencies: bodies that arrive are dressed too
  useEffect(() => {
    if (!scene) return;
    for (const path of scene.bodies.keys()) {
      const gone = hidden.has('model') || hidden.has(path) || hidden.has(`geometry/${lastName(path)}`);
      const look = {
        colour: materialColour(entities, String(propertiesOf(entities.get(path)).material ?? '')),
        selected: means(selection, path),
        wireframe: settings.wireframe,
        // What lies within the bodies is to be seen.
        transparent: settings.transparent || clear.has(path) || painted?.within === true,
        edges: settings.edges,
        faces: !solid,
        dark,
      };
      scene.dress(path, look, !gone);
    }
    scene.changed();
  }, [
    scene,
    entities,
    selection,
    hidden,
    settings.wireframe,
    settings.transparent,
    clear,
    settings.edges,
    dark,
    loading,
    painted,
    solid,
  ]);
}
