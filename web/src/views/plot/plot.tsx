// 1-D results: several curves and several versions over each other, in the form that the user wants.
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Trace } from '../../model/data/drawing';
import { type Marker, type Range, withMarker, withPlace } from '../../model/data/markers';
import { type Axes, plotSvg, type Seen } from '../../model/data/plot-drawing';
import { isComplex, type Part, partOf, partsOf, unitOf } from '../../model/data/series';
import { type Look, smithColumns, smithSvg, WHOLE } from '../../model/data/smith-drawing';
import { parseTouchstone } from '../../model/data/touchstone';
import { choose, fileName } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenuUnder } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { useStore } from '../../parts/use-store';
import { download, failed } from '../../shell/workspace/commands';
import { useDesk } from '../../shell/workspace/context';
import { Chart } from './chart';
import { exportItems, type Network } from './exports';
import { Markers } from './markers';
import { named, readReflections, readTraces, reflectionsOf } from './readings';
import { Smith } from './smith';
import { type Layer, useSeries } from './use-series';

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

/** A word as it stands at an axis; single letters are symbols. */
const titled = (name: string) => (name.length > 2 ? name.charAt(0).toUpperCase() + name.slice(1) : name);

/** What stands at the upright axis. */
function axisName(part: Part, complex: boolean, names: readonly string[]): string {
  const one = names.length === 1 ? (names[0] ?? '') : '';
  if (part === 'dB' || part === 'magnitude') return complex ? 'Magnitude' : one || 'Magnitude';
  if (part === 'real' && !complex) return one || 'Value';
  return WORDS[part] ?? part;
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

function useMarkers() {
  const [markers, setMarkers] = useState<readonly Marker[]>([]);
  return {
    markers,
    mark: useCallback((x: number) => setMarkers((list) => withMarker(list, x)), []),
    move: useCallback((id: number, x: number) => setMarkers((list) => withPlace(list, id, x)), []),
    remove: useCallback((id: number) => setMarkers((list) => list.filter((marker) => marker.id !== id)), []),
    clear: useCallback(() => setMarkers([]), []),
  };
}

/** The curves of the layers in the form that is shown. */
function useCurves(layers: readonly Layer[], part: Part, off: ReadonlySet<string>) {
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
  const circled = useMemo(() => reflectionsOf(layers, names, off), [layers, names, off]);
  return { names, traces, circled };
}

/** From the first to the last of all values along. */
function extent(curves: readonly { x: Float64Array }[]): Range {
  return [
    Math.min(...curves.map(({ x }) => x[0] ?? Infinity)),
    Math.max(...curves.map(({ x }) => x[x.length - 1] ?? -Infinity)),
  ];
}

export function PlotView({ path, view }: { path: string; view: string }) {
  const desk = useDesk();
  const entities = useStore(desk.session.entities);
  const compared = useStore(desk.session.compared);
  const { layers, fault, add } = useLayers(path);
  const complex = layers.some((layer) => isComplex(layer.series));
  const [picked, setPicked] = useState<Shape | undefined>(view === 'smith' ? 'smith' : undefined);
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const [look, setLook] = useState<Look>(WHOLE);
  const marking = useMarkers();
  const seen = useRef<() => Seen | undefined>(undefined);
  const parts = useMemo(() => partsOf(layers.flatMap((layer) => layer.series.curves)), [layers]);
  const shape: Shape = picked ?? (complex ? 'dB' : 'real');
  const onSmith = shape === 'smith';
  const part: Part = onSmith ? 'dB' : shape;
  const first = layers[0]?.series;
  const { names, traces, circled } = useCurves(layers, part, off);
  const unit = first?.curves[0] ? unitOf(part, first.curves[0]) : '';
  const axes: Axes = {
    xName: titled(first?.x.name || 'x'),
    xUnit: first?.x.unit || '',
    yName: axisName(part, complex, names),
    yUnit: unit,
  };
  const range = (): Range => (onSmith ? extent(circled) : (seen.current?.()?.x ?? extent(traces)));
  const markMiddle = () => {
    const [from, to] = range();
    if (Number.isFinite(to - from)) marking.mark((from + to) / 2);
  };
  const { markers } = marking;
  const drawing = () =>
    onSmith ? smithSvg(circled, { look, markers }) : plotSvg(traces, axes, { seen: seen.current?.(), markers });
  const network = (): Network | undefined => {
    const series = layers.find((layer) => layer.version === '')?.series;
    const entity = entities.get(path);
    if (!series || !entity || !isComplex(series)) return undefined;
    const give = (blob: string) => void download(desk, entity, blob).catch(failed('Not exported'));
    return { series, blobs: entity.blobs, download: give };
  };
  const exports = () =>
    exportItems({
      stem: fileName(path),
      svg: drawing,
      xTitle: `${axes.xName} (${axes.xUnit})`,
      columns: onSmith ? smithColumns(circled) : traces,
      network: network(),
    });
  return (
    <div className="plot">
      <div className="pane-bar">
        {parts.length > 1 && (
          <div className="segments" role="radiogroup" aria-label="Form">
            {[...parts.slice(0, complex ? 3 : 2), ...(complex ? (['smith'] as const) : [])].map((one) => (
              // biome-ignore lint/a11y/useSemanticElements: drawn as a segmented button
              <button key={one} type="button" role="radio" aria-checked={shape === one} onClick={() => setPicked(one)}>
                {one === 'smith' ? 'Smith' : (WORDS[one] ?? one)}
              </button>
            ))}
          </div>
        )}
        {complex && (
          <select
            className="input narrow"
            aria-label="Other forms"
            value={parts.slice(3).includes(part) && !onSmith ? part : ''}
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
        <button type="button" className="bare" title="Set a marker; a click on the plot does too" onClick={markMiddle}>
          <Icon name="plus" size={14} /> Marker
        </button>
        <button
          type="button"
          className="bare"
          title="Lay a Touchstone file over the plot"
          onClick={() => measured(add)}
        >
          <Icon name="import" size={14} /> Measured
        </button>
        <button
          type="button"
          className="bare"
          aria-haspopup="menu"
          onClick={(event) => openMenuUnder(event.currentTarget, exports())}
        >
          <Icon name="export" size={14} /> Export
        </button>
      </div>
      {fault && layers.length === 0 && <p className="empty">{fault}</p>}
      {layers.length > 0 && onSmith && <Smith curves={circled} {...marking} look={look} setLook={setLook} />}
      {layers.length > 0 && !onSmith && (
        <Chart
          {...axes}
          traces={traces}
          {...marking}
          seen={(found) => {
            seen.current = found;
          }}
        />
      )}
      {layers.length > 0 && (
        <Markers
          {...marking}
          curves={onSmith ? readReflections(circled) : readTraces(traces, unit)}
          xUnit={axes.xUnit}
          seen={range}
        />
      )}
    </div>
  );
}
