import { locate } from '../../model/data/sampling';

/** What is shown of a plane. */
export interface Plane {
  /** Coordinates of the grid lines along the plane's two directions. */
  u: Float64Array;
  v: Float64Array;
  /** Values, u fastest. */
  values: Float32Array;
}

const MARGIN = 14;

interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  scale: number;
}

function frameOf(canvas: HTMLCanvasElement, plane: Plane): Frame {
  const width = (plane.u[plane.u.length - 1] ?? 1) - (plane.u[0] ?? 0) || 1;
  const height = (plane.v[plane.v.length - 1] ?? 1) - (plane.v[0] ?? 0) || 1;
  const scale = Math.min((canvas.clientWidth - 2 * MARGIN) / width, (canvas.clientHeight - 2 * MARGIN) / height);
  return {
    left: (canvas.clientWidth - width * scale) / 2,
    top: (canvas.clientHeight - height * scale) / 2,
    width: width * scale,
    height: height * scale,
    scale,
  };
}

/** The value of a plane between its lines, by straight lines in both directions. */
export function sample(plane: Plane, u: number, v: number): number {
  const [i, a] = locate(plane.u, u);
  const [j, b] = locate(plane.v, v);
  const columns = plane.u.length;
  const value = (di: number, dj: number) =>
    plane.values[Math.min(plane.v.length - 1, j + dj) * columns + Math.min(columns - 1, i + di)] as number;
  return (value(0, 0) * (1 - a) + value(1, 0) * a) * (1 - b) + (value(0, 1) * (1 - a) + value(1, 1) * a) * b;
}

/** Paints a plane true to scale; u to the right, v upwards. */
export function draw(
  canvas: HTMLCanvasElement,
  plane: Plane,
  index: (value: number) => number,
  table: Uint8ClampedArray,
): void {
  const ratio = Math.min(2, window.devicePixelRatio);
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  const context = canvas.getContext('2d');
  if (!context) return;
  const frame = frameOf(canvas, plane);
  // Twice coarser than the screen is enough for a field, and four times quicker.
  const [columns, rows] = [Math.max(1, Math.ceil(frame.width / 1.5)), Math.max(1, Math.ceil(frame.height / 1.5))];
  const image = new ImageData(columns, rows);
  const [u0, v0] = [plane.u[0] ?? 0, plane.v[0] ?? 0];
  for (let row = 0; row < rows; row += 1) {
    const v = v0 + (1 - (row + 0.5) / rows) * (frame.height / frame.scale);
    for (let column = 0; column < columns; column += 1) {
      const u = u0 + ((column + 0.5) / columns) * (frame.width / frame.scale);
      const from = index(sample(plane, u, v)) * 4;
      image.data.set(table.subarray(from, from + 4), (row * columns + column) * 4);
    }
  }
  const buffer = document.createElement('canvas');
  buffer.width = columns;
  buffer.height = rows;
  buffer.getContext('2d')?.putImageData(image, 0, 0);
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = true;
  context.drawImage(buffer, frame.left, frame.top, frame.width, frame.height);
  context.strokeStyle = getComputedStyle(canvas).getPropertyValue('--line');
  context.strokeRect(frame.left, frame.top, frame.width, frame.height);
}

export interface Spot {
  u: number;
  v: number;
  value: number;
}

/** The value under the pointer; none outside of the plane. */
export function spotAt(canvas: HTMLCanvasElement, plane: Plane, x: number, y: number): Spot | undefined {
  const frame = frameOf(canvas, plane);
  if (x < frame.left || y < frame.top || x > frame.left + frame.width || y > frame.top + frame.height) return undefined;
  const u = (plane.u[0] ?? 0) + (x - frame.left) / frame.scale;
  const v = (plane.v[0] ?? 0) + (frame.top + frame.height - y) / frame.scale;
  return { u, v, value: sample(plane, u, v) };
}
