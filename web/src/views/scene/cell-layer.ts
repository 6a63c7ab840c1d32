// The cells of a mesh in the scene: those that section planes cut, or all from outside.
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DoubleSide,
  Group,
  LineBasicMaterial,
  LineSegments,
  type Material,
  Mesh,
  MeshBasicMaterial,
  MeshPhongMaterial,
  type Plane,
} from 'three';
import type { CellPicture } from '../../model/data/cells';
import { thickLines } from './highlights';

/** Cells of one plane, or all of them, with the colour of each material. */
export interface ShownCells {
  picture: CellPicture & { sheets?: Float32Array };
  colours: ReadonlyMap<number, string>;
  /** Number of the section plane that they lie on; absent for the solid. */
  plane?: number;
}

export class CellLayer {
  readonly group = new Group();
  private last: unknown[] = [];

  show(cells: readonly ShownCells[], planes: Plane[], lines: string, sheets: string): void {
    // Also called when something else of the scene has changed.
    const now = [cells, planes, lines, sheets];
    if (now.every((one, at) => one === this.last[at])) return;
    this.clear();
    this.last = now;
    for (const { picture, colours, plane } of cells) {
      const clippingPlanes = plane === undefined ? [] : planes.filter((_, at) => at !== plane);
      for (const [key, points] of picture.faces) {
        const geometry = new BufferGeometry();
        geometry.setAttribute('position', new BufferAttribute(points, 3));
        const normals = picture.normals.get(key);
        if (normals) geometry.setAttribute('normal', new BufferAttribute(normals, 3, true));
        const look = {
          color: new Color(colours.get(key) ?? '#b4b9c4'),
          side: DoubleSide,
          clippingPlanes,
          polygonOffset: true,
          polygonOffsetFactor: 1,
          polygonOffsetUnits: 1,
        };
        // On a plane the colour is to be the one of the legend; a solid needs shading to be understood.
        const material = plane === undefined ? new MeshPhongMaterial(look) : new MeshBasicMaterial(look);
        const mesh = new Mesh(geometry, material);
        mesh.userData.face = true;
        this.group.add(mesh);
      }
      this.line(picture.lines, lines, clippingPlanes);
      if (picture.sheets && picture.sheets.length > 0) {
        const thick = thickLines([...picture.sheets], sheets, 3, true);
        (thick.material as Material).clippingPlanes = clippingPlanes;
        this.group.add(thick);
      }
    }
  }

  private line(points: Float32Array, colour: string, clippingPlanes: Plane[]): void {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(points, 3));
    const look = { color: colour, transparent: true, opacity: 0.55, clippingPlanes };
    this.group.add(new LineSegments(geometry, new LineBasicMaterial(look)));
  }

  /** How many triangles its faces have. */
  get triangles(): number {
    return this.faces.reduce((sum, { geometry }) => sum + geometry.getAttribute('position').count / 3, 0);
  }

  /** True for all cells from outside, which stand in the place of the bodies. */
  get solid(): boolean {
    return this.faces.some(({ material }) => material instanceof MeshPhongMaterial);
  }

  /** For a frame of a view that moves: without the lines between cells, or none at all. */
  lighten(lines: boolean, faces: boolean): void {
    this.group.visible = faces;
    for (const child of this.group.children) if (!this.faces.includes(child as Mesh)) child.visible = lines;
  }

  private get faces(): Mesh[] {
    return this.group.children.filter((child) => child.userData.face) as Mesh[];
  }

  clear(): void {
    this.last = [];
    for (const child of [...this.group.children] as Mesh[]) {
      this.group.remove(child);
      child.geometry.dispose();
      (child.material as Material).dispose();
    }
  }
}
