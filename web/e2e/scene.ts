// Steps that the tests of the 3-D view share.
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Makes a project of the file beside this one. */
export async function load(page: Page): Promise<void> {
  const name = `scene ${Date.now().toString(36).slice(-5)}`;
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'From file' }).click(),
  ]);
  await chooser.setFiles(join(import.meta.dirname, 'scene.yaml'));
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('tree', { name: 'Project' }).waitFor();
  await page.getByText('All stored').waitFor();
}

export const canvas = (page: Page): Locator => page.locator('.scene canvas');

export const hovered = async (page: Page) => (await canvas(page).getAttribute('data-hovered')) ?? '';

/** Puts the pointer somewhere and waits until the view has looked at what is there. */
export async function point(page: Page, x: number, y: number): Promise<string> {
  await page.mouse.move(x, y);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return hovered(page);
}

interface Spot {
  x: number;
  y: number;
}

/** Looks from the top at all of the model, and tells where a place of it (mm) is on the page. */
export async function fromTop(page: Page): Promise<(x: number, y: number) => Spot> {
  await canvas(page).focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('5');
  await page.keyboard.press('f');
  const box = await canvas(page).boundingBox();
  if (!box) throw new Error('the 3-D view is not there');
  // The board is 30 mm wide, and 12 % of room are left around it.
  const millimetre = box.height / (2 * 15 * 1.12);
  return (x, y) => ({ x: box.x + box.width / 2 + x * millimetre, y: box.y + box.height / 2 - y * millimetre });
}

/** Clicks on what is wanted. */
export async function click(page: Page, spot: Spot, wanted: RegExp): Promise<void> {
  expect(await point(page, spot.x, spot.y)).toMatch(wanted);
  await page.mouse.click(spot.x, spot.y);
}

export async function pickFilter(page: Page, name: string): Promise<void> {
  await page.getByRole('radiogroup', { name: 'What a click picks' }).getByRole('radio', { name }).click();
}

export async function look(page: Page, key: string): Promise<void> {
  await canvas(page).focus();
  await page.keyboard.press(key);
}

/** Waits until the view shows all there is, as good as it gets. */
export const still = (page: Page) => page.locator('.scene canvas[data-picture="whole"]').waitFor();

/** What the view looks like, without the frame that it has while it takes the keys. */
export async function picture(page: Page): Promise<string> {
  const box = await canvas(page).boundingBox();
  if (!box) throw new Error('the 3-D view is not there');
  const clip = { x: box.x + 4, y: box.y + 4, width: box.width - 8, height: box.height - 8 };
  return (await page.screenshot({ clip })).toString('base64');
}

/** True where two pictures differ by no more than the rounding of colours. */
export function alike(page: Page, one: string, other: string): Promise<boolean> {
  return page.evaluate(
    async (pictures) => {
      const [a, b] = await Promise.all(
        pictures.map(async (text) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
          const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
          context?.drawImage(image, 0, 0);
          return context?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray();
        }),
      );
      return a?.length === b?.length && a?.every((value, at) => Math.abs(value - (b?.[at] ?? 0)) <= 2) === true;
    },
    [one, other],
  );
}

/** Where there is a 3-D view, waits until its picture is whole: while it moves it is coarser. */
export async function sharp(page: Page): Promise<void> {
  // What was done just now may only set it going.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.waitForFunction(() => {
    const canvas = document.querySelector<HTMLElement>('.scene canvas');
    return canvas?.dataset.picture !== 'moving';
  });
}
