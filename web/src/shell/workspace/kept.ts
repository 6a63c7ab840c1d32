// What a browser remembers of each project: open tabs and their places, hidden bodies, how the model is drawn and from
// where, which versions lie over the plots. Only how the user left it, so what is damaged or full is passed over.
import type { SceneSettings } from './context';

const KEY = 'opentwin.desks.1';
/** Projects that are remembered; those that were not opened for the longest time go. */
const MOST = 30;
const PAUSE_MS = 300;

/** Where the camera of the 3-D view stands: degrees about z and above the xy-plane, half of the height that is shown at the target, m. */
export interface Standpoint {
  azimuth: number;
  elevation: number;
  half: number;
  target: readonly [number, number, number];
}

export interface KeptDesk {
  /** Panes and views, as the dock writes them. */
  layout?: unknown;
  hidden?: readonly string[];
  compared?: readonly string[];
  scene?: Partial<SceneSettings>;
  camera?: Standpoint;
}

export type DeskKeep = Pick<Storage, 'getItem' | 'setItem'>;

/** By user and project, those left last at the end. */
function all(keep: DeskKeep): Map<string, KeptDesk> {
  try {
    const found: unknown = JSON.parse(keep.getItem(KEY) ?? '[]');
    const isOne = (one: unknown): one is [string, KeptDesk] =>
      Array.isArray(one) && typeof one[0] === 'string' && typeof one[1] === 'object' && one[1] !== null;
    return new Map(Array.isArray(found) ? found.filter(isOne) : []);
  } catch {
    return new Map();
  }
}

const nameOf = (user: string, project: string) => `${user}/${project}`;
const texts = (list: unknown) =>
  Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];

export function keptDesk(keep: DeskKeep, user: string, project: string): KeptDesk {
  const found = all(keep).get(nameOf(user, project)) ?? {};
  return { ...found, hidden: texts(found.hidden), compared: texts(found.compared) };
}

export function keepDesk(keep: DeskKeep, user: string, project: string, change: KeptDesk): void {
  const desks = all(keep);
  const name = nameOf(user, project);
  const desk = { ...desks.get(name), ...change };
  desks.delete(name);
  desks.set(name, desk);
  try {
    keep.setItem(KEY, JSON.stringify([...desks].slice(-MOST)));
  } catch {
    // Only the arrangement would be lost.
  }
}

/** Where the camera of the 3-D view was left. */
export function cameraOf({ camera }: KeptDesk): Standpoint | undefined {
  const { azimuth, elevation, half, target } = (camera ?? {}) as Partial<Standpoint>;
  const numbers = [azimuth, elevation, half, ...(Array.isArray(target) ? target : [])];
  return numbers.length === 6 && numbers.every(Number.isFinite) ? camera : undefined;
}

/** Keeps what changes a moment later: a slider that is drawn changes it with each frame. */
export class DeskKeeper {
  private changes: KeptDesk = {};
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: DeskKeep,
    private readonly user: string,
    private readonly project: string,
  ) {}

  keep(change: KeptDesk): void {
    this.changes = { ...this.changes, ...change };
    this.timer ??= setTimeout(() => this.flush(), PAUSE_MS);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (Object.keys(this.changes).length > 0) keepDesk(this.store, this.user, this.project, this.changes);
    this.changes = {};
  }
}

/** How the model is drawn, as it was left; what is not of the kind that it has to be stays as it is. */
export function drawnAs(settings: SceneSettings, kept: Partial<SceneSettings> | undefined): SceneSettings {
  const same = (name: string, value: unknown) => {
    const now = settings[name as keyof SceneSettings];
    return typeof value === typeof now && Array.isArray(value) === Array.isArray(now) && value !== null;
  };
  const found = Object.entries(typeof kept === 'object' && kept !== null ? kept : {});
  const isPlane = (plane: unknown) => {
    const { axis, share } = (plane ?? {}) as { axis?: unknown; share?: unknown };
    return ['x', 'y', 'z'].includes(String(axis)) && typeof share === 'number';
  };
  const drawn = { ...settings, ...Object.fromEntries(found.filter(([name, value]) => same(name, value))) };
  // Picking and measuring begin anew.
  const { measure, pick } = settings;
  return { ...drawn, sections: drawn.sections.filter(isPlane), measure, pick };
}
