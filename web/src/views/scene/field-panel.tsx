// A field over the model: what is shown of it, and the scale of its colours.
import { useEffect, useMemo, useState } from 'react';
import { type Axis, rangeOf, valuesOf } from '../../model/data/field';
import type { FieldSource, FieldVolume } from '../../model/data/field-source';
import { regular } from '../../model/data/sampling';
import { lastName } from '../../model/tree';
import { formatSI, propertiesOf } from '../../model/value';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { failureOf } from '../../transport';
import { ColourControls, ComponentControl, Legend, PhaseControl, QuantityControl } from '../field/controls';
import { firstAxis, type Shown, START, scaleOf } from '../field/shown';
import { usePlanes, useSource } from '../field/use-source';
import type { SceneRenderer } from './renderer';
import type { Painted } from './use-bodies';

const NAMES = ['x', 'y', 'z'] as const;
const AXES = [0, 1, 2] as const;
/** As many points as a surface can show, and as many arrows as can be told apart. */
const SURFACE_POINTS = 400_000;
const ARROW_POINTS = 60_000;
const ARROWS = 1_400;

interface On {
  /** Number of the grid line of each shown plane, by axis. */
  planes: Partial<Record<Axis, number>>;
  surface: boolean;
  arrows: boolean;
}

/** The finest volume of at most so many points, while it is wanted. */
function useVolume(source: FieldSource, array: number, points: number, wanted: boolean) {
  const [volume, setVolume] = useState<FieldVolume>();
  const [fault, setFault] = useState('');
  useEffect(() => {
    if (!wanted || !source.solid) {
      setVolume(undefined);
      return;
    }
    const stop = new AbortController();
    source
      .volume(array, points, stop.signal)
      .then((found) => {
        if (!stop.signal.aborted) setVolume(found);
      })
      .catch((error) => !stop.signal.aborted && setFault(failureOf(error).message));
    return () => stop.abort();
  }, [source, array, points, wanted]);
  return { volume, fault };
}

function Controls({ on, change, source }: { on: On; change: (part: Partial<On>) => void; source: FieldSource }) {
  const middle = (axis: Axis) => Math.floor((source.lines[axis].length - 1) / 2);
  const toggle = (axis: Axis) => {
    const { [axis]: known, ...rest } = on.planes;
    change({ planes: known === undefined ? { ...rest, [axis]: middle(axis) } : rest });
  };
  return (
    <>
      <fieldset className="field-on" aria-label="Shown on">
        {AXES.map((axis) => (
          <button
            key={axis}
            type="button"
            className="chip"
            aria-pressed={on.planes[axis] !== undefined}
            disabled={!source.across[axis]}
            onClick={() => toggle(axis)}
          >
            {`Plane ${NAMES[axis]}`}
          </button>
        ))}
        <button
          type="button"
          className="chip"
          aria-pressed={on.surface}
          disabled={!source.solid}
          title={source.solid ? 'The field on the surfaces of the bodies' : 'The monitor recorded a plane only'}
          onClick={() => change({ surface: !on.surface })}
        >
          Surfaces
        </button>
        <button
          type="button"
          className="chip"
          aria-pressed={on.arrows}
          disabled={source.arrays[0]?.components !== 3}
          onClick={() => change({ arrows: !on.arrows })}
        >
          Arrows
        </button>
      </fieldset>
      {AXES.filter((axis) => on.planes[axis] !== undefined && source.lines[axis].length > 1).map((axis) => (
        <label key={axis} className="check">
          <span className="mono place-name">{`${NAMES[axis]} = ${formatSI(source.lines[axis][on.planes[axis] ?? 0], 'm', 4)}`}</span>
          <input
            type="range"
            aria-label={`Plane across ${NAMES[axis]}`}
            min={0}
            max={source.lines[axis].length - 1}
            value={on.planes[axis]}
            onChange={(event) => change({ planes: { ...on.planes, [axis]: Number(event.currentTarget.value) } })}
          />
        </label>
      ))}
    </>
  );
}

interface PaintProps {
  scene: SceneRenderer;
  source: FieldSource;
  on: On;
  shown: Shown;
  painted: (what: Painted | undefined) => void;
}

/** Brings what is chosen into the scene; gives the range of the colours and what went wrong. */
function usePaint({ scene, source, on, shown, painted }: PaintProps): { range: [number, number]; fault: string } {
  const { array } = shown;
  const places = useMemo(
    () => AXES.flatMap((axis) => (on.planes[axis] === undefined ? [] : [{ axis, level: on.planes[axis] as number }])),
    [on.planes],
  );
  const { planes, fault } = usePlanes(source, array, places);
  const surface = useVolume(source, array, SURFACE_POINTS, on.surface);
  const thin = useVolume(source, array, ARROW_POINTS, on.arrows);
  const flat = on.arrows && !source.solid ? firstAxis(source) : undefined;
  const { planes: only } = usePlanes(source, array, flat === undefined ? [] : [{ axis: flat, level: 0 }]);
  const lattice = useMemo(() => {
    if (!on.arrows) return undefined;
    if (thin.volume) return regular(thin.volume.lines, thin.volume.samples, ARROWS);
    return only[0] && regular(source.lines, only[0].samples, ARROWS);
  }, [on.arrows, thin.volume, only, source]);
  const found = useMemo(() => {
    const all = [...planes.map((plane) => plane.samples), ...(thin.volume ? [thin.volume.samples] : [])];
    return Math.max(0, ...all.map((samples) => rangeOf(valuesOf(samples, 'magnitude'))[1]));
  }, [planes, thin.volume]);
  const range = useMemo(() => scaleOf(source, shown, found), [source, shown, found]);
  const [low, high] = range;
  const { show, map, decibels, phase } = shown;
  useEffect(() => {
    scene.field.look({
      show,
      map,
      decibels,
      low,
      high,
      phase: phase === undefined ? undefined : (phase * Math.PI) / 180,
    });
    // The phase runs, and the range is pulled.
    scene.moved();
  }, [scene, show, map, decibels, low, high, phase]);
  useEffect(() => {
    scene.field.showPlanes(planes);
    scene.canvas.dataset.fieldPlanes = String(planes.length);
    scene.redraw();
  }, [scene, planes]);
  useEffect(() => {
    scene.field.showArrows(lattice);
    scene.canvas.dataset.fieldArrows = String((lattice?.points.length ?? 0) / 3);
    scene.redraw();
  }, [scene, lattice]);
  useEffect(() => {
    scene.field.showSurface(surface.volume, []);
    scene.canvas.dataset.fieldSurface = surface.volume ? 'yes' : 'no';
  }, [scene, surface.volume]);
  useEffect(() => {
    painted({ within: !on.surface && (planes.length > 0 || lattice !== undefined), surface: surface.volume });
  }, [surface.volume, on.surface, planes.length, lattice, painted]);
  return { range, fault: fault || surface.fault || thin.fault };
}

function Panel(props: {
  path: string;
  scene: SceneRenderer;
  source: FieldSource;
  painted: (what: Painted | undefined) => void;
}) {
  const { path, scene, source, painted } = props;
  const desk = useDesk();
  const entity = useStore(desk.session.entities).get(path);
  const [shown, setShown] = useState<Shown>(START);
  const [on, setOn] = useState<On>(() => {
    const axis = firstAxis(source);
    const level = Math.floor((source.lines[axis].length - 1) / 2);
    return { planes: source.across[axis] ? { [axis]: level } : {}, surface: false, arrows: false };
  });
  const { range, fault } = usePaint({ scene, source, on, shown, painted });
  const change = (part: Partial<Shown>) => setShown((now) => ({ ...now, ...part }));
  const controls = { source, shown, change };
  return (
    <>
      <div className="field-row">
        <QuantityControl {...controls} />
        <ComponentControl {...controls} />
      </div>
      <Controls on={on} source={source} change={(part) => setOn((now) => ({ ...now, ...part }))} />
      <div className="field-row">
        <ColourControls {...controls} />
      </div>
      <PhaseControl {...controls} />
      <Legend {...controls} range={range} unit={String(propertiesOf(entity).unit ?? '')} />
      {fault && <p className="field-fault">{fault}</p>}
    </>
  );
}

export function FieldPanel(props: {
  path: string;
  scene: SceneRenderer;
  painted: (what: Painted | undefined) => void;
}) {
  const { path, scene, painted } = props;
  const desk = useDesk();
  const { source, fault } = useSource(path);
  useEffect(
    () => () => {
      scene.field.showPlanes([]);
      scene.field.showArrows(undefined);
      scene.field.showSurface(undefined, []);
      painted(undefined);
      for (const name of ['fieldPlanes', 'fieldArrows', 'fieldSurface']) delete scene.canvas.dataset[name];
      scene.redraw();
    },
    [scene, painted],
  );
  const name = lastName(path);
  return (
    <section className="field-panel" aria-label={`Field ${name}`}>
      <header>
        <Icon name="field" size={14} />
        <strong>{name}</strong>
        <button
          type="button"
          className="bare"
          aria-label="Close the field"
          onClick={() => desk.scene.update((now) => ({ ...now, field: '' }))}
        >
          <Icon name="close" size={12} />
        </button>
      </header>
      {fault && <p className="field-fault">{fault}</p>}
      {!fault && !source && <p className="muted">Loading…</p>}
      {source && source.arrays.length > 0 && (
        <Panel key={path} path={path} scene={scene} source={source} painted={painted} />
      )}
    </section>
  );
}
