// Puts the scene on the canvas. While the view moves it is drawn straight there, with as few pixels as needed. At
// rest it is drawn beside, smoothed and in slices, so that a hand on the mouse never waits for a large picture; the
// finished picture with its depths is kept, so that what changes over it (what the pointer is on) costs next to nothing.
import {
  AlwaysDepth,
  type Camera,
  DepthStencilFormat,
  DepthTexture,
  Mesh,
  NoBlending,
  OrthographicCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  SRGBColorSpace,
  UnsignedInt248Type,
  WebGLRenderer,
  WebGLRenderTarget,
} from 'three';
import { type Slice, Slices } from './slices';

/** How many places of a pixel are looked at. */
const SAMPLES = 4;
/** A slice should take no longer than this, so that it is not felt when the view begins to move. */
const SLICE_MS = 30;
const SLICES = { least: 4_000, most: 4_000_000 };

/** A picture that is kept as the canvas would show it: colours ready for the screen. */
function keptPicture(width: number, height: number): WebGLRenderTarget {
  const depthTexture = new DepthTexture(width, height, UnsignedInt248Type);
  depthTexture.format = DepthStencilFormat;
  const target = new WebGLRenderTarget(width, height, {
    samples: SAMPLES,
    stencilBuffer: true,
    resolveStencilBuffer: false,
    depthTexture,
    colorSpace: SRGBColorSpace,
    internalFormat: 'RGBA8',
  });
  // The renderer would else leave the colours linear, as for a step on the way.
  return Object.assign(target, { isXRRenderTarget: true });
}

/** A plane over all of the canvas that brings back colours and depths. */
function curtain(): { scene: Scene; material: ShaderMaterial } {
  const material = new ShaderMaterial({
    uniforms: { colours: { value: null }, depths: { value: null } },
    vertexShader: 'varying vec2 at; void main() { at = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }',
    fragmentShader: `
      uniform sampler2D colours;
      uniform highp sampler2D depths;
      varying vec2 at;
      void main() {
        gl_FragColor = texture2D(colours, at);
        gl_FragDepth = texture2D(depths, at).r;
      }`,
    blending: NoBlending,
    depthFunc: AlwaysDepth,
  });
  const plane = new Mesh(new PlaneGeometry(2, 2), material);
  plane.frustumCulled = false;
  const scene = new Scene();
  scene.add(plane);
  return { scene, material };
}

export class Picture {
  readonly renderer: WebGLRenderer;
  /** Who draws, as the browser tells. */
  readonly driver: string;
  private readonly gl: WebGL2RenderingContext;
  private readonly curtain = curtain();
  private readonly flat = new OrthographicCamera();
  private kept: WebGLRenderTarget | undefined;
  private slices: Slices | undefined;
  /** Programs that have been drawn with. */
  private readonly ready = new Set<string>();
  /** Triangles of a slice; not known before the first. */
  private size: number | undefined;
  private fence: { sync: WebGLSync; begun: number; weight: number } | undefined;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, alpha: true, stencil: true, powerPreference: 'high-performance' });
    this.renderer.localClippingEnabled = true;
    this.gl = this.renderer.getContext() as WebGL2RenderingContext;
    const about = this.gl.getExtension('WEBGL_debug_renderer_info');
    this.driver = String(about ? this.gl.getParameter(about.UNMASKED_RENDERER_WEBGL) : '');
  }

  /** Pixels of the canvas for each of the page. */
  private get ratio(): number {
    return Math.min(2, window.devicePixelRatio);
  }

  /** All pixels that the canvas can have. */
  get pixels(): number {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return width * height * this.ratio ** 2;
  }

  /** A new size empties the picture, so that it has to be drawn at once. */
  private setPixels(scale: number): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = this.ratio * scale;
    const [w, h] = [Math.floor(width * ratio), Math.floor(height * ratio)];
    if (w === 0 || h === 0 || (this.canvas.width === w && this.canvas.height === h)) return;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
  }

  /** Draws all straight to the canvas, with this part of its pixels in each direction. */
  quickly(scene: Scene, camera: Camera, scale: number): void {
    this.stop();
    this.setPixels(scale);
    this.renderer.render(scene, camera);
  }

  /** Begins a smooth picture; `step` draws it. A first slice has `guess` triangles. */
  begin(scene: Scene, camera: Camera, guess: number): void {
    this.stop();
    this.size ??= guess;
    this.slices = new Slices(scene, camera, this.ready, this.size);
  }

  /** True while a picture is on its way. */
  get busy(): boolean {
    return this.slices !== undefined;
  }

  /** Draws the next slice once the last one is done, or shows the picture where it was the last; then it tells true. */
  step(over: Scene): boolean {
    if (!this.slices || !this.passed()) return false;
    const { camera } = this.slices;
    const slice = this.slices.next(this.size ?? SLICES.least);
    if (!slice) {
      this.stop();
      this.show(over, camera);
      return true;
    }
    this.renderer.setRenderTarget(this.target());
    this.renderer.autoClear = slice.first;
    slice.draw(this.renderer);
    this.renderer.autoClear = true;
    this.renderer.setRenderTarget(null);
    this.await(slice);
    return false;
  }

  /** Draws and shows a smooth picture in one go. */
  whole(scene: Scene, camera: Camera): void {
    this.stop();
    this.setPixels(1);
    this.renderer.setRenderTarget(this.target());
    this.renderer.render(scene, camera);
    this.renderer.setRenderTarget(null);
    this.show(undefined, camera);
  }

  /** Draws without showing it, so that the next drawing finds everything ready. */
  warm(scene: Scene, over: Scene, camera: Camera, smooth: boolean): void {
    this.renderer.setRenderTarget(smooth ? this.target() : null);
    this.renderer.render(scene, camera);
    this.renderer.setRenderTarget(null);
    if (smooth) this.show(over, camera);
    this.renderer.clear();
  }

  /** Shows the kept picture, and over it what may change from one moment to the next. */
  show(over: Scene | undefined, camera: Camera): void {
    if (!this.kept) return;
    this.setPixels(1);
    this.curtain.material.uniforms.colours.value = this.kept.texture;
    this.curtain.material.uniforms.depths.value = this.kept.depthTexture;
    this.renderer.render(this.curtain.scene, this.flat);
    if (!over) return;
    this.renderer.autoClear = false;
    this.renderer.render(over, camera);
    this.renderer.autoClear = true;
  }

  /** Lets go of a picture that is on its way. */
  stop(): void {
    this.slices?.end();
    this.slices = undefined;
    if (this.fence) this.gl.deleteSync(this.fence.sync);
    this.fence = undefined;
  }

  private target(): WebGLRenderTarget {
    const { clientWidth, clientHeight } = this.canvas;
    const [width, height] = [clientWidth, clientHeight].map((one) => Math.max(1, Math.floor(one * this.ratio)));
    if (this.kept?.width !== width || this.kept.height !== height) {
      this.free();
      this.kept = keptPicture(width, height);
    }
    return this.kept as WebGLRenderTarget;
  }

  private await({ weight }: Slice): void {
    const sync = this.gl.fenceSync(this.gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    this.gl.flush();
    if (sync) this.fence = { sync, begun: performance.now(), weight };
  }

  /** True once the last slice is drawn; says how large the next may be. */
  private passed(): boolean {
    if (!this.fence) return true;
    const { sync, begun, weight } = this.fence;
    if (this.gl.getSyncParameter(sync, this.gl.SYNC_STATUS) !== this.gl.SIGNALED && !this.gl.isContextLost())
      return false;
    this.gl.deleteSync(sync);
    this.fence = undefined;
    const change = Math.max(0.5, Math.min(2, SLICE_MS / (performance.now() - begun)));
    const size = this.size ?? SLICES.least;
    // A slice that was not full says nothing of a larger one.
    if (change < 1 || weight > size / 2) this.size = Math.max(SLICES.least, Math.min(SLICES.most, size * change));
    return true;
  }

  private free(): void {
    this.kept?.depthTexture?.dispose();
    this.kept?.dispose();
    this.kept = undefined;
  }

  dispose(): void {
    this.stop();
    this.free();
    this.curtain.material.dispose();
    this.renderer.dispose();
  }
}

/** What the canvas shows, cut to a shape and on a plain ground. */
export function copyOf(canvas: HTMLCanvasElement, width: number, height: number, ground: string): HTMLCanvasElement {
  const copy = document.createElement('canvas');
  copy.width = width;
  copy.height = height;
  const context = copy.getContext('2d');
  if (context) {
    const scale = Math.min(canvas.width / width, canvas.height / height);
    const [sw, sh] = [width * scale, height * scale];
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
    context.drawImage(canvas, (canvas.width - sw) / 2, (canvas.height - sh) / 2, sw, sh, 0, 0, width, height);
  }
  return copy;
}
