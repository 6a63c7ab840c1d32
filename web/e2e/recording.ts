// A recording of somebody at work: a picture for each step, with the pointer and a line that says what is done.
import type { Locator, Page } from 'playwright-core';
import type { Frame } from './animation';
import { sharp } from './scene';

const POINTER = 'recording-pointer';
const CAPTION = 'recording-caption';
/** Milliseconds that a picture of a moving pointer is shown, and how many there are of a way. */
const [MOVING, STEPS] = [45, 7];
const LONG = 500;

/** In the page: the pointer and the line, over everything and in nobody's way. */
function lay([pointer, caption]: readonly [string, string]) {
  if (document.getElementById(pointer)) return;
  const over = 'position:fixed;z-index:99999;pointer-events:none;';
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.id = pointer;
  svg.style.cssText = `${over}width:26px;height:26px;left:0;top:0`;
  svg.setAttribute('viewBox', '0 0 26 26');
  const ring = document.createElementNS(namespace, 'circle');
  for (const [name, value] of Object.entries({ cx: '5', cy: '4', r: '0', fill: '#175ea855' }))
    ring.setAttribute(name, value);
  const arrow = document.createElementNS(namespace, 'path');
  arrow.setAttribute('d', 'M4 3v17l4.500-4 3 7 3-1.300-3-6.700h6z');
  for (const [name, value] of Object.entries({ fill: '#111', stroke: '#fff', 'stroke-width': '1.500' }))
    arrow.setAttribute(name, value);
  svg.append(ring, arrow);
  const line = document.createElement('div');
  line.id = caption;
  line.style.cssText = `${over}left:50%;bottom:34px;transform:translateX(-50%);padding:7px 16px;border-radius:4px;background:#14212fee;color:#fff;font:600 15px sans-serif`;
  document.body.append(svg, line);
}

export class Recording {
  readonly frames: Frame[] = [];
  private at: [number, number] = [683, 500];
  private said = '';

  constructor(private readonly page: Page) {}

  /** What is done from here on. */
  say(text: string): void {
    this.said = text;
  }

  /** A picture of the page as it is. */
  async keep(ms: number, pressed = false): Promise<void> {
    // What is looked at for long is shown as it is when nothing moves.
    if (ms >= LONG) await sharp(this.page);
    await this.page.evaluate(lay, [POINTER, CAPTION] as const);
    await this.page.evaluate(
      ([pointer, caption, x, y, text, down]) => {
        const svg = document.getElementById(String(pointer));
        const line = document.getElementById(String(caption));
        if (!svg || !line) return;
        svg.style.transform = `translate(${Number(x) - 4}px, ${Number(y) - 3}px)`;
        svg.querySelector('circle')?.setAttribute('r', down ? '5' : '0');
        line.textContent = String(text);
        line.style.display = text ? '' : 'none';
      },
      [POINTER, CAPTION, this.at[0], this.at[1], this.said, pressed] as const,
    );
    // The caret would blink into every picture.
    this.frames.push({ png: await this.page.screenshot({ caret: 'hide' }), ms });
  }

  async move(to: Locator, within: [number, number] = [0.5, 0.5]): Promise<void> {
    await to.scrollIntoViewIfNeeded();
    const box = await to.boundingBox();
    if (!box) throw new Error('what the pointer goes to has no place');
    const end: [number, number] = [box.x + box.width * within[0], box.y + box.height * within[1]];
    const begin = this.at;
    for (let step = 1; step <= STEPS; step += 1) {
      // Slow at both ends, as a hand is.
      const share = (1 - Math.cos((Math.PI * step) / STEPS)) / 2;
      this.at = [begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share];
      await this.page.mouse.move(...this.at);
      await this.keep(MOVING);
    }
  }

  async click(
    to: Locator,
    within?: [number, number],
    options: { button?: 'right'; count?: number } = {},
  ): Promise<void> {
    await this.move(to, within);
    await this.keep(160, true);
    await this.page.mouse.click(...this.at, { button: options.button ?? 'left', clickCount: options.count ?? 1 });
    await this.keep(300);
  }

  async type(to: Locator, text: string, shown = 120): Promise<void> {
    await this.click(to);
    await to.fill('');
    for (const part of text.match(/.{1,4}/gs) ?? []) {
      await to.pressSequentially(part);
      await this.keep(shown);
    }
  }

  /** Pictures of something that takes time, shown faster than it is. */
  async watch(until: Promise<unknown>, everyMs: number, shownMs: number): Promise<void> {
    let over = false;
    const end = until.finally(() => {
      over = true;
    });
    while (!over) {
      await this.keep(shownMs);
      await Promise.race([end.catch(() => undefined), new Promise((done) => setTimeout(done, everyMs))]);
    }
    await end;
  }
}
