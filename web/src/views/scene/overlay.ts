// The axis cross, the scale and the labels, drawn over the picture after each frame.
import { Vector3 } from 'three';
import { roundBelow } from '../../model/data/drawing';
import { formatSI } from '../../model/value';
import type { SceneRenderer } from './renderer';

const AXES: [string, Vector3, string][] = [
  ['x', new Vector3(1, 0, 0), '#d64545'],
  ['y', new Vector3(0, 1, 0), '#2f9e52'],
  ['z', new Vector3(0, 0, 1), '#3b78d8'],
];

type Attributes = { [name: string]: string | number };

/** A node of the drawing; texts are never markup. */
function node(name: string, attributes: Attributes, ...inner: (Node | string)[]): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...inner);
  return made;
}

function cross(scene: SceneRenderer): SVGElement[] {
  const camera = scene.camera();
  const right = new Vector3().setFromMatrixColumn(camera.matrixWorld, 0);
  const up = new Vector3().setFromMatrixColumn(camera.matrixWorld, 1);
  const toEye = scene.orbit.direction();
  return [...AXES]
    .sort((a, b) => a[1].dot(toEye) - b[1].dot(toEye))
    .map(([name, axis, colour]) => {
      const [x, y] = [axis.dot(right) * 30, -axis.dot(up) * 30];
      const place = { x: (x * 1.32).toFixed(1), y: (y * 1.32 + 4).toFixed(1) };
      return node(
        'g',
        { stroke: colour, fill: colour },
        node('path', { d: `M0 0L${x.toFixed(1)} ${y.toFixed(1)}`, 'stroke-width': 2.5 }),
        node('text', { ...place, stroke: 'none', 'text-anchor': 'middle' }, name),
      );
    });
}

function scale(scene: SceneRenderer, height: number): SVGElement {
  const pixel = (2 * scene.orbit.half) / height;
  const length = roundBelow(pixel * 150);
  const width = length / pixel;
  return node(
    'g',
    { class: 'scale' },
    node('path', { d: `M0 -5V0H${width.toFixed(1)}V-5` }),
    node('text', { x: (width / 2).toFixed(1), y: -6, 'text-anchor': 'middle' }, formatSI(length, 'm', 3)),
  );
}

export function overlay(scene: SceneRenderer, element: SVGSVGElement, axes: boolean): void {
  const height = scene.canvas.clientHeight;
  if (height === 0) return;
  const labels = scene.marks.labels
    .filter(({ text }) => text)
    .map(({ at, text, colour }) => {
      const [x, y] = scene.project(at);
      const place = { x: (x + 8).toFixed(1), y: (y - 7).toFixed(1) };
      return node('text', { class: 'mark-label', ...place, fill: colour }, text);
    });
  element.replaceChildren(
    ...labels,
    node('g', { transform: `translate(52 ${height - 52})` }, ...(axes ? cross(scene) : [])),
    node('g', { transform: `translate(112 ${height - 16})` }, scale(scene, height)),
  );
}
