// Keeps frames short while the view moves: what a frame took says how many triangles and pixels the next one may
// have. At rest the picture is whole.

/** A frame longer than this is felt; one that took longer than `AIM_MS` is made shorter by as much. */
const SLOW_MS = 36;
const AIM_MS = 26;
const QUICK_MS = 20;
/** The least that is drawn: triangles, and pixels with them. */
export const LEAST = 3_000;
const LEAST_PIXELS = 70_000;
/** From here on the picture is as at rest. */
export const WHOLE = 2_000_000;
/** Below, bodies are drawn without edges, caps and gloss, and with fewer pixels. */
const PLAIN = 60_000;
/** Below, edges are not smoothed. */
const SMOOTH = 300_000;
/** Where nothing is known of the computer, and where the processor draws. */
const START = 300_000;
export const SOFTWARE_START = 8_000;
const GROWTH = 1.25;
/** A single slow frame may have had other reasons; two among so many have not. */
const WINDOW = 5;
/** How many quick frames in a row make the next one better: at first, and at most. */
const PATIENCE = [10, 320] as const;

/** True for the names of drivers that draw with the processor. */
export function isSoftware(driver: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(driver);
}

export class Quality {
  /** Triangles while the view moves: what else is left out follows from it. */
  triangles: number;
  private quick = 0;
  private last: number[] = [];
  private patience: number = PATIENCE[0];
  private moving = false;

  /** `known` is what was enough for this computer before. */
  constructor(software: boolean, known?: number) {
    const start = known ?? (software ? SOFTWARE_START : START);
    this.triangles = Math.min(WHOLE, Math.max(LEAST, start));
  }

  /** True where a frame of a view that moves is as good as one at rest. */
  get whole(): boolean {
    return this.triangles >= WHOLE;
  }

  /** True where bodies are drawn in the simplest way. */
  get plain(): boolean {
    return this.triangles < PLAIN;
  }

  get smooth(): boolean {
    return this.triangles >= SMOOTH;
  }

  /** The part of the pixels in each direction, of a canvas that has `all`. */
  scale(all: number): number {
    if (!this.plain || all <= LEAST_PIXELS) return 1;
    const share = Math.log(this.triangles / LEAST) / Math.log(PLAIN / LEAST);
    return Math.sqrt((LEAST_PIXELS / all) ** (1 - share));
  }

  /** Tells what a frame took while the view moved, until the next could be drawn. */
  frame(span: number): void {
    if (!this.moving) {
      // The picture at rest may still have been on its way.
      this.moving = true;
      return;
    }
    this.quick = span < QUICK_MS ? this.quick + 1 : 0;
    this.last = [...this.last, span].slice(-WINDOW);
    const slow = this.last.filter((one) => one > SLOW_MS);
    if (slow.length >= 2) this.lessen(Math.min(...slow));
    else if (this.quick >= this.patience) this.better();
  }

  /** The view has come to rest. */
  rested(): void {
    this.moving = false;
    this.last = [];
  }

  private lessen(span: number): void {
    this.last = [];
    this.triangles = Math.max(LEAST, this.triangles * Math.max(0.2, AIM_MS / span));
    this.patience = Math.min(PATIENCE[1], this.patience * 2);
  }

  private better(): void {
    this.quick = 0;
    this.triangles = Math.min(WHOLE, this.triangles * GROWTH);
  }
}

const KEY = 'opentwin.scene.triangles';

/** What was enough before, by the driver's name: another screen may hang on another card. */
export function recall(driver: string): number | undefined {
  try {
    const { name, triangles } = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return name === driver && Number.isFinite(triangles) ? Number(triangles) : undefined;
  } catch {
    return undefined;
  }
}

export function remember(driver: string, triangles: number): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ name: driver, triangles: Math.round(triangles) }));
  } catch {
    // Storage that is full or forbidden: the next visit finds it out again.
  }
}
