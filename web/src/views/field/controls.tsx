// The controls that the plane view and the 3-D view of a field share, and the legend.
import { useEffect, useRef, useState } from 'react';
import { type ColourMap, colourTable, type Show } from '../../model/data/field';
import type { FieldSource } from '../../model/data/field-source';
import { formatNumber, formatSI } from '../../model/value';
import { Icon } from '../../parts/icon';
import type { Shown } from './shown';

interface Props {
  source: FieldSource;
  shown: Shown;
  change: (change: Partial<Shown>) => void;
}

/** Which quantity: a list, or for a row of snapshots a slider over time. */
export function QuantityControl({ source, shown, change }: Props) {
  const moments = source.arrays.length > 1 && source.arrays.every((array) => array.time !== undefined);
  if (!moments)
    return (
      <select
        className="input narrow"
        aria-label="Quantity"
        value={shown.array}
        onChange={(event) => change({ array: Number(event.currentTarget.value) })}
      >
        {source.arrays.map((array, index) => (
          <option key={array.name} value={index}>
            {array.name}
          </option>
        ))}
      </select>
    );
  return <Moments source={source} shown={shown} change={change} />;
}

const STEP_MS = 140;

function Moments({ source, shown, change }: Props) {
  const [playing, setPlaying] = useState(false);
  const count = source.arrays.length;
  const { array } = shown;
  const latest = useRef(change);
  latest.current = change;
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => latest.current({ array: (array + 1) % count }), STEP_MS);
    return () => clearTimeout(timer);
  }, [playing, array, count]);
  const name = source.arrays[array]?.name ?? '';
  return (
    <span className="check">
      <button type="button" className="bare" aria-pressed={playing} onClick={() => setPlaying(!playing)}>
        <Icon name={playing ? 'pause' : 'play'} size={13} /> Time
      </button>
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={name}
        min={0}
        max={count - 1}
        value={array}
        onChange={(event) => change({ array: Number(event.currentTarget.value) })}
      />
      <span className="mono">{name}</span>
    </span>
  );
}

export function ComponentControl({ source, shown, change }: Props) {
  if ((source.arrays[shown.array]?.components ?? 1) < 2) return null;
  return (
    <select
      className="input narrow"
      aria-label="Component"
      value={shown.show}
      onChange={(event) => change({ show: event.currentTarget.value as Show })}
    >
      {(['magnitude', 'x', 'y', 'z'] as const).map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  );
}

/** Turns the phase, once in two seconds, until it is stopped. */
export function PhaseControl({ source, shown, change }: Props) {
  const [playing, setPlaying] = useState(false);
  const latest = useRef(change);
  latest.current = change;
  useEffect(() => {
    if (!playing) return;
    let frame = 0;
    const step = (time: number) => {
      latest.current({ phase: Math.round(((time / 2000) % 1) * 360) });
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [playing]);
  if (!source.arrays[shown.array]?.complex) return null;
  return (
    <span className="check">
      <button
        type="button"
        className="bare"
        aria-pressed={playing}
        onClick={() => {
          setPlaying(!playing);
          if (playing) change({ phase: undefined });
        }}
      >
        <Icon name={playing ? 'stop' : 'play'} size={13} /> Phase
      </button>
      <input
        type="range"
        aria-label="Phase"
        min={0}
        max={360}
        step={5}
        value={shown.phase ?? 0}
        onChange={(event) => change({ phase: Number(event.currentTarget.value) })}
      />
      <span className="mono phase">{shown.phase === undefined ? 'amplitude' : `${shown.phase}°`}</span>
    </span>
  );
}

export function ColourControls({ shown, change }: Props) {
  return (
    <>
      <select
        className="input narrow"
        aria-label="Colours"
        value={shown.map}
        onChange={(event) => change({ map: event.currentTarget.value as ColourMap })}
      >
        {(['turbo', 'viridis', 'coolwarm', 'grey'] as const).map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <select
        className="input narrow"
        aria-label="Scale"
        value={shown.decibels}
        onChange={(event) => change({ decibels: Number(event.currentTarget.value) })}
      >
        <option value={0}>linear</option>
        {[20, 40, 60].map((span) => (
          <option key={span} value={span}>{`${span} dB`}</option>
        ))}
      </select>
    </>
  );
}

/** An end of the scale; what is not a number goes back to what the field says. */
function End({ label, value, set }: { label: string; value: number; set: (value: number | undefined) => void }) {
  const text = formatNumber(value, 4);
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const done = () => {
    if (typed === text) return;
    const number = Number(typed);
    set(typed.trim() !== '' && Number.isFinite(number) ? number : undefined);
    setTyped(text);
  };
  return (
    <input
      className="input mono scale-end"
      aria-label={label}
      title={`${label}; empty: as the field says`}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === 'Enter' && done()}
    />
  );
}

/** The colours with their values; both ends can be set. */
export function Legend(props: Props & { range: [number, number]; unit: string }) {
  const { shown, range, unit, change } = props;
  const table = colourTable(shown.map);
  const stops = Array.from(
    { length: 17 },
    (_, step) => `rgb(${[0, 1, 2].map((c) => table[step * 15 * 4 + c]).join(' ')})`,
  );
  const top = Math.max(Math.abs(range[0]), Math.abs(range[1]));
  const markAt = (share: number) =>
    shown.decibels
      ? formatNumber(-shown.decibels * (1 - share), 3)
      : formatNumber(range[0] + (range[1] - range[0]) * share, 3);
  const set = (end: 'low' | 'high') => (value: number | undefined) => change({ [end]: value });
  return (
    <div className="legend">
      <div className="legend-bar" style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }} />
      <div className="legend-marks mono" aria-hidden="true">
        {[0.25, 0.5, 0.75].map((share) => (
          <span key={share}>{markAt(share)}</span>
        ))}
      </div>
      <div className="legend-ends">
        {shown.decibels ? (
          <span className="mono">−{shown.decibels} dB</span>
        ) : (
          <End label="Low end of the scale" value={range[0]} set={set('low')} />
        )}
        <span className="muted">{shown.decibels ? `0 dB = ${formatSI(top, unit, 4)}` : unit}</span>
        <End label="High end of the scale" value={range[1]} set={set('high')} />
      </div>
    </div>
  );
}
