// The markers of a plot as a table: their places, to be typed too, and what the curves have there.
import { useState } from 'react';
import { extremeAt, type Marker, parsePlace, type Range } from '../../model/data/markers';
import { formatSI } from '../../model/value';
import { Icon } from '../../parts/icon';
import { type MenuItem, openMenuUnder } from '../../parts/menu';

/** A curve as far as markers read it. */
export interface Read {
  name: string;
  x: Float64Array;
  /** What `lowest` means on it; not its dB on a Smith chart, where that is its size. */
  y: Float64Array;
  /** What it has at a place, and how that differs from what it has at another one. */
  at: (x: number) => string;
  against: (x: number, reference: number) => string;
}

export interface MarkersProps {
  markers: readonly Marker[];
  curves: readonly Read[];
  xUnit: string;
  /** What is seen along the axis: lowest and highest are looked for in it. */
  seen: () => Range;
  move: (id: number, x: number) => void;
  remove: (id: number) => void;
  clear: () => void;
}

function Place({
  marker,
  number,
  xUnit,
  move,
}: { marker: Marker; number: number } & Pick<MarkersProps, 'xUnit' | 'move'>) {
  const [typed, setTyped] = useState<string>();
  const [wrong, setWrong] = useState(false);
  const done = () => {
    const x = typed === undefined ? undefined : parsePlace(typed, xUnit);
    setWrong(typed !== undefined && x === undefined);
    if (x !== undefined) {
      move(marker.id, x);
      setTyped(undefined);
    }
  };
  return (
    <input
      className="input marker-place mono"
      aria-label={`Place of marker ${number}`}
      aria-invalid={wrong}
      title={wrong ? `A number, with ${xUnit || 'no unit'}` : undefined}
      value={typed ?? formatSI(marker.x, xUnit, 6)}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => {
        setTyped(undefined);
        setWrong(false);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

export function Markers({ markers, curves, xUnit, seen, move, remove, clear }: MarkersProps) {
  const [from, setFrom] = useState<number>();
  const reference = markers.find((marker) => marker.id === from);
  if (markers.length === 0) return null;
  const items = (marker: Marker): MenuItem[] => [
    ...curves.flatMap((curve) =>
      (['lowest', 'highest'] as const).map((which) => ({
        label: `To the ${which} of ${curve.name}`,
        run: () => {
          const x = extremeAt(curve, which, seen());
          if (x !== undefined) move(marker.id, x);
        },
      })),
    ),
    {
      label: from === marker.id ? 'Show values again' : 'Show the others against this one',
      icon: 'ruler',
      apart: true,
      run: () => setFrom(from === marker.id ? undefined : marker.id),
    },
    { label: 'Remove', icon: 'close', run: () => remove(marker.id) },
  ];
  return (
    <div className="markers scroll">
      <table className="grid">
        <thead>
          <tr>
            <th>Marker</th>
            {curves.map((curve) => (
              <th key={curve.name}>{curve.name}</th>
            ))}
            <th>
              <button type="button" className="bare" onClick={clear}>
                Remove all
              </button>
            </th>
          </tr>
        </thead>
        <tbody>
          {markers.map((marker, index) => {
            const against = reference && reference.id !== marker.id ? reference : undefined;
            return (
              <tr key={marker.id}>
                <td className="mono">
                  <span className="marker-name">
                    {index + 1}
                    <Place marker={marker} number={index + 1} xUnit={xUnit} move={move} />
                    {reference?.id === marker.id && <span className="badge accent">reference</span>}
                    {against && <span>Δ {formatSI(marker.x - against.x, xUnit, 5)}</span>}
                  </span>
                </td>
                {curves.map((curve) => (
                  <td key={curve.name} className="mono marker-value">
                    {against ? `Δ ${curve.against(marker.x, against.x)}` : curve.at(marker.x)}
                  </td>
                ))}
                <td className="last">
                  <button
                    type="button"
                    className="bare"
                    aria-label={`What can be done with marker ${index + 1}`}
                    aria-haspopup="menu"
                    onClick={(event) => openMenuUnder(event.currentTarget, items(marker))}
                  >
                    <Icon name="more" size={14} />
                  </button>
                  <button
                    type="button"
                    className="bare"
                    aria-label={`Remove marker ${index + 1}`}
                    onClick={() => remove(marker.id)}
                  >
                    <Icon name="close" size={12} />
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
