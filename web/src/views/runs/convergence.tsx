import { useMemo, useState } from 'react';
import type { Trace } from '../../model/data/drawing';
import type { LiveCurve } from '../../model/project/runs';
import { humanize } from '../../model/schema';
import { Chart } from '../plot/chart';

/** The curves that a run draws while it computes, such as its energy; they stay with it. */
export function Convergence({ curves }: { curves: ReadonlyMap<string, LiveCurve> }) {
  const [picked, setPicked] = useState('');
  const names = [...curves.keys()];
  const name = names.includes(picked) ? picked : names[0];
  const curve = name === undefined ? undefined : curves.get(name);
  const traces = useMemo<Trace[]>(
    () => (curve ? [{ name: curve.name, x: Float64Array.from(curve.x), y: Float64Array.from(curve.y) }] : []),
    [curve],
  );
  if (!curve || curve.x.length < 2) return null;
  return (
    <figure className="convergence" aria-label={`Curve ${name}`}>
      {names.length > 1 && (
        <select
          className="input"
          aria-label="Curve"
          value={name}
          onChange={(event) => setPicked(event.currentTarget.value)}
        >
          {names.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      <Chart
        xName={humanize(curve.xName)}
        xUnit={curve.xUnit}
        yName={humanize(curve.name)}
        yUnit={curve.unit}
        traces={traces}
      />
    </figure>
  );
}
