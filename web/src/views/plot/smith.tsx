// The Smith chart, as a drawing that scales with its pane.
import { type PointerEvent, useMemo, useState } from 'react';
import { COLOURS } from '../../model/data/drawing';
import { impedance as impedanceOf, reactanceEnd, resistanceCircle } from '../../model/data/smith';
import { formatNumber, formatSI } from '../../model/value';
import type { Layer } from './use-series';

const RESISTANCES = [0, 0.2, 0.5, 1, 2, 5];
const REACTANCES = [0.2, 0.5, 1, 2, 5];

function Chart() {
  return (
    <g className="smith-grid">
      <path d="M-1 0H1" />
      {RESISTANCES.map((r) => {
        const circle = resistanceCircle(r);
        return <circle key={r} cx={circle.cx} cy={0} r={circle.r} />;
      })}
      {REACTANCES.flatMap((x) =>
        [x, -x].map((one) => {
          const [u, v] = reactanceEnd(one);
          return <path key={one} d={`M1 0A${1 / x} ${1 / x} 0 0 ${one > 0 ? 1 : 0} ${u} ${-v}`} />;
        }),
      )}
      {RESISTANCES.slice(1).map((r) => (
        <text key={r} x={(r - 1) / (r + 1) + 0.01} y={-0.012}>
          {r}
        </text>
      ))}
      {REACTANCES.flatMap((x) =>
        [x, -x].map((one) => {
          const [u, v] = reactanceEnd(one);
          return (
            <text key={one} x={u * 1.05} y={-v * 1.05} textAnchor="middle" dominantBaseline="middle">
              {one > 0 ? '' : '−'}j{x}
            </text>
          );
        }),
      )}
    </g>
  );
}

/** `S11` and `S(out,out)`, and what is not named like an S-parameter at all. */
function isReflection(name: string): boolean {
  const [, to, from] = /^S(?:(\d)(\d)|\((.+),(.+)\))$/i.exec(name)?.filter((part) => part !== undefined) ?? [];
  return to === from;
}

export function Smith({
  layers,
  off,
  impedance,
}: {
  layers: readonly Layer[];
  off: ReadonlySet<string>;
  impedance: number;
}) {
  const [hover, setHover] = useState<{ curve: number; at: number }>();
  const names = [...new Set(layers.flatMap((layer) => layer.series.curves.map((curve) => curve.name)))];
  const order = names.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names follow from the layers
  const curves = useMemo(
    () =>
      layers.flatMap((layer) =>
        layer.series.curves
          // Only reflections belong on the chart.
          .filter((curve) => curve.im && !off.has(curve.name) && isReflection(curve.name))
          .map((curve) => ({
            curve,
            name: layer.label ? `${curve.name} · ${layer.label}` : curve.name,
            dash: layer.version !== '',
            hue: names.indexOf(curve.name),
          })),
      ),
    [layers, off, order],
  );
  const near = (event: PointerEvent<SVGSVGElement>) => {
    const matrix = event.currentTarget.getScreenCTM()?.inverse();
    if (!matrix) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    let best: { curve: number; at: number } | undefined;
    let least = 0.06;
    for (const [number, { curve }] of curves.entries()) {
      for (let at = 0; at < curve.x.length; at += 1) {
        const distance = Math.hypot((curve.re[at] as number) - point.x, -(curve.im?.[at] as number) - point.y);
        if (distance < least) [least, best] = [distance, { curve: number, at }];
      }
    }
    setHover(best);
  };
  const shown = hover && curves[hover.curve];
  const [re, im] = hover && shown ? [shown.curve.re[hover.at] as number, shown.curve.im?.[hover.at] as number] : [0, 0];
  const [r, x] = impedanceOf(re, im);
  return (
    <div className="smith">
      <svg
        viewBox="-1.15 -1.12 2.3 2.24"
        role="img"
        aria-label={`Smith chart: ${curves.map((one) => one.name).join(', ')}`}
        onPointerMove={near}
        onPointerLeave={() => setHover(undefined)}
      >
        <Chart />
        {curves.map(({ curve, name, dash, hue }) => (
          <polyline
            key={name}
            points={Array.from(curve.re, (a, at) => `${a.toFixed(4)},${(-(curve.im?.[at] as number)).toFixed(4)}`).join(
              ' ',
            )}
            fill="none"
            stroke={COLOURS[hue % COLOURS.length]}
            strokeWidth="0.009"
            strokeDasharray={dash ? '0.03 0.02' : undefined}
          />
        ))}
        {shown && <circle cx={re} cy={-im} r="0.02" fill={COLOURS[shown.hue % COLOURS.length]} />}
      </svg>
      <div className="smith-side">
        {curves.map(({ name, hue }) => (
          <div key={name} className="with-icon">
            <i style={{ background: COLOURS[hue % COLOURS.length] }} />
            {name}
          </div>
        ))}
        {curves.length === 0 && <p className="muted">No reflection is among the curves.</p>}
        {shown && hover && (
          <dl className="mono">
            <dt>at</dt>
            <dd>{formatSI(shown.curve.x[hover.at] as number, 'Hz', 6)}</dd>
            <dt>Γ</dt>
            <dd>
              {formatNumber(re, 4)} {im < 0 ? '−' : '+'} j{formatNumber(Math.abs(im), 4)}
            </dd>
            <dt>Z</dt>
            <dd>
              {formatNumber(r * impedance, 4)} {x < 0 ? '−' : '+'} j{formatNumber(Math.abs(x * impedance), 4)} Ω
            </dd>
          </dl>
        )}
        <p className="muted">Reference {formatNumber(impedance)} Ω</p>
      </div>
    </div>
  );
}
