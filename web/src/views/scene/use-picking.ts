// What clicks and the pointer mean: selecting, picking for a field of a form, measuring.
import { useCallback, useEffect, useState } from 'react';
import { type Part, PICK_KINDS, type PickKind, type PickRequest, picking, pointed } from '../../model/picking';
import type { JsonObject } from '../../model/schema';
import { modeOf, select } from '../../model/selection';
import { lastName, means } from '../../model/tree';
import { formatNumber, formatSI, propertiesOf } from '../../model/value';
import { openMenu } from '../../parts/menu';
import { useStore } from '../../parts/use-store';
import { type Desk, useDesk } from '../../shell/workspace/context';
import { type Measured, measuredOf, stillTrue, type Taken, withTaken } from './measuring';
import { sceneMenu } from './menu';
import type { Hit } from './picker';
import { control } from './pointer';
import type { SceneRenderer } from './renderer';
import { useSceneState } from './state';

const millimetres = (at: Part['at']) =>
  `${at.map((value) => formatNumber(Math.abs(value) < 1e-12 ? 0 : value * 1e3, 5)).join(', ')} mm`;

/** A part in words. */
export function describePart(desk: Desk, part: Part): string {
  const values = propertiesOf(desk.session.entities.get().get(part.path));
  const listed = (name: string) =>
    (Array.isArray(values[name]) ? (values[name][part.index] as JsonObject | undefined) : undefined) ?? {};
  const name = lastName(part.path);
  const material = values.material ? ` · ${values.material}` : '';
  if (part.kind === 'edge') {
    const { kind, length } = listed('edges');
    return `${name} · edge ${part.index}${kind ? ` (${kind}, ${formatSI(Number(length), 'm', 4)})` : ''}`;
  }
  if (part.kind === 'face') {
    const { kind, area } = listed('faces');
    const about = kind ? ` (${kind}, ${formatNumber(Number(area) * 1e6, 4)} mm²)` : '';
    return `${name} · face ${part.index}${about}${material} · ${millimetres(part.at)}`;
  }
  if (part.kind === 'point') return `${name} · ${millimetres(part.at)}`;
  return `${name}${material} · ${millimetres(part.at)}`;
}

/** The part as it is put into a field: an edge by its middle, a face by its centre, as the service lists them. */
function canonical(desk: Desk, hit: Part): Part {
  const values = propertiesOf(desk.session.entities.get().get(hit.path));
  const [list, place] = hit.kind === 'edge' ? ['edges', 'middle'] : ['faces', 'center'];
  if (hit.kind !== 'edge' && hit.kind !== 'face') return hit;
  const listed = Array.isArray(values[list]) ? (values[list][hit.index] as JsonObject | undefined) : undefined;
  const at = listed?.[place];
  return Array.isArray(at) && at.length === 3 ? { ...hit, at: at as [number, number, number] } : hit;
}

const same = (a: Part, b: Part) =>
  a.path === b.path && a.kind === b.kind && (a.kind === 'point' ? String(a.at) === String(b.at) : a.index === b.index);

interface Keys {
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/** Puts a picked part where it is asked for, or selects it. */
function taken(desk: Desk, scene: SceneRenderer, request: PickRequest | undefined, hit: Part, keys: Keys): void {
  const part = canonical(desk, hit);
  desk.hint.set(describePart(desk, part));
  if (request) {
    request.take(part);
    if (request.many) {
      desk.parts.update((list) =>
        list.some((one) => same(one, part)) ? list.filter((one) => !same(one, part)) : [...list, part],
      );
    } else {
      picking.set(undefined);
      desk.parts.set([]);
    }
    return;
  }
  const add = keys.ctrlKey || keys.metaKey;
  if (part.kind === 'body') {
    desk.parts.set([]);
    desk.session.selection.update((now) => select(now, part.path, modeOf(keys), [...scene.bodies.keys()]));
    return;
  }
  desk.parts.update((list) => {
    if (!add) return [part];
    return list.some((one) => same(one, part)) ? list.filter((one) => !same(one, part)) : [...list, part];
  });
  const path = part.path;
  desk.session.selection.update((now) => (add && now.includes(path) ? now : add ? [...now, path] : [path]));
}

export interface Pointed {
  measured: readonly Measured[];
  measureAnew: () => void;
  /** Goes to the next part that can be picked, for who has no mouse. */
  next: (by: number) => void;
  /** Takes what was gone to. */
  accept: () => void;
}

export function usePicking(scene: SceneRenderer | undefined): Pointed {
  const desk = useDesk();
  const { session } = desk;
  const settings = useStore(desk.scene);
  const request = useStore(picking);
  const parts = useStore(desk.parts);
  const selection = useStore(session.selection);
  const entities = useStore(session.entities);
  const measures = useStore(useSceneState().measures);
  const [held, setHeld] = useState<readonly Taken[]>([]);
  const measured = stillTrue(held, entities);
  const [gone, setGone] = useState<Part>();
  const kind: PickKind = request?.kind ?? (settings.measure ? measures : settings.pick);
  const marksToo = !request && !settings.measure && kind === 'body';

  const take = useCallback(
    (hit: Hit | undefined, keys: Keys) => {
      if (!scene) return;
      if (settings.measure && !request) {
        if (hit) setHeld((list) => withTaken(list, hit, session.entities.get()));
      } else if (hit) taken(desk, scene, request, hit, keys);
      else if (!request) {
        desk.parts.set([]);
        session.selection.set([]);
      }
    },
    [scene, desk, session, settings.measure, request],
  );

  useEffect(() => {
    if (!scene) return;
    return control(scene, {
      click: (x, y, event) => {
        const mark = marksToo ? scene.pointing.markAt(x, y) : undefined;
        if (mark) session.selection.update((now) => select(now, mark, modeOf(event), []));
        else take(scene.pointing.pick(x, y, kind), event);
      },
      menu: (x, y, event) => {
        const path = scene.pointing.markAt(x, y) ?? scene.pointing.pick(x, y, 'body')?.path;
        openMenu(event.clientX, event.clientY, sceneMenu(desk, scene, path));
      },
      hover: (x, y) => {
        const mark = marksToo ? scene.pointing.markAt(x, y) : undefined;
        const hit = mark ? undefined : scene.pointing.pick(x, y, kind);
        pointed.set(mark ?? hit?.path ?? '');
        scene.pointing.pointOut(hit ? [hit] : [], mark);
        scene.canvas.dataset.hovered = hit ? `${hit.path} ${hit.kind} ${hit.index}` : (mark ?? '');
        desk.hint.set(mark ?? (hit ? describePart(desk, hit) : ''));
      },
      leave: () => {
        pointed.set('');
        scene.pointing.pointOut([]);
      },
    });
  }, [scene, desk, session, take, kind, marksToo]);

  const known = measured.map((part) => measuredOf(part, propertiesOf(entities.get(part.path))));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is known of the parts follows from them
  useEffect(() => {
    const shown = settings.measure ? measured.filter((part) => part.kind !== 'point') : [];
    scene?.pointing.pickOut([...parts, ...shown]);
    scene?.pointing.measure(settings.measure && known.length === 2 ? known.flatMap(({ at }) => [...at]) : []);
  }, [scene, parts, measured, settings.measure]);
  // What is pointed at in the tree shows here too.
  useEffect(() => {
    if (!scene) return;
    return pointed.subscribe(() => {
      // What the pointer is on in this view is pointed out by itself, to the face or edge.
      if (scene.canvas.matches(':hover')) return;
      const path = pointed.get();
      const found = [...scene.bodies.keys()].filter((body) => path && means([path], body));
      scene.pointing.pointOut(
        found.map((body) => ({ path: body, kind: 'body', index: 0, at: [0, 0, 0] })),
        path,
      );
    });
  }, [scene]);
  // Parts of what is no longer selected are forgotten.
  useEffect(() => {
    if (!request) desk.parts.update((list) => (list.every(({ path }) => selection.includes(path)) ? list : []));
  }, [desk, selection, request]);
  useEffect(() => {
    if (!scene || !request) return;
    desk.parts.set([]);
    scene.canvas.focus({ preventScroll: true });
    return () => desk.parts.set([]);
  }, [scene, desk, request]);

  const next = (by: number) => {
    if (!scene) return;
    const chosen = session.selection.get();
    const all = pickable(desk, scene, kind, chosen);
    const at = gone ? all.findIndex((part) => same(part, gone)) : -1;
    const part = all[(at + by + all.length) % Math.max(1, all.length)];
    if (!part) return;
    setGone(part);
    scene.pointing.pointOut([part]);
    desk.hint.set(describePart(desk, part));
  };
  const accept = () => {
    if (!gone) return;
    take(gone, { ctrlKey: false, metaKey: false, shiftKey: false });
  };
  return {
    measured: known,
    measureAnew: () => setHeld([]),
    next,
    accept,
  };
}

/** All that can be picked, of the selected bodies or, where none is, of all. */
function pickable(desk: Desk, scene: SceneRenderer, kind: PickKind, chosen: readonly string[]): Part[] {
  const bodies = [...scene.bodies.values()].filter((body) => body.group.visible);
  const selected = bodies.filter((body) => chosen.includes(body.path));
  return (selected.length > 0 ? selected : bodies).flatMap((body): Part[] => {
    const { path } = body;
    if (kind === 'body') return [{ path, kind, index: 0, at: body.surface.origin }];
    if (kind === 'point') return body.snaps.map((at, index) => ({ path, kind, index, at }));
    return partsOf(desk, path, kind);
  });
}

/** Faces or edges that the properties of a body list. */
export function partsOf(desk: Desk, path: string, kind: 'face' | 'edge'): Part[] {
  const values = propertiesOf(desk.session.entities.get().get(path));
  const list = values[kind === 'face' ? 'faces' : 'edges'];
  return (Array.isArray(list) ? list : []).flatMap((item, index): Part[] => {
    const { center, middle, kind: form } = item as JsonObject;
    const at = kind === 'face' ? center : middle;
    return Array.isArray(at) && form !== 'pole' ? [{ path, kind, index, at: at as unknown as Part['at'] }] : [];
  });
}

/** The filter after this one. */
export const nextKind = (kind: PickKind): PickKind => PICK_KINDS[(PICK_KINDS.indexOf(kind) + 1) % PICK_KINDS.length];
