// A field monitor on a plane: colour map, range, dB, phase animation.
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  type Axis,
  type ColourMap,
  colourIndex,
  colourTable,
  planeOf,
  quantities,
  rangeOf,
  type Show,
} from '../../model/data/field';
import { type FieldGrid, parseVtr } from '../../model/data/vtr';
import { formatSI, propertiesOf } from '../../model/value';
import { fileName, save } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { failureOf, getBlob } from '../../transport';
import { draw, type Spot, spotAt } from './draw';

function useGrid(path: string): { grid: FieldGrid | undefined; fault: string } {
  const { session } = useDesk();
  const hash = useStore(session.entities).get(path)?.blobs.vtr ?? '';
  const [grid, setGrid] = useState<FieldGrid>();
  const [fault, setFault] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    setGrid(undefined);
    setFault(hash ? '' : 'The shown version holds no such field.');
    if (!hash) return;
    getBlob(session.project, hash, stop.signal)
      .then((bytes) => setGrid(parseVtr(bytes)))
      .catch((error) => !stop.signal.aborted && setFault(failureOf(error).message));
    return () => stop.abort();
  }, [session, hash]);
  return { grid, fault };
}

const SPAN_DB = 40;

export default function FieldView({ path }: { path: string }) {
  const desk = useDesk();
  const { grid, fault } = useGrid(path);
  const properties = propertiesOf(useStore(desk.session.entities).get(path));
  const unit = typeof properties.unit === 'string' ? properties.unit : '';
  const found = useMemo(() => (grid ? quantities(grid) : []), [grid]);
  const [picked, setPicked] = useState(0);
  const quantity = found[Math.min(picked, found.length - 1)];
  const thin = grid
    ? ([0, 1, 2] as const).reduce<Axis>((best, axis) => (grid.size[axis] < grid.size[best] ? axis : best), 2)
    : 2;
  const [chosenAxis, setAxis] = useState<Axis>();
  const axis = chosenAxis ?? thin;
  const [share, setShare] = useState(0.5);
  const [show, setShow] = useState<Show>('magnitude');
  const [map, setMap] = useState<ColourMap>('turbo');
  const [decibel, setDecibel] = useState(false);
  const [animate, setAnimate] = useState(false);
  const [phase, setPhase] = useState<number>();
  const [spot, setSpot] = useState<Spot>();
  const canvas = useRef<HTMLCanvasElement>(null);

  const levels = grid ? grid.size[axis] - (quantity?.re.ofCells && grid.size[axis] > 1 ? 1 : 0) : 1;
  const level = Math.round(share * (levels - 1));
  useEffect(() => {
    if (!animate) return;
    let frame = 0;
    const step = (time: number) => {
      setPhase(((time / 2000) % 1) * 360);
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [animate]);
  // The range is that of the amplitude, so that colours mean the same through the whole period.
  const range = useMemo<[number, number]>(() => {
    if (!grid || !quantity) return [0, 1];
    const [low, high] = rangeOf(planeOf(grid, quantity, axis, level, show).values);
    return quantity.im && show === 'magnitude' ? [0, high] : [Math.min(low, quantity.im ? -high : low), high];
  }, [grid, quantity, axis, level, show]);
  const plane = useMemo(
    () =>
      grid && quantity
        ? planeOf(
            grid,
            quantity,
            axis,
            level,
            show,
            quantity.im && phase !== undefined ? (phase * Math.PI) / 180 : undefined,
          )
        : undefined,
    [grid, quantity, axis, level, show, phase],
  );
  const table = useMemo(() => colourTable(map), [map]);
  useEffect(() => {
    const element = canvas.current;
    if (!element || !plane) return;
    const paint = () =>
      draw(element, plane, (value) => colourIndex(value, range[0], range[1], decibel ? SPAN_DB : undefined), table);
    paint();
    const observer = new ResizeObserver(paint);
    observer.observe(element.parentElement as HTMLElement);
    return () => observer.disconnect();
  }, [plane, range, decibel, table]);

  if (fault) return <p className="empty">{fault}</p>;
  if (!grid || !quantity) return <p className="empty">{grid ? 'The file holds no field.' : 'Loading the field…'}</p>;
  const names = ['x', 'y', 'z'];
  const position = grid.coordinates[axis][level] ?? 0;
  const others = [0, 1, 2].filter((one) => one !== axis) as [number, number];
  return (
    <div className="plot">
      <div className="pane-bar">
        <select
          className="input narrow"
          aria-label="Quantity"
          value={picked}
          onChange={(event) => setPicked(Number(event.currentTarget.value))}
        >
          {found.map((one, index) => (
            <option key={one.label} value={index}>
              {one.label}
            </option>
          ))}
        </select>
        {quantity.re.components > 1 && (
          <select
            className="input narrow"
            aria-label="Component"
            value={show}
            onChange={(event) => setShow(event.currentTarget.value as Show)}
          >
            {(['magnitude', 'x', 'y', 'z'] as const).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )}
        <div className="segments" role="radiogroup" aria-label="Plane across">
          {names.map((name, index) => (
            // biome-ignore lint/a11y/useSemanticElements: drawn as a segmented button
            <button
              key={name}
              type="button"
              role="radio"
              aria-checked={axis === index}
              disabled={grid.size[index as Axis] < 1}
              onClick={() => setAxis(index as Axis)}
            >
              {name}
            </button>
          ))}
        </div>
        {levels > 1 && (
          <label className="check">
            {names[axis]} = {formatSI(position, 'm', 4)}
            <input
              type="range"
              min={0}
              max={1}
              step={1 / (levels - 1)}
              value={share}
              onChange={(event) => setShare(Number(event.currentTarget.value))}
            />
          </label>
        )}
        <select
          className="input narrow"
          aria-label="Colours"
          value={map}
          onChange={(event) => setMap(event.currentTarget.value as ColourMap)}
        >
          {(['turbo', 'viridis', 'coolwarm', 'grey'] as const).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <label className="check">
          <input type="checkbox" checked={decibel} onChange={(event) => setDecibel(event.currentTarget.checked)} /> dB
        </label>
        {quantity.im && (
          <label className="check">
            <button
              type="button"
              className="bare"
              aria-pressed={animate}
              onClick={() => {
                setAnimate(!animate);
                if (animate) setPhase(undefined);
              }}
            >
              <Icon name={animate ? 'stop' : 'play'} size={13} /> Phase
            </button>
            <input
              type="range"
              aria-label="Phase"
              min={0}
              max={360}
              step={5}
              value={phase ?? 0}
              onChange={(event) => setPhase(Number(event.currentTarget.value))}
            />
            <span className="mono">{phase === undefined ? 'amplitude' : `${Math.round(phase)}°`}</span>
          </label>
        )}
        <button
          type="button"
          className="bare"
          onClick={() => canvas.current?.toBlob((blob) => blob && save(`${fileName(path)}.png`, blob))}
        >
          <Icon name="camera" size={14} /> PNG
        </button>
      </div>
      <div className="field-place">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${quantity.label}, ${show}, on the plane ${names[axis]} = ${formatSI(position, 'm', 4)}, from ${formatSI(range[0], unit, 4)} to ${formatSI(range[1], unit, 4)}`}
          onPointerMove={(event) =>
            plane && setSpot(spotAt(event.currentTarget, plane, event.nativeEvent.offsetX, event.nativeEvent.offsetY))
          }
          onPointerLeave={() => setSpot(undefined)}
        />
      </div>
      <div className="field-scale">
        <span className="mono">{decibel ? `−${SPAN_DB} dB` : formatSI(range[0], unit, 4)}</span>
        <i
          style={{
            background: `linear-gradient(to right, ${Array.from({ length: 17 }, (_, step) => `rgb(${[0, 1, 2].map((channel) => table[step * 15 * 4 + channel]).join(' ')})`).join(', ')})`,
          }}
        />
        <span className="mono">
          {decibel
            ? `0 dB = ${formatSI(Math.max(Math.abs(range[0]), Math.abs(range[1])), unit, 4)}`
            : formatSI(range[1], unit, 4)}
        </span>
        <span className="mono muted spot">
          {spot &&
            `${names[others[0]]} ${formatSI(spot.u, 'm', 4)}, ${names[others[1]]} ${formatSI(spot.v, 'm', 4)}: ${formatSI(spot.value, unit, 4)}`}
        </span>
      </div>
    </div>
  );
}
