// Keeps frames short while the view moves: where frames take long, fewer pixels and coarser bodies are drawn until
// it rests.

/** A frame longer than this is felt. */
const SLOW_MS = 40;
const FAST_MS = 18;
/** From best to least: how many triangles while the view moves, and which part of the pixels in each direction. */
const STEPS = [
  { triangles: Infinity, scale: 1 },
  { triangles: 300_000, scale: 1 },
  { triangles: 100_000, scale: 0.75 },
  { triangles: 30_000, scale: 0.5 },
] as const;

export class Quality {
  private step = 0;
  private slow = 0;
  private fast = 0;
  private last = 0;
  private moving = false;

  /** Part of the pixels in each direction. */
  get scale(): number {
    return STEPS[this.step].scale;
  }

  /** Triangles while the view moves. */
  get triangles(): number {
    return STEPS[this.step].triangles;
  }

  /** Tells of a frame while the view moves; true where something has to change. */
  frame(now: number): boolean {
    const span = now - this.last;
    this.last = now;
    if (!this.moving) {
      // What passed since the view last moved says nothing.
      this.moving = true;
      return false;
    }
    this.slow = span > SLOW_MS ? this.slow + 1 : 0;
    this.fast = span < FAST_MS ? this.fast + 1 : 0;
    if (this.slow >= 2) return this.worsen();
    if (this.fast >= 90) return this.improve();
    return false;
  }

  /** The view has come to rest. */
  rested(): void {
    this.moving = false;
  }

  private worsen(): boolean {
    this.slow = 0;
    if (this.step === STEPS.length - 1) return false;
    this.step += 1;
    return true;
  }

  private improve(): boolean {
    this.fast = 0;
    if (this.step === 0) return false;
    this.step -= 1;
    return true;
  }
}
