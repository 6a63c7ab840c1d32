// A plot of curves by uPlot: wheel and drag zoom, cursor with the values of all curves, markers.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { COLOURS, prefixFor, type Trace } from '../../model/data/drawing';
import { interpolate } from '../../model/data/series';
import { formatNumber, formatSI } from '../../model/value';
import { useDark } from '../../parts/use-dark';

export interface ChartProps {
  xName: string;
  xUnit: string;
  yName: string;
  yUnit: string;
  traces: readonly Trace[];
  markers?: readonly number[];
  mark?: (x: number) => void;
  /** Gets the canvas, for a picture. */
  canvas?: (canvas: HTMLCanvasElement | undefined) => void;
}

const DARK_COLOURS = ['#5aa6ee', '#f08c5a', '#5fcf90', '#bb8cf0', '#f07878', '#4cc5d0', '#d8b250', '#a9b4c0'];

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

function wheelZoom(plot: uPlot): void {
  plot.over.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { min = 0, max = 1 } = plot.scales.x ?? {};
      if (min === null || max === null) return;
      const at = plot.posToVal(event.offsetX, 'x');
      const factor = event.deltaY < 0 ? 0.8 : 1.25;
      plot.setScale('x', { min: at - (at - (min as number)) * factor, max: at + ((max as number) - at) * factor });
    },
    { passive: false },
  );
}

function drawMarkers(plot: uPlot, props: ChartProps, colours: string[], text: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px sans-serif`;
  for (const [number, x] of (props.markers ?? []).entries()) {
    const px = plot.valToPos(x, 'x', true);
    if (px < bbox.left || px > bbox.left + bbox.width) continue;
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
      ctx.fillStyle = colours[(trace.hue ?? index) % colours.length] as string;
      ctx.beginPath();
      ctx.arc(px, plot.valToPos(y, 'y', true), 3.5 * devicePixelRatio, 0, 7);
      ctx.fill();
    });
  }
  ctx.restore();
}

/** `live` holds the props of the moment, for what may change while the plot stays. */
function options(live: { current: ChartProps }, dark: boolean, element: HTMLElement): uPlot.Options {
  const props = live.current;
  const colours = dark ? DARK_COLOURS : COLOURS;
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
  let down: [number, number] | undefined;
  return {
    width: Math.max(120, element.clientWidth),
    height: Math.max(80, element.clientHeight),
    scales: { x: { time: false } },
    legend: {
      show: props.traces.length > 0,
      live: true,
      markers: { dash: (_, series) => (props.traces[series - 1]?.dash ? 'dashed' : 'solid') },
    },
    cursor: { drag: { x: true, y: true, uni: 30 }, points: { size: 6 } },
    axes: [
      { ...axis(props.xName, xScale), size: 28 },
      { ...axis(props.yName, yScale), size: 58 },
    ],
    series: [
      { label: props.xName || 'x', value: (_, value) => (value === null ? '–' : formatSI(value, props.xUnit, 6)) },
      ...props.traces.map((trace, index) => ({
        label: trace.name,
        stroke: colours[(trace.hue ?? index) % colours.length] as string,
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
          wheelZoom(plot);
          plot.over.addEventListener('pointerdown', (event) => (down = [event.clientX, event.clientY]));
          plot.over.addEventListener('pointerup', (event) => {
            const still = down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 4;
            if (still && event.button === 0) live.current.mark?.(plot.posToVal(event.offsetX, 'x'));
          });
        },
      ],
      draw: [(plot) => drawMarkers(plot, live.current, colours, text)],
    },
  };
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const range = useRef<{ key: string; min: number; max: number } | undefined>(undefined);
  const { traces, markers, xName, yName, yUnit, canvas } = props;
  const live = useRef(props);
  live.current = props;
  const drawn = useRef<uPlot>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made anew when what it draws changes
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const plot = new uPlot(options(live, dark, element), joined(traces), element);
    drawn.current = plot;
    const resize = () => {
      const legend = element.querySelector<HTMLElement>('.u-legend')?.offsetHeight ?? 0;
      plot.setSize({ width: Math.max(120, element.clientWidth), height: Math.max(80, element.clientHeight - legend) });
    };
    const key = `${xName} ${traces.length > 0 ? `${traces[0]?.x[0]} ${traces[0]?.x.at(-1)}` : ''}`;
    if (range.current?.key === key) plot.setScale('x', range.current);
    resize();
    canvas?.(plot.ctx.canvas);
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    return () => {
      const { min, max } = plot.scales.x ?? {};
      if (typeof min === 'number' && typeof max === 'number') range.current = { key, min, max };
      observer.disconnect();
      canvas?.(undefined);
      drawn.current = undefined;
      plot.destroy();
    };
  }, [traces, xName, yName, yUnit, dark]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: markers are drawn over the plot that is there
  useEffect(() => drawn.current?.redraw(false), [markers]);
  return (
    <div
      className="chart"
      ref={place}
      role="img"
      aria-label={`${yName} over ${xName}: ${traces.map((trace) => trace.name).join(', ')}`}
    />
  );
}
