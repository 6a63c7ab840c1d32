// The 3-D view of the model.
import { useCallback, useEffect, useRef, useState } from 'react';
import { picking } from '../../model/picking';
import { means } from '../../model/tree';
import { save } from '../../parts/files';
import { openMenu } from '../../parts/menu';
import { useStore } from '../../parts/use-store';
import { keepPreview } from '../../shell/overview/preview';
import { hide } from '../../shell/workspace/commands';
import { type Desk, type SceneSettings, toggleSection, useDesk } from '../../shell/workspace/context';
import { cameraOf, keptDesk } from '../../shell/workspace/kept';
import { useStale } from '../../shell/workspace/stale';
import { CellsPanel } from './cells-panel';
import { FieldPanel } from './field-panel';
import { isolate, sceneMenu, showAll } from './menu';
import { overlay } from './overlay';
import { SceneRenderer } from './renderer';
import { Measures, PickFilter, PickPrompt, Sections } from './toolbar';
import { type Painted, useBodies, useLooks } from './use-bodies';
import { useCells } from './use-cells';
import { useMarks, useMeshLines, useSections } from './use-drawing';
import { nextKind, type Pointed, usePicking } from './use-picking';

const LOOKS: Record<string, string> = {
  '1': 'front',
  '2': 'back',
  '3': 'left',
  '4': 'right',
  '5': 'top',
  '6': 'bottom',
  '0': 'corner',
  f: 'fit',
};
const TOGGLES: Record<string, 'wireframe' | 'transparent' | 'measure' | 'meshLines' | 'cells' | 'sides'> = {
  w: 'wireframe',
  t: 'transparent',
  m: 'measure',
  g: 'meshLines',
  c: 'cells',
  b: 'sides',
};
const TURNS: Record<string, [number, number]> = {
  arrowleft: [-8, 0],
  arrowright: [8, 0],
  arrowup: [0, -8],
  arrowdown: [0, 8],
};

/** X, y, z one after the other, then none. */
function nextSection(now: SceneSettings): SceneSettings {
  const axis = now.sections[0]?.axis;
  const next = ({ x: 'y', y: 'z', z: undefined } as const)[axis ?? 'z'] ?? (axis ? undefined : 'x');
  return next ? toggleSection({ ...now, sections: [] }, next) : { ...now, sections: [] };
}

/** The renderer on the canvas, as large as its pane. */
function useRenderer(canvas: React.RefObject<HTMLCanvasElement | null>) {
  const { session } = useDesk();
  const [scene, setScene] = useState<SceneRenderer>();
  const [unable, setUnable] = useState('');
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
    made.left = cameraOf(keptDesk(localStorage, session.user, session.project));
    const observer = new ResizeObserver(() => {
      if (parent.clientWidth > 0) made.resize();
    });
    observer.observe(parent);
    setScene(made);
    return () => {
      observer.disconnect();
      made.dispose();
      setScene(undefined);
    };
  }, [canvas, session]);
  return { scene, unable };
}

/** Looks from a side, fits, takes a picture: what ribbon and keys ask for. */
function useCommands(scene: SceneRenderer | undefined): (name: string) => void {
  const { session, sceneCommand } = useDesk();
  const command = useStore(sceneCommand);
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
      scene.moved();
    },
    [scene, session],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new command is carried out once
  useEffect(() => {
    if (command.count > 0) run(command.name);
  }, [command]);
  return run;
}

const PREVIEW_MS = 1500;

/** Keeps the picture of the overview, some time after the model has come. */
function usePreview(scene: SceneRenderer | undefined, loading: number): void {
  const { session } = useDesk();
  useEffect(() => {
    if (!scene || loading > 0 || scene.bodies.size === 0) return;
    let timer: ReturnType<typeof setTimeout>;
    const keep = () => {
      // Behind another tab it has no size, and its picture would be empty.
      const sized = scene.canvas.clientWidth > 0 && scene.canvas.clientHeight > 0;
      // Before it is whole, nobody should have to wait for it to be drawn.
      if (!sized || !scene.still) timer = setTimeout(keep, PREVIEW_MS);
      else void keepPreview(session.project, scene.picture(192, 120, '#f2f5f8').toDataURL('image/jpeg', 0.8));
    };
    timer = setTimeout(keep, PREVIEW_MS);
    return () => clearTimeout(timer);
  }, [scene, loading, session]);
}

/** The menu for who has no mouse: of what is selected, in the middle of the view. */
function menuByKey(desk: Desk, scene: SceneRenderer): void {
  const { left, top, width, height } = scene.canvas.getBoundingClientRect();
  const chosen = [...scene.bodies.keys()].find((path) => means(desk.session.selection.get(), path));
  openMenu(left + width / 2, top + height / 2, sceneMenu(desk, scene, chosen));
}

function useKeys(scene: SceneRenderer | undefined, run: (name: string) => void, pointed: Pointed) {
  const desk = useDesk();
  return (event: React.KeyboardEvent) => {
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const [turn, toggle] = [TURNS[key], TOGGLES[key]];
    if (turn) scene.orbit.orbit(...turn);
    else if (LOOKS[key]) run(LOOKS[key]);
    else if (toggle) desk.scene.update((now) => ({ ...now, [toggle]: !now[toggle] }));
    else if (key === 'x') desk.scene.update(nextSection);
    else if (key === 'p') desk.scene.update((now) => ({ ...now, pick: nextKind(now.pick) }));
    else if (key === 'n') pointed.next(event.shiftKey ? -1 : 1);
    else if (key === 'enter') pointed.accept();
    else if (key === 'h') hide(desk, desk.session.selection.get());
    else if (key === 'i') isolate(desk, scene, desk.session.selection.get());
    else if (key === 'a') showAll(desk);
    else if (key === 'contextmenu' || (key === 'f10' && event.shiftKey)) menuByKey(desk, scene);
    else if (key === '+' || key === '-') scene.orbit.zoom(key === '+' ? 0.8 : 1.25, 0, 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (turn || key === '+' || key === '-') scene.moved();
  };
}

/** Esc ends picking before it does anything else. */
function useEscape(): void {
  const request = useStore(picking);
  useEffect(() => {
    if (!request) return;
    const end = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      picking.set(undefined);
    };
    document.addEventListener('keydown', end, { capture: true });
    return () => document.removeEventListener('keydown', end, { capture: true });
  }, [request]);
}

function Notes({ unable, loading, fault }: { unable: string; loading: number; fault: string }) {
  const { session, scene } = useDesk();
  const { meshLines, cells } = useStore(scene);
  const ready = useStore(session.ready);
  const entities = useStore(session.entities);
  const stale = useStale();
  const nothing = ready === 'ready' && loading === 0 && ![...entities.values()].some((entity) => entity.blobs.mesh);
  return (
    <>
      {unable && <p className="empty">{unable}</p>}
      {nothing && <p className="empty">There is no model yet. Add geometry, then build the model.</p>}
      {loading > 0 && (
        <p className="scene-note" role="status">
          Loading {loading} bod{loading === 1 ? 'y' : 'ies'}…
        </p>
      )}
      {fault && <p className="scene-note bad">{fault}</p>}
      {loading === 0 && !fault && stale.has('model') && (
        <p className="scene-note warn">The model is older than its inputs. Build it again.</p>
      )}
      {loading === 0 && !fault && (meshLines || cells) && !stale.has('model') && stale.has('grid') && (
        <p className="scene-note warn">The mesh is older than its inputs. Mesh again.</p>
      )}
    </>
  );
}

export default function SceneView() {
  const desk = useDesk();
  const settings = useStore(desk.scene);
  const field = useStore(desk.session.entities).has(settings.field) ? settings.field : '';
  const canvas = useRef<HTMLCanvasElement>(null);
  const over = useRef<SVGSVGElement>(null);
  const { scene, unable } = useRenderer(canvas);
  const [painted, setPainted] = useState<Painted>();
  const { loading, fault } = useBodies(scene);
  const pointed = usePicking(scene);
  const cells = useCells(scene, settings, loading);
  useLooks(scene, loading, painted, cells.solid);
  useSections(scene, settings, loading);
  useMeshLines(scene, settings, loading);
  const marks = useMarks(scene, settings, loading);
  const run = useCommands(scene);
  usePreview(scene, loading);
  useEscape();
  const keys = useKeys(scene, run, pointed);

  useEffect(() => {
    if (!scene) return;
    let kept = '';
    scene.drawn = (milliseconds) => {
      if (over.current) overlay(scene, over.current, settings.axes);
      canvas.current?.setAttribute('data-frame-ms', milliseconds.toFixed(1));
      const camera = scene.standpoint;
      // A field whose phase runs draws frame after frame and moves no camera.
      const place = JSON.stringify(camera) ?? '';
      if (place !== kept) desk.keeper.keep({ camera });
      kept = place;
    };
    scene.orbit.perspective = settings.perspective;
    scene.redraw();
  }, [scene, desk, settings.axes, settings.perspective]);

  return (
    <div className="scene">
      <canvas
        ref={canvas}
        tabIndex={0}
        aria-label="3-D view of the model. Arrow keys orbit, + and - zoom, F fits, 1 to 6 look from the sides; P chooses what is picked, N goes to the next, Enter picks it; I shows what is selected alone, A shows all."
        data-marks={[...new Set(marks.map((mark) => mark.path))].join(' ')}
        onKeyDown={keys}
      />
      <svg ref={over} className="scene-over" aria-hidden="true" />
      <Notes unable={unable} loading={loading} fault={fault} />
      <PickPrompt />
      <div className="scene-side">
        <PickFilter />
        <Sections scene={scene} />
        {settings.cells && <CellsPanel cells={cells} />}
        {scene && field && <FieldPanel key={field} path={field} scene={scene} painted={setPainted} />}
      </div>
      {settings.measure && <Measures measured={pointed.measured} clear={pointed.measureAnew} />}
    </div>
  );
}
