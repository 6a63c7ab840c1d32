// A field monitor on a plane: colour map, range, dB, phase animation. Needs no 3-D.
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Axis, colourIndex, colourTable, rangeOf, valuesOf } from '../../model/data/field';
import type { FieldSource } from '../../model/data/field-source';
import { formatSI, propertiesOf } from '../../model/value';
import { fileName, save } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { ColourControls, ComponentControl, Legend, PhaseControl, QuantityControl } from './controls';
import { draw, type Plane, type Spot, spotAt } from './draw';
import { firstAxis, type Shown, START, scaleOf } from './shown';
import { usePlanes, useSource } from './use-source';

const NAMES = ['x', 'y', 'z'] as const;

function PlaneControl(props: {
  source: FieldSource;
  axis: Axis;
  level: number;
  setAxis: (axis: Axis) => void;
  setLevel: (level: number) => void;
}) {
  const { source, axis, level } = props;
  const line = source.lines[axis];
  return (
    <>
      <div className="segments" role="radiogroup" aria-label="Plane across">
        {NAMES.map((name, index) => (
          // biome-ignore lint/a11y/useSemanticElements: drawn as a segmented button
          <button
            key={name}
            type="button"
            role="radio"
            aria-checked={axis === index}
            disabled={!source.across[index]}
            onClick={() => props.setAxis(index as Axis)}
          >
            {name}
          </button>
        ))}
      </div>
      {line.length > 1 && (
        <label className="check">
          {NAMES[axis]} = {formatSI(line[level] ?? 0, 'm', 4)}
          <input
            type="range"
            min={0}
            max={line.length - 1}
            value={level}
            onChange={(event) => props.setLevel(Number(event.currentTarget.value))}
          />
        </label>
      )}
    </>
  );
}

/** Draws a plane whenever it or its room changes. */
function usePainting(plane: Plane | undefined, range: [number, number], shown: Shown) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const table = useMemo(() => colourTable(shown.map), [shown.map]);
  const [low, high] = range;
  useEffect(() => {
    const element = canvas.current;
    if (!element || !plane) return;
    const index = (value: number) => colourIndex(value, low, high, shown.decibels || undefined);
    const paint = () => draw(element, plane, index, table);
    paint();
    const observer = new ResizeObserver(paint);
    observer.observe(element.parentElement as HTMLElement);
    return () => observer.disconnect();
  }, [plane, low, high, shown.decibels, table]);
  return canvas;
}

export default function FieldView({ path }: { path: string }) {
  const desk = useDesk();
  const entity = useStore(desk.session.entities).get(path);
  const { source, fault } = useSource(path);
  const [shown, setShown] = useState<Shown>(START);
  const [chosen, setAxis] = useState<Axis>();
  const [at, setLevel] = useState<number>();
  const [spot, setSpot] = useState<Spot>();
  const axis = chosen ?? (source ? firstAxis(source) : 2);
  const line = source?.lines[axis];
  const level = Math.min(at ?? Math.floor(((line?.length ?? 1) - 1) / 2), (line?.length ?? 1) - 1);
  const array = Math.min(shown.array, (source?.arrays.length ?? 1) - 1);
  const { planes, fault: missing } = usePlanes(source, array, source?.across[axis] ? [{ axis, level }] : []);
  const found = planes[0];
  const plane = useMemo<Plane | undefined>(() => {
    if (!found) return undefined;
    const radians = shown.phase === undefined ? undefined : (shown.phase * Math.PI) / 180;
    return { u: found.u, v: found.v, values: valuesOf(found.samples, shown.show, radians) };
  }, [found, shown.show, shown.phase]);
  // The scale is that of the plane's amplitude, so that colours mean the same through the whole period.
  const most = useMemo(() => (found ? rangeOf(valuesOf(found.samples, shown.show)) : [0, 0]), [found, shown.show]);
  const largest = Math.max(Math.abs(most[0]), Math.abs(most[1]));
  const range = useMemo<[number, number]>(() => {
    if (!source) return [0, 1];
    const moments = source.arrays[array]?.time !== undefined;
    return scaleOf(source, moments ? shown : { ...shown, high: shown.high ?? (largest || undefined) }, largest);
  }, [source, shown, array, largest]);
  const canvas = usePainting(plane, range, shown);
  const change = (part: Partial<Shown>) => setShown((now) => ({ ...now, ...part }));

  if (fault || missing) return <p className="empty">{fault || missing}</p>;
  if (!source) return <p className="empty">Loading the field…</p>;
  if (source.arrays.length === 0) return <p className="empty">The file holds no field.</p>;
  const unit = String(propertiesOf(entity).unit ?? '');
  const controls = { source, shown: { ...shown, array }, change };
  const others = [0, 1, 2].filter((one) => one !== axis);
  const place = `${NAMES[axis]} = ${formatSI(line?.[level] ?? 0, 'm', 4)}`;
  return (
    <div className="plot">
      <div className="pane-bar">
        <QuantityControl {...controls} />
        <ComponentControl {...controls} />
        <PlaneControl source={source} axis={axis} level={level} setAxis={setAxis} setLevel={setLevel} />
        <ColourControls {...controls} />
        <PhaseControl {...controls} />
        {entity && (
          <button
            type="button"
            className="bare"
            onClick={() => {
              desk.scene.update((now) => ({ ...now, field: path }));
              desk.openPane('scene');
            }}
          >
            <Icon name="cuboid" size={14} /> In 3-D
          </button>
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
          aria-label={`${source.arrays[array]?.name}, ${shown.show}, on the plane ${place}, from ${formatSI(range[0], unit, 4)} to ${formatSI(range[1], unit, 4)}`}
          onPointerMove={(event) =>
            plane && setSpot(spotAt(event.currentTarget, plane, event.nativeEvent.offsetX, event.nativeEvent.offsetY))
          }
          onPointerLeave={() => setSpot(undefined)}
        />
      </div>
      <div className="field-scale">
        <Legend {...controls} range={range} unit={unit} />
        <span className="mono muted spot">
          {spot &&
            `${NAMES[others[0]]} ${formatSI(spot.u, 'm', 4)}, ${NAMES[others[1]]} ${formatSI(spot.v, 'm', 4)}: ${formatSI(spot.value, unit, 4)}`}
        </span>
      </div>
    </div>
  );
}
