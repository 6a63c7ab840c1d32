// The Smith chart, as a drawing that scales with its pane: wheel, drag and keys look closer, a click on a curve sets a marker.
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { colourOf } from '../../model/data/drawing';
import type { Marker } from '../../model/data/markers';
import { gammaAt, nearestSample, type Reflection, smithGrid } from '../../model/data/smith';
import {
  gammaText,
  impedanceText,
  isClose,
  type Look,
  referenceTexts,
  viewBox,
  WHOLE,
} from '../../model/data/smith-drawing';
import { formatSI } from '../../model/value';
import { useDark } from '../../parts/use-dark';
import { CLOSER, type Move, moveOf } from './keys';

const CLOSEST = 40;
/** Pixels of letters, of markers, and how near the pointer takes a curve or a marker. */
const [LETTERS, DOT, NEAR, GRIP] = [10.5, 4, 14, 8];

/** How large a pixel is on the chart, which fits into its pane as a whole. */
function usePixel(svg: React.RefObject<SVGSVGElement | null>, look: Look): number {
  const [size, setSize] = useState({ width: 600, height: 600 });
  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: Math.max(1, element.clientWidth), height: Math.max(1, element.clientHeight) }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [svg]);
  const [, , width, height] = viewBox(look);
  return Math.max(width / size.width, height / size.height);
}

function Grid({ look, pixel }: { look: Look; pixel: number }) {
  const grid = smithGrid(isClose(look));
  return (
    <g className="smith-grid" fontSize={LETTERS * pixel}>
      {grid.circles.map(({ cx, r }) => (
        <circle key={r} cx={cx} cy={0} r={r} />
      ))}
      {grid.arcs.map((d) => (
        <path key={d} d={d} />
      ))}
      {grid.labels.map(({ x, y, text, end }) =>
        end ? (
          <text key={text} x={x} y={y} textAnchor="middle" dominantBaseline="middle">
            {text}
          </text>
        ) : (
          <text key={text} x={x + 2 * pixel} y={-3 * pixel}>
            {text}
          </text>
        ),
      )}
    </g>
  );
}

/** The point of the disc under the pointer. */
function pointAt(svg: SVGSVGElement, event: { clientX: number; clientY: number }): [number, number] {
  const matrix = svg.getScreenCTM()?.inverse();
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
  return [point.x, -point.y];
}

/** Looks closer or from further off, and keeps a point of the disc where it is seen. */
function closer(look: Look, factor: number, [u, v]: [number, number]): Look {
  const scale = Math.min(CLOSEST, Math.max(1, look.scale / factor));
  if (scale === 1) return WHOLE;
  const kept = look.scale / scale;
  return { u: u + (look.u - u) * kept, v: v + (look.v - v) * kept, scale };
}

function moveBy(look: Look, move: Move): Look {
  if (move.kind === 'whole') return WHOLE;
  if (move.kind === 'zoom') return closer(look, move.factor, [look.u, look.v]);
  if (look.scale === 1) return look;
  const [, , width, height] = viewBox(look);
  return move.axis === 'x' ? { ...look, u: look.u + move.by * width } : { ...look, v: look.v + move.by * height };
}

/** Zooms by the wheel, around the point under the pointer. */
function useWheel(svg: React.RefObject<SVGSVGElement | null>, set: (change: (look: Look) => Look) => void): void {
  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const point = pointAt(element, event);
      set((look) => closer(look, event.deltaY < 0 ? CLOSER : 1 / CLOSER, point));
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, [svg, set]);
}

export interface SmithProps {
  curves: readonly Reflection[];
  markers: readonly Marker[];
  mark: (x: number) => void;
  move: (id: number, x: number) => void;
  look: Look;
  setLook: (change: (look: Look) => Look) => void;
}

interface Held {
  /** Marker that is dragged; the chart itself where there is none. */
  marker?: { id: number; curve: number };
  from: [number, number];
  moved: boolean;
}

/** What the pointer does on the chart: reads, drags markers along their curve or the chart itself, sets markers. */
function usePointer({ curves, markers, mark, move, look, setLook }: SmithProps, pixel: number) {
  const [hover, setHover] = useState<{ curve: number; at: number }>();
  const held = useRef<Held>(undefined);
  const near = (point: [number, number]) => nearestSample(curves, point, NEAR * pixel);
  const grip = ([u, v]: [number, number]): Held['marker'] => {
    for (const { id, x } of markers) {
      for (const [curve, one] of curves.entries()) {
        const gamma = gammaAt(one, x);
        if (gamma && Math.hypot(gamma[0] - u, gamma[1] - v) < GRIP * pixel) return { id, curve };
      }
    }
    return undefined;
  };
  const down = (event: PointerEvent<SVGSVGElement>) => {
    if (event.button !== 0) return;
    const from = pointAt(event.currentTarget, event);
    const marker = grip(from);
    held.current = { from, moved: false, ...(marker ? { marker } : {}) };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const over = (event: PointerEvent<SVGSVGElement>) => {
    const point = pointAt(event.currentTarget, event);
    const now = held.current;
    if (!now) return setHover(near(point));
    const [du, dv] = [now.from[0] - point[0], now.from[1] - point[1]];
    now.moved ||= Math.hypot(du, dv) > 4 * pixel;
    if (now.marker) {
      const curve = curves[now.marker.curve];
      const found = curve && nearestSample([curve], point, Number.POSITIVE_INFINITY);
      if (found) move(now.marker.id, curve.x[found.at] as number);
    } else if (now.moved && look.scale > 1) {
      // The matrix follows the look: the point that was taken stays under the pointer.
      setLook((last) => ({ ...last, u: last.u + du, v: last.v + dv }));
    }
  };
  const up = (event: PointerEvent<SVGSVGElement>) => {
    const now = held.current;
    held.current = undefined;
    const found = now && !now.moved && !now.marker ? near(pointAt(event.currentTarget, event)) : undefined;
    const curve = found && curves[found.curve];
    if (found && curve) mark(curve.x[found.at] as number);
  };
  return { hover, leave: () => setHover(undefined), down, over, up };
}

function Dots({
  markers,
  curves,
  pixel,
  dark,
}: Pick<SmithProps, 'markers' | 'curves'> & { pixel: number; dark: boolean }) {
  return markers.flatMap((marker, index) =>
    curves.map((curve) => {
      const gamma = gammaAt(curve, marker.x);
      if (!gamma) return null;
      const [u, v] = [gamma[0], -gamma[1]];
      return (
        <g key={`${marker.id} ${curve.name}`} className="smith-marker">
          <circle cx={u} cy={v} r={DOT * pixel} fill={colourOf(curve.hue, dark)} />
          <text x={u + 5 * pixel} y={v - 5 * pixel} fontSize={LETTERS * pixel}>
            {index + 1}
          </text>
        </g>
      );
    }),
  );
}

export function Smith(props: SmithProps) {
  const { curves, markers, look, setLook } = props;
  const dark = useDark();
  const svg = useRef<SVGSVGElement>(null);
  useWheel(svg, setLook);
  const pixel = usePixel(svg, look);
  const { hover, leave, down, over, up } = usePointer(props, pixel);
  const shown = hover && curves[hover.curve];
  const [re, im] = hover && shown ? [shown.re[hover.at] as number, shown.im[hover.at] as number] : [0, 0];
  const whole = (event: MouseEvent) => {
    event.preventDefault();
    setLook(() => WHOLE);
  };
  const key = (event: KeyboardEvent) => {
    const move = moveOf(event);
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    setLook((last) => moveBy(last, move));
  };
  return (
    <div className="smith">
      <svg
        ref={svg}
        viewBox={viewBox(look).join(' ')}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys zoom and move
        tabIndex={0}
        onKeyDown={key}
        aria-label={`Smith chart: ${curves.map((one) => one.name).join(', ')}`}
        onPointerDown={down}
        onPointerMove={over}
        onPointerUp={up}
        onPointerLeave={leave}
        onDoubleClick={whole}
      >
        <Grid look={look} pixel={pixel} />
        {curves.map((curve) => (
          <polyline
            key={curve.name}
            points={Array.from(curve.re, (u, at) => `${u.toFixed(5)},${(-(curve.im[at] as number)).toFixed(5)}`).join(
              ' ',
            )}
            className="smith-curve"
            stroke={colourOf(curve.hue, dark)}
            strokeDasharray={curve.dash ? '6 4' : undefined}
          />
        ))}
        <Dots markers={markers} curves={curves} pixel={pixel} dark={dark} />
        {shown && <circle cx={re} cy={-im} r={DOT * pixel} fill={colourOf(shown.hue, dark)} />}
      </svg>
      <div className="smith-side">
        {curves.map(({ name, hue, dash }) => (
          <div key={name} className="with-icon">
            <svg className="smith-key" viewBox="0 0 18 4" aria-hidden="true">
              <path
                d="M0 2h18"
                stroke={colourOf(hue, dark)}
                strokeWidth="3"
                strokeDasharray={dash ? '5 3' : undefined}
              />
            </svg>
            {name}
          </div>
        ))}
        {curves.length === 0 && <p className="muted">No reflection is among the curves.</p>}
        {shown && hover && (
          <dl className="mono">
            <dt>at</dt>
            <dd>{formatSI(shown.x[hover.at] as number, shown.unit, 6)}</dd>
            <dt>Γ</dt>
            <dd>{gammaText(re, im)}</dd>
            <dt>{shown.reference === null ? 'z' : 'Z'}</dt>
            <dd>{impedanceText(re, im, shown.reference)}</dd>
          </dl>
        )}
        {referenceTexts(curves).map((text) => (
          <p key={text} className="muted">
            {text}
          </p>
        ))}
        {look.scale > 1 && (
          <button type="button" className="bare outlined" onClick={() => setLook(() => WHOLE)}>
            All of the chart
          </button>
        )}
      </div>
    </div>
  );
}
