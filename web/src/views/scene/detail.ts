// In which levels bodies are shown, and which are wanted: as fine as can be seen and as can be drawn in time.
import { chooseLevels, type Level } from '../../model/data/levels';
import type { Body } from './body';
import { LEAST, WHOLE } from './quality';

export class Detail {
  private readonly levels = new Map<string, readonly Level[]>();
  /** What the levels that are shown were chosen for; empty where others have come since. */
  private shownFor = '';

  /** `pixels` tells how many a metre has on the screen. */
  constructor(
    private readonly bodies: ReadonlyMap<string, Body>,
    private readonly pixels: () => number,
  ) {}

  /** Which levels a body has, coarsest first; none where it is gone. */
  set(path: string, levels: readonly Level[] | undefined): void {
    this.shownFor = '';
    if (levels) this.levels.set(path, levels);
    else this.levels.delete(path);
  }

  /** Levels have come. */
  anew(): void {
    this.shownFor = '';
  }

  errorOf(path: string, level: number): number {
    return this.levels.get(path)?.[level]?.error ?? 0;
  }

  private chosen(paths: readonly string[], triangles: number): number[] {
    const levels = paths.map((path) => this.levels.get(path) ?? []);
    return chooseLevels(levels, this.pixels(), triangles);
  }

  /** Shows bodies in levels of so many triangles together, as far as they are there; true where any changed. */
  show(triangles: number): boolean {
    const key = `${triangles} ${this.pixels().toPrecision(3)}`;
    if (key === this.shownFor) return false;
    this.shownFor = key;
    const paths = [...this.bodies.keys()];
    const levels = this.chosen(paths, triangles);
    const changed = paths.filter((path, at) => this.bodies.get(path)?.show(levels[at] ?? 0));
    return changed.length > 0;
  }

  /**
   * Levels that should be there: the best for the view, and those for while it moves, when `moving` triangles are drawn
   * or the least that there can be. Undefined where `triangles` are too few for the best.
   */
  wanted(triangles: number, moving: number): Map<string, number[]> | undefined {
    const paths = [...this.levels.keys()];
    const [now, best] = [triangles, WHOLE].map((budget) => this.chosen(paths, budget)) as [number[], number[]];
    if (now.some((level, at) => level !== best[at])) return undefined;
    const lists = [...[LEAST, moving].map((budget) => this.chosen(paths, budget)), best];
    return new Map(paths.map((path, at) => [path, lists.map((list) => list[at] ?? 0)]));
  }
}
