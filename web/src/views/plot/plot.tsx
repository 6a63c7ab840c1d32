// 1-D results: several curves and several versions over each other, in the form that the user wants.
import { useMemo, useRef, useState } from 'react';
import { plotSvg, type Trace } from '../../model/data/drawing';
import {
  type Curve,
  interpolate,
  isComplex,
  type Part,
  partOf,
  type Series,
  toCsv,
  unitOf,
} from '../../model/data/series';
import { parseTouchstone, toTouchstone } from '../../model/data/touchstone';
import { formatSI, propertiesOf } from '../../model/value';
import { choose, fileName, save } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenuUnder } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { useStore } from '../../parts/use-store';
import { useDesk } from '../../shell/workspace/context';
import { Chart } from './chart';
import { Smith } from './smith';
import { type Layer, useSeries } from './use-series';

const COMPLEX_PARTS: Part[] = [
  'dB',
  'magnitude',
  'phase',
  'phase unwrapped',
  'real',
  'imaginary',
  'vswr',
  'group delay',
];
const REAL_PARTS: Part[] = ['real', 'dB', 'magnitude'];
const WORDS: Partial<Record<Part, string>> = {
  dB: 'dB',
  magnitude: 'Linear',
  vswr: 'VSWR',
  real: 'Real',
  imaginary: 'Imaginary',
  phase: 'Phase',
  'phase unwrapped': 'Phase, unwrapped',
  'group delay': 'Group delay',
};

type Shape = Part | 'smith';

function named(layer: Layer, curve: Curve): string {
  return layer.label ? `${curve.name} · ${layer.label}` : curve.name;
}

/** A word as it stands at an axis; single letters are symbols. */
const titled = (name: string) => (name.length > 2 ? name.charAt(0).toUpperCase() + name.slice(1) : name);

/** What stands at the upright axis. */
function axisName(part: Part, complex: boolean, names: readonly string[]): string {
  const one = names.length === 1 ? (names[0] ?? '') : '';
  if (part === 'dB' || part === 'magnitude') return complex ? 'Magnitude' : one || 'Magnitude';
  if (part === 'real' && !complex) return one || 'Value';
  return WORDS[part] ?? part;
}

function Markers({
  traces,
  markers,
  unit,
  xUnit,
  clear,
}: {
  traces: readonly Trace[];
  markers: readonly number[];
  unit: string;
  xUnit: string;
  clear: () => void;
}) {
  if (markers.length === 0) return null;
  return (
    <div className="markers scroll">
      <table className="grid">
        <thead>
          <tr>
            <th>Marker</th>
            {traces.map((trace) => (
              <th key={trace.name}>{trace.name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {markers.map((x, index) => (
            <tr key={x}>
              <td className="mono">
                {index + 1}: {formatSI(x, xUnit, 6)}
              </td>
              {traces.map((trace) => {
                const y = interpolate(trace.x, trace.y, x);
                return (
                  <td key={trace.name} className="mono">
                    {Number.isFinite(y) ? formatSI(y, unit, 5) : '–'}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" className="bare" onClick={clear}>
        Remove markers
      </button>
    </div>
  );
}

function useLayers(path: string): { layers: Layer[]; fault: string; add: (layer: Layer) => void } {
  const { layers, fault } = useSeries(path);
  const [files, setFiles] = useState<Layer[]>([]);
  const all = useMemo(() => [...layers, ...files], [layers, files]);
  return { layers: all, fault, add: (layer) => setFiles((list) => [...list, layer]) };
}

function measured(add: (layer: Layer) => void): void {
  choose('.s1p,.s2p,.s3p,.s4p,.ts', (file) => {
    file
      .text()
      .then((text) => add({ version: file.name, label: file.name, series: parseTouchstone(file.name, text) }))
      .catch((error: Error) => notify('bad', `${file.name} was not read`, error.message));
  });
}

export function PlotView({ path, view }: { path: string; view: string }) {
  const desk = useDesk();
  const entities = useStore(desk.session.entities);
  const compared = useStore(desk.session.compared);
  const { layers, fault, add } = useLayers(path);
  const complex = layers.some((layer) => isComplex(layer.series));
  const [picked, setPicked] = useState<Shape | undefined>(view === 'smith' ? 'smith' : undefined);
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const [markers, setMarkers] = useState<readonly number[]>([]);
  const canvas = useRef<HTMLCanvasElement>(undefined);
  const parts = complex ? COMPLEX_PARTS : REAL_PARTS;
  const shape: Shape = picked ?? (complex ? 'dB' : 'real');
  const part: Part = shape === 'smith' ? 'dB' : shape;
  const first = layers[0]?.series;
  const names = useMemo(
    () => [...new Set(layers.flatMap((layer) => layer.series.curves.map((curve) => curve.name)))],
    [layers],
  );
  const traces = useMemo<Trace[]>(
    () =>
      layers.flatMap((layer) =>
        layer.series.curves
          .filter((curve) => !off.has(curve.name))
          .map((curve) => ({
            name: named(layer, curve),
            x: curve.x,
            y: partOf(curve, part),
            dash: layer.version !== '',
            hue: names.indexOf(curve.name),
          })),
      ),
    [layers, off, part, names],
  );
  const unit = first?.curves[0] ? unitOf(part, first.curves[0]) : '';
  const axes = {
    xName: titled(first?.x.name || 'x'),
    xUnit: first?.x.unit || '',
    yName: axisName(part, complex, names),
    yUnit: unit,
  };
  const stem = fileName(path);
  const shownSeries: Series | undefined = first && { ...first, curves: first.curves };
  const reference = propertiesOf(entities.get(path)).reference_impedance;
  const impedance = Number(Array.isArray(reference) ? reference[0] : reference) || 50;
  const exports = (element: Element) =>
    openMenuUnder(element, [
      {
        label: 'PNG picture',
        icon: 'camera',
        disabled: !canvas.current,
        run: () => canvas.current?.toBlob((blob) => blob && save(`${stem}.png`, blob)),
      },
      { label: 'SVG drawing', icon: 'plot', run: () => save(`${stem}.svg`, plotSvg(traces, axes), 'image/svg+xml') },
      {
        label: 'CSV table',
        icon: 'table',
        run: () => save(`${stem}.csv`, toCsv(`${axes.xName} (${axes.xUnit})`, traces), 'text/csv'),
      },
      {
        label: 'Touchstone',
        icon: 'export',
        disabled: !complex || !shownSeries,
        run: () => {
          const text = shownSeries && toTouchstone(shownSeries, impedance);
          if (text) save(`${stem}.s${Math.round(Math.sqrt(shownSeries.curves.length))}p`, text, 'text/plain');
          else notify('bad', 'Not exported', 'These curves are no square matrix of S-parameters.');
        },
      },
    ]);
  return (
    <div className="plot">
      <div className="pane-bar">
        <div className="segments" role="radiogroup" aria-label="Form">
          {[...parts.slice(0, complex ? 3 : 2), ...(complex ? (['smith'] as const) : [])].map((one) => (
            // biome-ignore lint/a11y/useSemanticElements: drawn as a segmented button
            <button key={one} type="button" role="radio" aria-checked={shape === one} onClick={() => setPicked(one)}>
              {one === 'smith' ? 'Smith' : (WORDS[one] ?? one)}
            </button>
          ))}
        </div>
        {complex && (
          <select
            className="input narrow"
            aria-label="Other forms"
            value={parts.slice(3).includes(part) && shape !== 'smith' ? part : ''}
            onChange={(event) => setPicked((event.currentTarget.value || 'dB') as Shape)}
          >
            <option value="">More…</option>
            {parts.slice(3).map((one) => (
              <option key={one} value={one}>
                {WORDS[one] ?? one}
              </option>
            ))}
          </select>
        )}
        <span className="curve-names">
          {names.length > 1 &&
            names.slice(0, 16).map((name) => (
              <button
                key={name}
                type="button"
                className="bare outlined"
                aria-pressed={!off.has(name)}
                onClick={() =>
                  setOff((set) => {
                    const next = new Set(set);
                    if (!next.delete(name)) next.add(name);
                    return next;
                  })
                }
              >
                {name}
              </button>
            ))}
        </span>
        {compared.length > 0 && (
          <button type="button" className="bare" onClick={() => desk.session.compared.set([])}>
            {compared.length} more version{compared.length > 1 ? 's' : ''} <Icon name="close" size={12} />
          </button>
        )}
        <button
          type="button"
          className="bare"
          title="Lay a Touchstone file over the plot"
          onClick={() => measured(add)}
        >
          <Icon name="import" size={14} /> Measured
        </button>
        <button type="button" className="bare" aria-haspopup="menu" onClick={(event) => exports(event.currentTarget)}>
          <Icon name="export" size={14} /> Export
        </button>
      </div>
      {fault && layers.length === 0 && <p className="empty">{fault}</p>}
      {layers.length > 0 && shape === 'smith' && <Smith layers={layers} off={off} impedance={impedance} />}
      {layers.length > 0 && shape !== 'smith' && (
        <>
          <Chart
            {...axes}
            traces={traces}
            markers={markers}
            mark={(x) => setMarkers((list) => [...list.slice(-7), x])}
            canvas={(element) => {
              canvas.current = element;
            }}
          />
          <Markers traces={traces} markers={markers} unit={unit} xUnit={axes.xUnit} clear={() => setMarkers([])} />
        </>
      )}
    </div>
  );
}
