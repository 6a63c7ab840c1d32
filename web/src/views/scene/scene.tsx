// The 3-D view of the model.
import { useCallback, useEffect, useRef, useState } from 'react';
import { Vector3 } from 'three';
import { roundBelow } from '../../model/data/drawing';
import type { Entities } from '../../model/project/entities';
import type { JsonObject } from '../../model/schema';
import { modeOf, select } from '../../model/selection';
import { lastName } from '../../model/tree';
import { formatNumber, formatSI, propertiesOf } from '../../model/value';
import { save } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenu } from '../../parts/menu';
import { useDark } from '../../parts/use-dark';
import { useStore } from '../../parts/use-store';
import { keepPreview } from '../../shell/overview/preview';
import { entityMenu, hide } from '../../shell/workspace/commands';
import { type Desk, type SceneSettings, useDesk } from '../../shell/workspace/context';
import { useStale } from '../../shell/workspace/stale';
import { gridLines, marks, placedPaths, planeLines } from './drawing';
import { control } from './pointer';
import { type Hit, SceneRenderer } from './renderer';
import { surfaceAt } from './surfaces';

const PALETTE = ['#8fb4d9', '#d9b78f', '#9fcf9f', '#c7a4d8', '#d99a9a', '#8fd0cf', '#cfcf8f', '#b4b9c4'];

function colourOf(entities: Entities, path: string): string {
  const material = String(propertiesOf(entities.get(path)).material ?? '');
  const own = propertiesOf(entities.get(`materials/${material}`));
  if (typeof own.color === 'string' && /^#[0-9a-f]{6}$/i.test(own.color)) return own.color;
  if (material === 'pec' || own.type === 'pec') return '#d8b35a';
  let sum = 7;
  for (const letter of material) sum = (sum * 31 + letter.charCodeAt(0)) % 997;
  return PALETTE[sum % PALETTE.length] as string;
}

/** Paths of the tree that mean a body: the body itself, its feature, and all of the model. */
function means(selection: readonly string[], body: string): boolean {
  return selection.some((path) => path === body || (path.startsWith('geometry/') && lastName(path) === lastName(body)));
}

/** Brings the bodies of the shown version into the scene. */
function useBodies(scene: SceneRenderer | undefined): { loading: number; fault: string } {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const [loading, setLoading] = useState(0);
  const [fault, setFault] = useState('');
  const wanted = [...entities.values()]
    .filter((entity) => entity.blobs.mesh)
    .map((entity) => `${entity.path} ${entity.blobs.mesh}`);
  const key = wanted.sort().join('\n');
  useEffect(() => {
    if (!scene) return;
    let live = true;
    const bodies = key
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ') as [string, string]);
    const isSheet = (path: string) => propertiesOf(session.entities.get().get(path)).is_sheet === true;
    const first = scene.bodies.size === 0;
    for (const path of [...scene.bodies.keys()]) if (!bodies.some(([other]) => other === path)) scene.removeBody(path);
    setLoading(bodies.length);
    setFault('');
    const all = bodies.map(([path, hash]) =>
      surfaceAt(session.project, hash)
        .then((surface) => live && scene.setBody(path, surface, isSheet(path)))
        .catch((error: Error) => live && setFault(`${path}: ${error.message}`))
        .finally(() => live && setLoading((count) => count - 1)),
    );
    void Promise.all(all).then(() => {
      if (!live || bodies.length === 0) return;
      if (first) scene.fit();
    });
    return () => {
      live = false;
    };
  }, [scene, session, key]);
  return { loading, fault };
}

/** Colours, visibility, selection. */
function useLooks(scene: SceneRenderer | undefined, hovered: string, loading: number): void {
  const desk = useDesk();
  const entities = useStore(desk.session.entities);
  const selection = useStore(desk.session.selection);
  const hidden = useStore(desk.session.hidden);
  const settings = useStore(desk.scene);
  const dark = useDark();
  // biome-ignore lint/correctness/useExhaustiveDependencies: bodies that arrive are dressed too
  useEffect(() => {
    if (!scene) return;
    for (const path of scene.bodies.keys()) {
      const gone = hidden.has('model') || hidden.has(path) || hidden.has(`geometry/${lastName(path)}`);
      scene.dress(
        path,
        {
          ...settings,
          colour: colourOf(entities, path),
          selected: means(selection, path),
          hovered: hovered === path,
          dark,
        },
        !gone,
      );
    }
  }, [scene, entities, selection, hidden, settings, hovered, dark, loading]);
}

function useSection(
  scene: SceneRenderer | undefined,
  settings: SceneSettings,
  loading: number,
): [number, (share: number) => void, string] {
  const [share, setShare] = useState(0.5);
  const axis = settings.section;
  const box = scene?.box();
  const index = { x: 0, y: 1, z: 2, off: 0 }[axis];
  const [low, high] = box && !box.isEmpty() ? [box.min.getComponent(index), box.max.getComponent(index)] : [0, 1];
  const at = low + (high - low) * share;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the range of the section follows the bodies
  useEffect(() => scene?.section(axis === 'off' ? undefined : { axis, at }), [scene, axis, at, loading]);
  return [share, setShare, axis === 'off' ? '' : `${axis} = ${formatSI(at, 'm', 4)}`];
}

function useDrawing(scene: SceneRenderer | undefined, settings: SceneSettings, section: number, loading: number): void {
  const { session } = useDesk();
  const entities = useStore(session.entities);
  const services = useStore(session.services);
  const selection = useStore(session.selection);
  const hidden = useStore(session.hidden);
  const dark = useDark();
  const grid = entities.get('grid');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines follow the section and the bodies
  useEffect(() => {
    if (!scene) return;
    scene.clear('grid');
    const lines = settings.meshLines ? gridLines(grid) : undefined;
    if (!lines) return;
    const colour = dark ? '#8fa3b8' : '#44607c';
    const box = scene.box();
    const axes =
      settings.section === 'off' ? ([0, 1, 2] as const) : [({ x: 0, y: 1, z: 2 } as const)[settings.section]];
    for (const axis of axes) {
      const at =
        settings.section === 'off'
          ? (lines[axis][0] ?? 0)
          : box.min.getComponent(axis) + (box.max.getComponent(axis) - box.min.getComponent(axis)) * section;
      scene.lines(
        'grid',
        Float32Array.from(planeLines(lines, axis, at - (settings.section === 'off' ? 0 : 1e-9))),
        colour,
      );
    }
  }, [scene, grid, settings.meshLines, settings.section, section, dark, loading]);
  const measured = useStore(session.values.measured);
  useEffect(() => session.values.measure(placedPaths(services)), [session, services]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the marks follow the bodies
  useEffect(() => {
    if (!scene) return;
    scene.clear('marks');
    const box = scene.box();
    if (box.isEmpty()) return;
    const around = { min: box.min.toArray(), max: box.max.toArray() };
    for (const mark of marks(measured, services, around)) {
      if (hidden.has(mark.path)) continue;
      scene.lines('marks', Float32Array.from(mark.points), selection.includes(mark.path) ? '#2d86ea' : mark.colour);
    }
  }, [scene, measured, services, selection, hidden, loading]);
}

const AXES: [string, Vector3, string][] = [
  ['x', new Vector3(1, 0, 0), '#d64545'],
  ['y', new Vector3(0, 1, 0), '#2f9e52'],
  ['z', new Vector3(0, 0, 1), '#3b78d8'],
];

/** The axis cross and the scale, drawn over the picture after each frame. */
function overlay(scene: SceneRenderer, element: SVGSVGElement, axes: boolean): void {
  const camera = scene.orbit.camera(scene.aspect);
  const height = scene.canvas.clientHeight;
  if (height === 0) return;
  const right = new Vector3().setFromMatrixColumn(camera.matrixWorld, 0);
  const up = new Vector3().setFromMatrixColumn(camera.matrixWorld, 1);
  const arms = axes
    ? [...AXES]
        .sort((a, b) => a[1].dot(scene.orbit.direction()) - b[1].dot(scene.orbit.direction()))
        .map(([name, axis, colour]) => {
          const [x, y] = [axis.dot(right) * 30, -axis.dot(up) * 30];
          return `<g stroke="${colour}" fill="${colour}"><path d="M0 0L${x.toFixed(1)} ${y.toFixed(1)}" stroke-width="2.5"/><text x="${(x * 1.32).toFixed(1)}" y="${(y * 1.32 + 4).toFixed(1)}" stroke="none" text-anchor="middle">${name}</text></g>`;
        })
        .join('')
    : '';
  const pixel = (2 * scene.orbit.half) / height;
  const length = roundBelow(pixel * 150);
  const width = length / pixel;
  const bar = `<g class="scale"><path d="M0 -5V0H${width.toFixed(1)}V-5"/><text x="${(width / 2).toFixed(1)}" y="-6" text-anchor="middle">${formatSI(length, 'm', 3)}</text></g>`;
  element.innerHTML = `<g transform="translate(52 ${height - 52})">${arms}</g><g transform="translate(112 ${height - 16})">${bar}</g>`;
}

function measureText(a: Vector3, b: Vector3): string {
  const parts = (['x', 'y', 'z'] as const).map((axis) => `Δ${axis} ${formatSI(b[axis] - a[axis], 'm', 4)}`);
  return `${formatSI(a.distanceTo(b), 'm', 5)}  (${parts.join(', ')})`;
}

function Measured({ points, clear }: { points: readonly Vector3[]; clear: () => void }) {
  const [a, b] = points;
  return (
    <div className="measured" role="status">
      <Icon name="ruler" size={14} />
      {a && b ? measureText(a, b) : a ? 'Click the second point' : 'Click the first point'}
      <button type="button" className="bare" aria-label="Measure anew" onClick={clear}>
        <Icon name="refresh" size={13} />
      </button>
    </div>
  );
}

function describe(desk: Desk, hit: Hit): string {
  const values = propertiesOf(desk.session.entities.get().get(hit.path));
  const face = Array.isArray(values.faces) ? (values.faces[hit.face] as JsonObject | undefined) : undefined;
  const kind =
    face && typeof face.kind === 'string' ? ` (${face.kind}, ${formatNumber(Number(face.area) * 1e6, 4)} mm²)` : '';
  const where = hit.point
    ? ` · ${(['x', 'y', 'z'] as const).map((axis) => formatNumber((hit.point?.[axis] ?? 0) * 1e3, 5)).join(', ')} mm`
    : '';
  return `${lastName(hit.path)} · face ${hit.face}${kind}${values.material ? ` · ${values.material}` : ''}${where}`;
}

const KEYS: Record<string, string> = {
  '1': 'front',
  '2': 'back',
  '3': 'left',
  '4': 'right',
  '5': 'top',
  '6': 'bottom',
  '0': 'corner',
  f: 'fit',
};
const TOGGLES: Record<string, 'wireframe' | 'transparent' | 'measure' | 'meshLines'> = {
  w: 'wireframe',
  t: 'transparent',
  m: 'measure',
  g: 'meshLines',
};

export default function SceneView() {
  const desk = useDesk();
  const { session } = desk;
  const settings = useStore(desk.scene);
  const command = useStore(desk.sceneCommand);
  const ready = useStore(session.ready);
  const entities = useStore(session.entities);
  const stale = useStale();
  const canvas = useRef<HTMLCanvasElement>(null);
  const over = useRef<SVGSVGElement>(null);
  const [scene, setScene] = useState<SceneRenderer>();
  const [unable, setUnable] = useState('');
  const [hovered, setHovered] = useState('');
  const [points, setPoints] = useState<readonly Vector3[]>([]);
  const { loading, fault } = useBodies(scene);
  useLooks(scene, hovered, loading);
  const [share, setShare, sectionText] = useSection(scene, settings, loading);
  useDrawing(scene, settings, share, loading);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let made: SceneRenderer;
    try {
      made = new SceneRenderer(element);
    } catch {
      setUnable('This browser cannot draw in 3-D: WebGL is switched off or missing.');
      return;
    }
    const parent = element.parentElement as HTMLElement;
    let fitted = false;
    const observer = new ResizeObserver(() => {
      if (parent.clientWidth === 0) return;
      made.resize(parent.clientWidth, parent.clientHeight);
      if (!fitted && made.bodies.size > 0) {
        fitted = true;
        made.fit();
      }
    });
    observer.observe(parent);
    setScene(made);
    return () => {
      observer.disconnect();
      made.dispose();
      setScene(undefined);
    };
  }, []);

  useEffect(() => {
    if (!scene) return;
    scene.drawn = (milliseconds) => {
      if (over.current) overlay(scene, over.current, settings.axes);
      canvas.current?.setAttribute('data-frame-ms', milliseconds.toFixed(1));
    };
    scene.orbit.perspective = settings.perspective;
    scene.redraw();
  }, [scene, settings.axes, settings.perspective]);

  const click = useCallback(
    (x: number, y: number, event: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }) => {
      if (!scene) return;
      const hit = scene.pick(x, y, true);
      for (const body of scene.bodies.values()) body.markFace(undefined);
      if (settings.measure) {
        if (hit?.point)
          setPoints((list) => (list.length >= 2 ? [hit.point as Vector3] : [...list, hit.point as Vector3]));
        return;
      }
      if (!hit) session.selection.set([]);
      else {
        session.selection.update((now) => select(now, hit.path, modeOf(event), [...scene.bodies.keys()]));
        scene.bodies.get(hit.path)?.markFace(hit.face);
        desk.hint.set(describe(desk, hit));
      }
      scene.redraw();
    },
    [scene, session, desk, settings.measure],
  );

  useEffect(() => {
    if (!scene) return;
    return control(scene, {
      click,
      hover: (x, y) => {
        const hit = scene.pick(x, y);
        setHovered(hit?.path ?? '');
        desk.hint.set(hit ? describe(desk, hit) : '');
      },
      leave: () => setHovered(''),
    });
  }, [scene, click, desk]);

  useEffect(() => {
    if (!scene) return;
    scene.clear('rule');
    const [a, b] = points;
    if (a && b) scene.lines('rule', Float32Array.from([...a.toArray(), ...b.toArray()]), '#ff7a1a');
  }, [scene, points]);

  const run = useCallback(
    (name: string) => {
      if (!scene) return;
      if (name === 'fit') {
        const chosen = [...scene.bodies.keys()].filter((path) => means(session.selection.get(), path));
        scene.fit(chosen.length > 0 ? chosen : undefined);
      } else if (name === 'picture') {
        const ground = getComputedStyle(scene.canvas).getPropertyValue('--panel').trim() || '#fff';
        scene
          .picture(scene.canvas.width, scene.canvas.height, ground)
          .toBlob((blob) => blob && save('model.png', blob));
      } else scene.orbit.look(name);
      scene.redraw();
    },
    [scene, session],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new command is carried out once
  useEffect(() => {
    if (command.count > 0) run(command.name);
  }, [command]);

  useEffect(() => {
    if (!scene || loading > 0 || scene.bodies.size === 0) return;
    const timer = setTimeout(
      () => void keepPreview(session.project, scene.picture(192, 120, '#f2f5f8').toDataURL('image/jpeg', 0.8)),
      1500,
    );
    return () => clearTimeout(timer);
  }, [scene, loading, session]);

  const keys = (event: React.KeyboardEvent) => {
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const turn = { arrowleft: [-8, 0], arrowright: [8, 0], arrowup: [0, -8], arrowdown: [0, 8] }[key] as
      | [number, number]
      | undefined;
    const toggle = TOGGLES[key];
    if (turn) scene.orbit.orbit(...turn);
    else if (KEYS[key]) run(KEYS[key]);
    else if (toggle) desk.scene.update((now) => ({ ...now, [toggle]: !now[toggle] }));
    else if (key === 'x')
      desk.scene.update((now) => ({ ...now, section: ({ off: 'x', x: 'y', y: 'z', z: 'off' } as const)[now.section] }));
    else if (key === 'h') hide(desk, session.selection.get());
    else if (key === '+' || key === '-') scene.orbit.zoom(key === '+' ? 0.8 : 1.25, 0, 0);
    else return;
    event.preventDefault();
    scene.redraw();
  };
  const nothing = ready === 'ready' && loading === 0 && ![...entities.values()].some((entity) => entity.blobs.mesh);
  return (
    <div className="scene">
      <canvas
        ref={canvas}
        tabIndex={0}
        aria-label="3-D view of the model. Arrow keys orbit, + and - zoom, F fits, 1 to 6 look from the sides."
        onKeyDown={keys}
        onContextMenu={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const hit = scene?.pick(event.clientX - box.left, event.clientY - box.top);
          if (hit && event.detail === 0) openMenu(event.clientX, event.clientY, entityMenu(desk, hit.path));
        }}
      />
      <svg ref={over} className="scene-over" aria-hidden="true" />
      {unable && <p className="empty">{unable}</p>}
      {nothing && <p className="empty">There is no model yet. Add geometry, then build the model.</p>}
      {loading > 0 && (
        <p className="scene-note" role="status">
          Loading {loading} bod{loading === 1 ? 'y' : 'ies'}…
        </p>
      )}
      {fault && <p className="scene-note bad">{fault}</p>}
      {loading === 0 && stale.has('model') && (
        <p className="scene-note warn">The model is older than its inputs. Build it again.</p>
      )}
      {settings.section !== 'off' && (
        <label className="section-slider">
          Section {sectionText}
          <input
            type="range"
            min={0}
            max={1}
            step={0.002}
            value={share}
            onChange={(event) => setShare(Number(event.currentTarget.value))}
          />
        </label>
      )}
      {settings.measure && <Measured points={points} clear={() => setPoints([])} />}
    </div>
  );
}
