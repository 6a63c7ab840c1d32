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

/** Names are the users': they are never markup. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function cross(scene: SceneRenderer): string {
  const camera = scene.camera();
  const right = new Vector3().setFromMatrixColumn(camera.matrixWorld, 0);
  const up = new Vector3().setFromMatrixColumn(camera.matrixWorld, 1);
  const toEye = scene.orbit.direction();
  return [...AXES]
    .sort((a, b) => a[1].dot(toEye) - b[1].dot(toEye))
    .map(([name, axis, colour]) => {
      const [x, y] = [axis.dot(right) * 30, -axis.dot(up) * 30];
      return `<g stroke="${colour}" fill="${colour}"><path d="M0 0L${x.toFixed(1)} ${y.toFixed(1)}" stroke-width="2.5"/><text x="${(x * 1.32).toFixed(1)}" y="${(y * 1.32 + 4).toFixed(1)}" stroke="none" text-anchor="middle">${name}</text></g>`;
    })
    .join('');
}

export function overlay(scene: SceneRenderer, element: SVGSVGElement, axes: boolean): void {
  const height = scene.canvas.clientHeight;
  if (height === 0) return;
  const pixel = (2 * scene.orbit.half) / height;
  const length = roundBelow(pixel * 150);
  const width = length / pixel;
  const bar = `<g class="scale"><path d="M0 -5V0H${width.toFixed(1)}V-5"/><text x="${(width / 2).toFixed(1)}" y="-6" text-anchor="middle">${formatSI(length, 'm', 3)}</text></g>`;
  const labels = scene.marks.labels
    .filter(({ text }) => text)
    .map(({ at, text, colour }) => {
      const [x, y] = scene.project(at);
      return `<text class="mark-label" x="${(x + 8).toFixed(1)}" y="${(y - 7).toFixed(1)}" fill="${colour}">${escaped(text)}</text>`;
    })
    .join('');
  element.innerHTML = `${labels}<g transform="translate(52 ${height - 52})">${axes ? cross(scene) : ''}</g><g transform="translate(112 ${height - 16})">${bar}</g>`;
}
