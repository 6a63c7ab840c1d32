// Section planes, mesh lines, and the marks of ports, monitors and boundaries.
import { useEffect, useMemo, useState } from 'react';
import { useDark } from '../../parts/use-dark';
import { useStore } from '../../parts/use-store';
import { kindOf, type SceneSettings, useDesk } from '../../shell/workspace/context';
import { closes, gridLines, type Mark, marks, pins, placedPaths, planeLines } from './drawing';
import type { SceneRenderer } from './renderer';

const NUMBER = { x: 0, y: 1, z: 2 } as const;

/** Where a share of the model's extent is. */
export function placeOf(scene: SceneRenderer | undefined, axis: 'x' | 'y' | 'z', share: number): number {
  const box = scene?.whole();
  if (!box || box.isEmpty()) return 0;
  const [low, high] = [box.min.getComponent(NUMBER[axis]), box.max.getComponent(NUMBER[axis])];
  return low + (high - low) * share;
}

/** Which share of the model's extent a place is at; places beyond it count as its ends. */
export function shareOf(scene: SceneRenderer | undefined, axis: 'x' | 'y' | 'z', at: number): number {
  const [low, high] = [placeOf(scene, axis, 0), placeOf(scene, axis, 1)];
  return high > low ? Math.max(0, Math.min(1, (at - low) / (high - low))) : 0;
}

export function useSections(scene: SceneRenderer | undefined, settings: SceneSettings, loading: number): void {
  const { sections } = settings;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the range of the sections follows the bodies
  useEffect(() => {
    scene?.cut(sections.map(({ axis, share, flip }) => ({ axis, at: placeOf(scene, axis, share), flip })));
  }, [scene, sections, loading]);
}

export function useMeshLines(scene: SceneRenderer | undefined, settings: SceneSettings, loading: number): void {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const dark = useDark();
  const grid = entities.get('grid');
  const { meshLines, sections } = settings;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines follow the sections and the bodies
  useEffect(() => {
    if (!scene) return;
    const lines = meshLines ? gridLines(grid) : undefined;
    const found: Float32Array[] = [];
    if (lines && sections.length > 0) {
      for (const { axis, share, flip } of sections) {
        const at = placeOf(scene, axis, share) + (flip ? 1e-9 : -1e-9);
        found.push(Float32Array.from(planeLines(lines, NUMBER[axis], at)));
      }
    } else if (lines) {
      for (const axis of [0, 1, 2] as const)
        found.push(Float32Array.from(planeLines(lines, axis, lines[axis][0] ?? 0)));
    }
    scene.mesh(found, dark ? '#8fa3b8' : '#44607c');
  }, [scene, grid, meshLines, sections, dark, loading]);
}

/** Marks of what has a place; those of boundaries where they are asked for, or selected. */
export function useMarks(scene: SceneRenderer | undefined, settings: SceneSettings, loading: number): readonly Mark[] {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const services = useStore(session.services);
  const selection = useStore(session.selection);
  const hidden = useStore(session.hidden);
  const measured = useStore(session.values.measured);
  useEffect(() => session.values.measure([...placedPaths(services), ...selection]), [session, services, selection]);
  const [found, setFound] = useState<readonly Mark[]>([]);
  const all = useMemo(() => {
    // The box follows the bodies that have come.
    void loading;
    const box = scene?.whole();
    if (!box || box.isEmpty()) return [];
    const around = { min: box.min.toArray(), max: box.max.toArray() };
    const lines = gridLines(entities.get('grid'));
    const ends = (last: boolean) =>
      lines?.map((line) => line[last ? line.length - 1 : 0] ?? 0) as [number, number, number];
    return marks(measured, services, around, lines ? { min: ends(false), max: ends(true) } : around);
  }, [scene, entities, measured, services, loading]);
  useEffect(() => {
    const closing = (path: string) => closes(kindOf(services, entities.get(path)?.kind ?? ''));
    const shown = all.filter(({ path }) => {
      if (selection.includes(path)) return true;
      if (hidden.has(path) || hidden.has(path.split('/')[0] ?? '')) return false;
      return closing(path) ? settings.sides : settings.marks;
    });
    const pinned = selection.flatMap((path): Mark[] => {
      const entity = measured.get(path);
      const schema = entity && kindOf(services, entity.kind)?.schema;
      const labels = entity && schema ? pins(entity, schema) : [];
      if (labels.length === 0) return [];
      return [{ path, colour: '#2d86ea', lines: [], arrows: [], plates: [], labels, pins: labels.map(({ at }) => at) }];
    });
    const list = [...shown, ...pinned];
    scene?.marks.show(list, selection, '');
    scene?.redraw();
    setFound(list);
  }, [scene, all, entities, measured, services, selection, hidden, settings.marks, settings.sides]);
  return found;
}
