// What every part of an open project shares: the session, and the ways to open views.
import { createContext, useContext, useMemo } from 'react';
import type { Entity, KindDescription, ServiceDescription, ViewDescription } from '../../contract';
import type { Part, PickKind } from '../../model/picking';
import type { ProjectSession } from '../../model/project/session';
import type { Store } from '../../model/store';
import { type Catalogue, catalogue } from '../../model/tree';
import { propertiesOf } from '../../model/value';
import { useStore } from '../../parts/use-store';
import type { DeskKeeper } from './kept';

export interface ViewPlace {
  /** Path of the entity; empty for the model. */
  path: string;
  /** `scene`, `series`, `smith`, `field`, `table`. */
  view: string;
  title: string;
}

export interface SceneSettings {
  wireframe: boolean;
  transparent: boolean;
  edges: boolean;
  axes: boolean;
  meshLines: boolean;
  /** Cells of the mesh, on the section planes or from outside. */
  cells: boolean;
  perspective: boolean;
  sections: readonly SectionPlane[];
  measure: boolean;
  /** What a click picks. */
  pick: PickKind;
  /** Ports, monitors and what else has marks. */
  marks: boolean;
  /** Signs on the sides of the domain. */
  sides: boolean;
  /** Path of the field that is painted over the model. */
  field: string;
}

/** Cuts off what lies beyond it; one at most for each axis. */
export interface SectionPlane {
  axis: 'x' | 'y' | 'z';
  /** Its place, as a part of the model's extent. */
  share: number;
  /** True: cuts off the lower side. */
  flip: boolean;
}

/** Adds a section plane that cuts off what is nearer to who looks from the corner, or takes it away. */
export function toggleSection(now: SceneSettings, axis: SectionPlane['axis']): SceneSettings {
  const rest = now.sections.filter((plane) => plane.axis !== axis);
  return {
    ...now,
    sections: rest.length < now.sections.length ? rest : [...rest, { axis, share: 0.5, flip: axis === 'y' }],
  };
}

export interface Desk {
  session: ProjectSession;
  scene: Store<SceneSettings>;
  /** The view being looked at, for the status line and the address. */
  active: Store<ViewPlace | undefined>;
  /** Coordinates under the pointer and such, for the status line. */
  hint: Store<string>;
  openView: (place: ViewPlace) => void;
  openPane: (name: string) => void;
  /** Remembers how the project is looked at. */
  keeper: DeskKeeper;
  /** Puts the panes as they are at first, or gives the active one all of the room. */
  arrange: (how: 'standard' | 'maximise') => void;
  /** Faces, edges and points that are picked in the 3-D view or pointed at in the property grid. */
  parts: Store<readonly Part[]>;
  /** Asks the 3-D view for a picture of its own, or to look from a side. */
  sceneCommand: Store<{ name: string; count: number }>;
}

export const DeskContext = createContext<Desk | undefined>(undefined);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('outside of an open project');
  return desk;
}

export function useCatalogue(): Catalogue {
  const services = useStore(useDesk().session.services);
  return useMemo(() => catalogue(services), [services]);
}

export function kindOf(services: readonly ServiceDescription[], kind: string): KindDescription | undefined {
  for (const service of services) for (const one of service.kinds) if (one.kind === kind) return one;
  return undefined;
}

/** True for a field, which can be painted over the model; bodies have meshes. */
export function isField(entity: Entity | undefined): boolean {
  return entity !== undefined && !entity.blobs.mesh && Boolean(entity.blobs.vtr || entity.blobs.view);
}

/** The views that services offer for an entity; what its blobs suggest where none does. */
export function viewsFor(services: readonly ServiceDescription[], entity: Entity): ViewDescription[] {
  const declared = services.flatMap((service) => service.views.filter((view) => view.kind === entity.kind));
  if (declared.length > 0) return declared;
  const guess = (view: string, label: string): ViewDescription => ({ kind: entity.kind, view, label, settings: '' });
  if (entity.blobs.series) return [guess('series', 'Plot')];
  if (entity.blobs.vtr) return [guess('field', 'Field')];
  if (entity.blobs.mesh) return [guess('scene', '3-D')];
  return [];
}

/** The default unit of bare numbers of a dimension, as the project's `units` say. */
export function useUnits(): (dimension: string) => string {
  const entities = useStore(useDesk().session.entities);
  const units = propertiesOf(entities.get('units'));
  const map = (units.units && typeof units.units === 'object' ? units.units : units) as Record<string, unknown>;
  return (dimension) => (typeof map[dimension] === 'string' ? (map[dimension] as string) : '');
}
