import { useMemo, useState } from 'react';
import type { Series } from '../../model/data/series';
import type { LiveCurve } from '../../model/project/runs';
import { Chart } from '../plot/chart';

/** The curves that a run draws while it computes, such as its energy. */
export function Convergence({ curves }: { curves: ReadonlyMap<string, LiveCurve> }) {
  const [picked, setPicked] = useState('');
  const names = [...curves.keys()];
  const name = names.includes(picked) ? picked : names[0];
  const curve = name === undefined ? undefined : curves.get(name);
  const series = useMemo<Series>(
    () => ({
      x: { name: 'step', unit: '' },
      curves: curve && name ? [{ name, unit: '', x: Float64Array.from(curve.x), re: Float64Array.from(curve.y) }] : [],
    }),
    [curve, name],
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
        xName=""
        xUnit=""
        yName={name ?? ''}
        yUnit=""
        traces={series.curves.map((one) => ({ name: one.name, x: one.x, y: one.re }))}
      />
    </figure>
  );
}
