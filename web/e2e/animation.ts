// Animated WebP of screenshots. The browser compresses what changed from picture to picture; here it is put together.
// The container: https://developers.google.com/speed/webp/docs/riff_container
import type { Browser, Page } from 'playwright-core';

export interface Frame {
  png: Buffer;
  /** Milliseconds that it is shown. */
  ms: number;
}

/** A part of the picture that changed, as a still WebP. */
interface Patch {
  x: number;
  y: number;
  width: number;
  height: number;
  webp: Buffer;
}

const QUALITY = 0.82;

/** A page that holds nothing, where pictures are compressed: of a secure origin, as reading them asks for. */
export async function workshop(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  const address = 'https://workshop.invalid/';
  await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  await page.goto(address);
  return page;
}

/** In the page: what differs from the picture before, compressed; nothing where nothing does. */
async function patchOf([png, quality, first]: readonly [string, number, boolean]) {
  const store = window as unknown as { before?: ImageData };
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('the browser draws nothing');
  context.drawImage(bitmap, 0, 0);
  const now = context.getImageData(0, 0, width, height);
  const box = { left: width, top: height, right: 0, bottom: 0 };
  if (first || !store.before) Object.assign(box, { left: 0, top: 0, right: width, bottom: height });
  else {
    const [a, b] = [new Uint32Array(store.before.data.buffer), new Uint32Array(now.data.buffer)];
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (a[y * width + x] === b[y * width + x]) continue;
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x + 1);
        box.top = Math.min(box.top, y);
        box.bottom = Math.max(box.bottom, y + 1);
      }
    }
  }
  store.before = now;
  if (box.right <= box.left) return undefined;
  // Places in the container are even.
  const [x, y] = [box.left & ~1, box.top & ~1];
  const part = new OffscreenCanvas(box.right - x, box.bottom - y);
  part.getContext('2d', { alpha: false })?.drawImage(bitmap, -x, -y);
  const blob = await part.convertToBlob({ type: 'image/webp', quality });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return { x, y, width: part.width, height: part.height, webp: btoa(text) };
}

function chunk(name: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function number24(value: number): Buffer {
  return Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);
}

/** The compressed picture of a still WebP, without its own container. */
function pictureOf(webp: Buffer): Buffer {
  if (webp.toString('latin1', 0, 4) !== 'RIFF' || webp.toString('latin1', 8, 12) !== 'WEBP')
    throw new Error('the browser made no WebP');
  const parts: Buffer[] = [];
  for (let at = 12; at + 8 <= webp.length; ) {
    const size = webp.readUInt32LE(at + 4);
    if (['VP8 ', 'VP8L', 'ALPH'].includes(webp.toString('latin1', at, at + 4)))
      parts.push(webp.subarray(at, at + 8 + size + (size % 2)));
    at += 8 + size + (size % 2);
  }
  return Buffer.concat(parts);
}

/** Each picture lies over the one before, without blending or clearing. */
const KEEP = 0b10;

function frameChunk(patch: Patch, ms: number): Buffer {
  return chunk(
    'ANMF',
    number24(patch.x / 2),
    number24(patch.y / 2),
    number24(patch.width - 1),
    number24(patch.height - 1),
    number24(ms),
    Buffer.from([KEEP]),
    pictureOf(patch.webp),
  );
}

const ANIMATED = 0b10;

/** Puts patches together; it goes on for ever. */
export function animation(width: number, height: number, frames: readonly { patch: Patch; ms: number }[]): Buffer {
  const parts = [
    chunk('VP8X', Buffer.from([ANIMATED, 0, 0, 0]), number24(width - 1), number24(height - 1)),
    chunk('ANIM', Buffer.from([255, 255, 255, 255, 0, 0])),
    ...frames.map(({ patch, ms }) => frameChunk(patch, ms)),
  ];
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...parts]);
  const head = Buffer.alloc(8);
  head.write('RIFF', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** An animated WebP of screenshots; `page` is a workshop. */
export async function animate(page: Page, size: { width: number; height: number }, shots: readonly Frame[]) {
  const frames: { patch: Patch; ms: number }[] = [];
  for (const { png, ms } of shots) {
    const found = await page.evaluate(patchOf, [png.toString('base64'), QUALITY, frames.length === 0] as const);
    const last = frames.at(-1);
    if (found) frames.push({ patch: { ...found, webp: Buffer.from(found.webp, 'base64') }, ms });
    else if (last) last.ms += ms;
  }
  return { bytes: animation(size.width, size.height, frames), frames: frames.length };
}

/** How many pictures a browser sees in it. */
export function framesIn(page: Page, webp: Buffer): Promise<number> {
  return page.evaluate(async (text) => {
    const data = await (await fetch(`data:image/webp;base64,${text}`)).arrayBuffer();
    const decoder = new ImageDecoder({ data, type: 'image/webp' });
    await decoder.tracks.ready;
    const count = decoder.tracks.selectedTrack?.frameCount ?? 0;
    // The last one stands on all before it.
    await decoder.decode({ frameIndex: count - 1 });
    return count;
  }, webp.toString('base64'));
}
