// A plot of curves by uPlot: wheel, drag and keys zoom, cursor with the values of all curves, markers that can be dragged.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { colourOf, prefixFor, type Trace } from '../../model/data/drawing';
import type { Marker, Range } from '../../model/data/markers';
import type { Seen } from '../../model/data/plot-drawing';
import { interpolate } from '../../model/data/series';
import { formatNumber, formatSI } from '../../model/value';
import { useDark } from '../../parts/use-dark';
import { CLOSER, type Move, moveOf } from './keys';

export interface ChartProps {
  xName: string;
  xUnit: string;
  yName: string;
  yUnit: string;
  traces: readonly Trace[];
  markers?: readonly Marker[];
  mark?: (x: number) => void;
  move?: (id: number, x: number) => void;
  /** Gets what tells the part that is seen, for exports and for lowest and highest values. */
  seen?: (look: (() => Seen | undefined) | undefined) => void;
}

/** What the user has zoomed to; the rest follows the data. */
interface Zoom {
  x?: Range;
  y?: Range;
}

/** How near to a marker's line the pointer takes it, in pixels. */
const GRIP = 6;

function joined(traces: readonly Trace[]): uPlot.AlignedData {
  const first = traces[0];
  if (!first) return [[]];
  const same = traces.every(
    (trace) =>
      trace.x === first.x || (trace.x.length === first.x.length && trace.x.every((x, at) => x === first.x[at])),
  );
  const gap = (y: Float64Array) => Array.from(y, (value) => (Number.isFinite(value) ? value : null));
  if (same) return [Array.from(first.x), ...traces.map((trace) => gap(trace.y))] as uPlot.AlignedData;
  return uPlot.join(traces.map((trace): uPlot.AlignedData => [Array.from(trace.x), gap(trace.y)]));
}

function largest(traces: readonly Trace[], of: 'x' | 'y'): number {
  let most = 0;
  for (const trace of traces)
    for (const value of trace[of]) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}

const rangeOf = (scale: uPlot.Scale | undefined): Range | undefined =>
  typeof scale?.min === 'number' && typeof scale.max === 'number' ? [scale.min, scale.max] : undefined;

function setRange(plot: uPlot, zoom: Zoom, axis: 'x' | 'y', [min, max]: Range): void {
  zoom[axis] = [min, max];
  plot.setScale(axis, { min, max });
}

function moveBy(plot: uPlot, zoom: Zoom, move: Move): void {
  if (move.kind === 'whole') {
    showAll(zoom);
    // Given the same data again, a plot finds its ranges anew.
    plot.setData(plot.data);
    return;
  }
  const range = rangeOf(plot.scales[move.axis]);
  if (!range) return;
  const [middle, half] = [(range[0] + range[1]) / 2, (range[1] - range[0]) / 2];
  const [at, reach] =
    move.kind === 'pan' ? [middle + 2 * half * move.by, half] : ([middle, half * move.factor] as const);
  setRange(plot, zoom, move.axis, [at - reach, at + reach]);
}

function showAll(zoom: Zoom): void {
  zoom.x = undefined;
  zoom.y = undefined;
}

/** The wheel zooms along, with Shift upright; what was zoomed by hand is noted, for the plot that comes after this one. */
function zooming(plot: uPlot, zoom: Zoom): void {
  plot.over.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const axis = event.shiftKey ? 'y' : 'x';
      const range = rangeOf(plot.scales[axis]);
      if (!range) return;
      const at = plot.posToVal(axis === 'x' ? event.offsetX : event.offsetY, axis);
      // With Shift some browsers tell a wheel that turns sideways.
      const factor = (event.deltaY || event.deltaX) < 0 ? CLOSER : 1 / CLOSER;
      setRange(plot, zoom, axis, range.map((end) => at + (end - at) * factor) as Range);
    },
    { passive: false },
  );
}

/** Notes which axes a drag zooms; uPlot sets them right after. */
function noteSelection(plot: uPlot, zoom: Zoom): void {
  const { left, top, width, height } = plot.select;
  if (width > 0 && width < plot.over.clientWidth) zoom.x = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
  if (height > 0 && height < plot.over.clientHeight)
    zoom.y = [plot.posToVal(top + height, 'y'), plot.posToVal(top, 'y')];
}

/** A click sets a marker, a drag that begins at one moves it. */
class Grip {
  private held: number | undefined;
  private down: [number, number] | undefined;

  constructor(private readonly live: { current: ChartProps }) {}

  private under(plot: uPlot, event: MouseEvent): number | undefined {
    const { markers = [], move } = this.live.current;
    if (!move) return undefined;
    return markers.find((marker) => Math.abs(plot.valToPos(marker.x, 'x') - event.offsetX) <= GRIP)?.id;
  }

  /** Whether a drag is one of a marker, and not one that zooms. */
  takes = (plot: uPlot, event: MouseEvent) => event.button === 0 && this.under(plot, event) !== undefined;

  listen(plot: uPlot): void {
    const { over } = plot;
    over.addEventListener('pointerdown', (event) => {
      this.down = [event.clientX, event.clientY];
      if (event.button !== 0) return;
      this.held = this.under(plot, event);
      if (this.held !== undefined) over.setPointerCapture(event.pointerId);
    });
    over.addEventListener('pointermove', (event) => {
      over.style.cursor = this.held !== undefined || this.under(plot, event) !== undefined ? 'ew-resize' : '';
      if (this.held === undefined) return;
      const within = Math.min(over.clientWidth, Math.max(0, event.offsetX));
      this.live.current.move?.(this.held, plot.posToVal(within, 'x'));
    });
    over.addEventListener('pointerup', (event) => {
      const still = this.down && Math.hypot(event.clientX - this.down[0], event.clientY - this.down[1]) < 4;
      if (this.held === undefined && still && event.button === 0)
        this.live.current.mark?.(plot.posToVal(event.offsetX, 'x'));
      this.held = undefined;
    });
    over.addEventListener('pointercancel', () => {
      this.held = undefined;
    });
  }
}

function drawMarkers(plot: uPlot, props: ChartProps, dark: boolean, text: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${11 * devicePixelRatio}px sans-serif`;
  for (const [number, { x }] of (props.markers ?? []).entries()) {
    const px = plot.valToPos(x, 'x', true);
    ctx.strokeStyle = text;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(px, bbox.top);
    ctx.lineTo(px, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = text;
    ctx.fillText(`${number + 1}`, px + 4, bbox.top + 12 * devicePixelRatio);
    props.traces.forEach((trace, index) => {
      const y = interpolate(trace.x, trace.y, x);
      if (!Number.isFinite(y)) return;
      ctx.fillStyle = colourOf(trace.hue ?? index, dark);
      ctx.beginPath();
      ctx.arc(px, plot.valToPos(y, 'y', true), 3.5 * devicePixelRatio, 0, 7);
      ctx.fill();
    });
  }
  ctx.restore();
}

/** `live` holds the props of the moment, for what may change while the plot stays. */
function options(live: { current: ChartProps }, zoom: Zoom, dark: boolean, element: HTMLElement): uPlot.Options {
  const props = live.current;
  const grip = new Grip(live);
  const style = getComputedStyle(element);
  const text = style.getPropertyValue('--text-2');
  const line = style.getPropertyValue('--line-soft');
  const xScale = prefixFor(largest(props.traces, 'x'), props.xUnit);
  const yScale = prefixFor(largest(props.traces, 'y'), props.yUnit);
  const axis = (name: string, scale: { factor: number; unit: string }): uPlot.Axis => ({
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    font: '11px sans-serif',
    labelFont: '12px sans-serif',
    label: name && scale.unit ? `${name} / ${scale.unit}` : name,
    labelSize: name ? 20 : 0,
    // An axis without a name has no room for its unit but beside the last number.
    values: (_, splits) =>
      splits.map((value, at) => {
        if (value === null) return '';
        const unit = !name && scale.unit && at === splits.length - 1 ? ` × ${scale.unit}` : '';
        return formatNumber(value / scale.factor, 6) + unit;
      }),
  });
  return {
    width: Math.max(120, element.clientWidth),
    height: Math.max(80, element.clientHeight),
    // An upright zoom stays where one goes along.
    scales: { x: { time: false }, y: { auto: () => zoom.y === undefined } },
    legend: {
      show: props.traces.length > 0,
      live: true,
      markers: { dash: (_, series) => (props.traces[series - 1]?.dash ? 'dashed' : 'solid') },
    },
    cursor: {
      drag: { x: true, y: true, uni: 30 },
      points: { size: 6 },
      bind: {
        mousedown: (plot, _, begin) => (event) => {
          if (!grip.takes(plot, event)) begin(event);
          return null;
        },
        dblclick: (_, __, widen) => (event) => {
          showAll(zoom);
          widen(event);
          return null;
        },
      },
    },
    axes: [
      { ...axis(props.xName, xScale), size: 28 },
      { ...axis(props.yName, yScale), size: 58 },
    ],
    series: [
      { label: props.xName || 'x', value: (_, value) => (value === null ? '–' : formatSI(value, props.xUnit, 6)) },
      ...props.traces.map((trace, index) => ({
        label: trace.name,
        stroke: colourOf(trace.hue ?? index, dark),
        width: 1.6,
        spanGaps: true,
        ...(trace.dash ? { dash: [6, 4] } : {}),
        points: { show: trace.x.length < 12 },
        value: (_: uPlot, value: number | null) => (value === null ? '–' : formatSI(value, props.yUnit, 5)),
      })),
    ],
    hooks: {
      ready: [
        (plot) => {
          zooming(plot, zoom);
          grip.listen(plot);
        },
      ],
      setSelect: [(plot) => noteSelection(plot, zoom)],
      draw: [(plot) => drawMarkers(plot, live.current, dark, text)],
    },
  };
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const { traces, markers, xName, yName, xUnit, yUnit, seen } = props;
  const zoom = useRef<Zoom>({});
  const live = useRef(props);
  live.current = props;
  const drawn = useRef<uPlot>(undefined);
  // What was zoomed to means nothing on another axis.
  const axes = useRef({ x: '', y: '' });
  const [along, upright] = [`${xName} ${xUnit}`, `${yName} ${yUnit}`];
  if (axes.current.x !== along) zoom.current.x = undefined;
  if (axes.current.y !== upright) zoom.current.y = undefined;
  axes.current = { x: along, y: upright };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made anew when what it draws changes
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const plot = new uPlot(options(live, zoom.current, dark, element), joined(traces), element);
    drawn.current = plot;
    const resize = () => {
      const legend = element.querySelector<HTMLElement>('.u-legend')?.offsetHeight ?? 0;
      plot.setSize({ width: Math.max(120, element.clientWidth), height: Math.max(80, element.clientHeight - legend) });
    };
    for (const axis of ['x', 'y'] as const) {
      const [min, max] = zoom.current[axis] ?? [];
      if (min !== undefined && max !== undefined) plot.setScale(axis, { min, max });
    }
    resize();
    seen?.(() => {
      const [x, y] = [rangeOf(plot.scales.x), rangeOf(plot.scales.y)];
      return x && y && { x, y };
    });
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    return () => {
      observer.disconnect();
      seen?.(undefined);
      drawn.current = undefined;
      plot.destroy();
    };
  }, [traces, xName, yName, yUnit, dark]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: markers are drawn over the plot that is there
  useEffect(() => drawn.current?.redraw(false), [markers]);
  const key = (event: React.KeyboardEvent) => {
    const [move, plot] = [moveOf(event), drawn.current];
    if (!move || !plot) return;
    event.preventDefault();
    event.stopPropagation();
    moveBy(plot, zoom.current, move);
  };
  return (
    <div
      className="chart"
      ref={place}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys zoom and move
      tabIndex={0}
      onKeyDown={key}
      aria-label={`${yName} over ${xName}: ${traces.map((trace) => trace.name).join(', ')}`}
    />
  );
}
