// Decides what is drawn when: a frame of a view that moves at once and as well as it can be in time, then, when it has
// come to rest, the whole picture, piece by piece.
import type { Camera, Scene } from 'three';
import { Picture } from './picture';
import { isSoftware, Quality, recall, remember, WHOLE } from './quality';

/** How long the view must not have moved to be at rest. */
const REST_MS = 180;
/** A change of a picture at rest that took longer last time is first drawn as if the view moved. */
const PROMPT_MS = 400;
/** At rest a large model is first shown with so many times the triangles of a frame that moves. */
const BETWEEN = 6;

/** What is drawn. */
export interface Stage {
  /** Tells, for who looks from outside of the program, whether the picture is `moving` or `whole`. */
  readonly canvas: HTMLCanvasElement;
  readonly scene: Scene;
  /** What lies over the kept picture. */
  readonly over: Scene;
  camera(): Camera;
  /** Makes the scene ready for a frame of a view that moves. */
  lighten(quality: Quality): void;
  /** Makes it ready for a picture at rest of at most so many triangles; true where none were left out for that. */
  settle(triangles: number): boolean;
  /** Told after each frame, with the time that the page needed for it. */
  drawn(milliseconds: number): void;
}

export class Frames {
  readonly picture: Picture;
  readonly quality: Quality;
  /** True while the canvas shows all there is, as good as it gets. */
  still = false;
  private stale = false;
  /** What is drawn next is a frame of a view that moves. */
  private moving = false;
  /** The view has moved and not yet come to rest. */
  private active = false;
  /** Finer bodies have come since the picture was begun. */
  private improvable = false;
  private overStale = false;
  private frame = 0;
  /** When the last frame of a view that moves was begun, until it is known what it took. */
  private begun: number | undefined;
  private resting: ReturnType<typeof setTimeout> | undefined;
  /** Triangles of the pictures at rest that are still to come. */
  private stages: number[] = [];
  /** Who waits until the view has rested. */
  private waiting: (() => void)[] = [];
  private rested = { begun: 0, took: Number.POSITIVE_INFINITY };

  constructor(private readonly stage: Stage) {
    this.picture = new Picture(stage.canvas);
    const { driver } = this.picture;
    this.quality = new Quality(isSoftware(driver), recall(driver));
  }

  /** Something has changed. Any number of calls make one frame. */
  redraw(): void {
    this.stale = true;
    this.schedule();
  }

  /** The view has moved, or something that is moved by hand or by itself: frames must be short until it rests. */
  moved(): void {
    this.moving = this.active = true;
    this.redraw();
  }

  /** What is shown is right, but can be had in better quality. */
  improve(): void {
    this.improvable = true;
    if (this.still && this.resting === undefined) this.awaitRest();
  }

  private awaitRest(): void {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST_MS);
  }

  /** What lies over the picture has changed. */
  overlaid(): void {
    this.overStale = true;
    this.schedule();
  }

  private schedule(): void {
    if (!this.frame) this.frame = requestAnimationFrame(this.tick);
  }

  private readonly tick = (): void => {
    this.frame = 0;
    const now = performance.now();
    const { begun } = this;
    this.begun = undefined;
    if (begun !== undefined) this.quality.frame(now - begun);
    if (this.stale) this.draw(now);
    else if (this.picture.busy) this.step();
    else if (begun !== undefined) this.awaitRest();
    else if (this.overStale && this.still) this.picture.show(this.stage.over, this.stage.camera());
    this.overStale = false;
  };

  private draw(now: number): void {
    const { stage, picture, quality } = this;
    const prompt = !this.moving && this.still && this.rested.took < PROMPT_MS;
    clearTimeout(this.resting);
    this.resting = undefined;
    this.stale = this.moving = this.still = false;
    stage.canvas.dataset.picture = 'moving';
    if (prompt) {
      this.rest();
      return;
    }
    stage.lighten(quality);
    if (quality.smooth) picture.whole(stage.scene, stage.camera());
    else picture.quickly(stage.scene, stage.camera(), quality.scale(picture.pixels));
    stage.drawn(performance.now() - now);
    this.begun = now;
    this.schedule();
  }

  /** Resolves when the view does not move, or no longer. */
  calm(): Promise<void> {
    if (!this.active) return Promise.resolve();
    return new Promise((done) => this.waiting.push(done));
  }

  /** Full sharpness. */
  rest(): void {
    clearTimeout(this.resting);
    this.resting = undefined;
    // The kept picture is drawn anew: what lies over it has to wait.
    this.still = this.active = this.improvable = false;
    for (const done of this.waiting.splice(0)) done();
    this.quality.rested();
    remember(this.picture.driver, this.quality.triangles);
    this.rested = { begun: performance.now(), took: this.rested.took };
    this.stages = [this.quality.triangles * BETWEEN, WHOLE];
    this.next();
  }

  private next(): void {
    const { stage } = this;
    if (stage.settle(this.stages.shift() ?? WHOLE)) this.stages = [];
    this.picture.begin(stage.scene, stage.camera(), this.quality.triangles);
    this.step();
  }

  private step(): void {
    const { stage } = this;
    const begun = performance.now();
    if (this.picture.step(stage.over)) {
      stage.drawn(performance.now() - begun);
      if (this.stages.length > 0) this.next();
      else {
        this.still = true;
        stage.canvas.dataset.picture = 'whole';
        this.rested.took = performance.now() - this.rested.begun;
        if (this.improvable) this.awaitRest();
      }
    }
    if (this.picture.busy) this.schedule();
  }

  /** Draws the whole picture at once, without what lies over it, to be copied from the canvas before the next frame. */
  now(): void {
    const { stage, picture } = this;
    if (!this.still) {
      stage.settle(WHOLE);
      picture.whole(stage.scene, stage.camera());
      this.redraw();
    } else {
      picture.show(undefined, stage.camera());
      this.overlaid();
    }
  }

  dispose(): void {
    for (const done of this.waiting.splice(0)) done();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    this.picture.dispose();
  }
}
