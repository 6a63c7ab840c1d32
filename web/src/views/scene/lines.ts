// Lines of the scene that belong to no body.
import { BufferAttribute, BufferGeometry, Group, LineBasicMaterial, LineSegments, type Material } from 'three';
import { thickLines } from './highlights';

/** Lines that a slow computer draws while the view moves. */
const FEW = 2_000;

export class Lines {
  readonly group = new Group();

  private clear(): void {
    for (const child of [...this.group.children] as LineSegments[]) {
      this.group.remove(child);
      child.geometry.dispose();
      (child.material as Material).dispose();
    }
  }

  /** Mesh lines, given by pairs of points. */
  mesh(lines: readonly Float32Array[], colour: string): void {
    this.clear();
    for (const points of lines) {
      const geometry = new BufferGeometry();
      geometry.setAttribute('position', new BufferAttribute(points, 3));
      const material = new LineBasicMaterial({ color: colour, transparent: true, opacity: 0.45 });
      this.group.add(new LineSegments(geometry, material));
    }
  }

  /** A line between two points, or none. */
  rule(points: readonly number[]): void {
    this.clear();
    if (points.length === 6) this.group.add(thickLines(points, '#ff7a1a', 2.5, false));
  }

  /** For a frame of a view that moves: nothing where there are many. */
  lighten(plain: boolean): void {
    const count = (child: LineSegments) => child.geometry.getAttribute('position').count / 2;
    const all = (this.group.children as LineSegments[]).reduce((sum, child) => sum + count(child), 0);
    this.group.visible = !plain || all <= FEW;
  }
}
