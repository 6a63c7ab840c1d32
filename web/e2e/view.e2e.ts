// The 3-D view by mouse and keys: how it is turned, what of the model it shows and how, what is measured.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults, launch, logIn, ribbon, row, shot, type Visit, visit } from './browser';
import { alike, canvas, click, fromTop, load, look, pickFilter, picture, point, still } from './scene';

let browser: Browser;
let seen: Visit;

beforeAll(async () => {
  browser = await launch();
  seen = await visit(browser);
  const { page } = seen;
  await logIn(page);
  await load(page);
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await row(page, 'model').locator('.twist').click();
  await row(page, 'model/rod').waitFor();
  await still(page);
});

afterAll(async () => {
  expect(seen?.faults).toEqual([]);
  await browser?.close();
});

/** What an axis cross and a scale tell of the view. */
const axes = async (page: Page) =>
  (await page.locator('.scene-over > g').first().innerHTML()).replaceAll('-0.0', '0.0');
const scale = (page: Page) => page.locator('.scene-over .scale').innerHTML();

async function middle(page: Page): Promise<[number, number]> {
  const box = await canvas(page).boundingBox();
  if (!box) throw new Error('the 3-D view is not there');
  return [box.x + box.width / 2, box.y + box.height / 2];
}

async function drag(page: Page, by: [number, number], button: 'left' | 'right'): Promise<void> {
  const [x, y] = await middle(page);
  await page.mouse.move(x, y);
  await page.mouse.down({ button });
  await page.mouse.move(x + by[0], y + by[1], { steps: 6 });
  await page.mouse.up({ button });
}

/** Does something that must change what the view looks like, and waits until that is whole. */
async function changes(page: Page, act: () => Promise<unknown>): Promise<void> {
  await still(page);
  const before = await picture(page);
  await act();
  await differs(page, before);
  await still(page);
}

/** Waits until the view looks otherwise than it did. */
const differs = (page: Page, before: string) =>
  expect.poll(async () => alike(page, await picture(page), before), { timeout: 15_000 }).toBe(false);

/** Waits until the view looks as it did. */
const becomes = (page: Page, wanted: string) =>
  expect.poll(async () => alike(page, await picture(page), wanted), { timeout: 15_000 }).toBe(true);

const menu = (page: Page) => page.getByRole('menu');
const items = (page: Page) => page.getByRole('menuitem').allInnerTexts();
const bodies = ['board', 'patch', 'rod'];

/** Bodies that the tree shows as hidden. */
async function hidden(page: Page): Promise<string[]> {
  const found = await Promise.all(
    bodies.map(async (name) =>
      (await row(page, `model/${name}`).getAttribute('class'))?.includes('hidden-body') ? [name] : [],
    ),
  );
  return found.flat();
}

test('the mouse orbits, pans and zooms, and a right button that is dragged opens no menu', async () => {
  const { page } = seen;
  await look(page, '0');
  const [cross, bar] = [await axes(page), await scale(page)];
  await changes(page, () => drag(page, [90, 30], 'left'));
  expect(await axes(page)).not.toBe(cross);
  expect(await page.locator('.tree-row[aria-selected="true"]').count()).toBe(0);
  const turned = await axes(page);
  await changes(page, () => drag(page, [60, -40], 'right'));
  expect(await axes(page)).toBe(turned);
  expect(await menu(page).count()).toBe(0);
  await page.mouse.move(...(await middle(page)));
  await changes(page, () => page.mouse.wheel(0, -600));
  expect(await scale(page)).not.toBe(bar);
  await changes(page, () => look(page, '0'));
  expect(await axes(page)).toBe(cross);
});

test('a picture at rest is the same again, whatever moved in between', async () => {
  const { page } = seen;
  await look(page, '5');
  await look(page, 'f');
  await still(page);
  const [x, y] = await middle(page);
  await page.mouse.move(x, y - 250);
  await still(page);
  const first = await picture(page);
  await changes(page, () => look(page, '1'));
  await look(page, '5');
  await becomes(page, first);
});

test('a right click opens the menu of a body, and one of the view beside it', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  const board = at(-11, -11);
  expect(await point(page, board.x, board.y)).toMatch(/^model\/board/);
  await page.mouse.click(board.x, board.y, { button: 'right' });
  await menu(page).waitFor();
  const found = (await items(page)).join();
  for (const wanted of ['Isolate', 'Look through', 'Show all', 'Fit it', 'Sections off', 'Hide in the 3-D view'])
    expect(found).toContain(wanted);
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'scene-menu');
  await page.getByRole('menuitem', { name: 'Isolate' }).click();
  await expect.poll(() => hidden(page)).toEqual(['patch', 'rod']);
  const beside = at(0, -16.2);
  await page.mouse.click(beside.x, beside.y, { button: 'right' });
  await menu(page).waitFor();
  expect((await items(page)).join()).toContain('Fit all');
  await page.getByRole('menuitem', { name: 'Show all' }).click();
  await expect.poll(() => hidden(page)).toEqual([]);
});

test('what is selected is shown alone by a key, and all again', async () => {
  const { page } = seen;
  await row(page, 'model/patch').click();
  await look(page, 'i');
  await expect.poll(() => hidden(page)).toEqual(['board', 'rod']);
  await look(page, 'a');
  await expect.poll(() => hidden(page)).toEqual([]);
  await page.keyboard.press('Shift+F10');
  await menu(page).waitFor();
  expect((await items(page)).join()).toContain('Isolate');
  await page.keyboard.press('Escape');
  await menu(page).waitFor({ state: 'detached' });
});

test('one body is looked through, all are, and edges alone are drawn', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  await look(page, 'Escape');
  await page.mouse.move(at(0, -16.2).x, at(0, -16.2).y);
  await still(page);
  const plain = await picture(page);
  const board = at(-11, -11);
  const through = async (name: string) => {
    await page.mouse.click(board.x, board.y, { button: 'right' });
    await page.getByRole('menuitem', { name }).click();
    await page.mouse.move(at(0, -16.2).x, at(0, -16.2).y);
  };
  await through('Look through');
  await differs(page, plain);
  await look(page, '0');
  await still(page);
  await shot(page, 'scene-clear-body');
  await look(page, '5');
  await through('Make opaque');
  await becomes(page, plain);
  for (const button of ['Wireframe', 'Transparent', 'Perspective']) {
    await changes(page, () => ribbon(page, 'View', button));
    await ribbon(page, 'View', button);
    await becomes(page, plain);
  }
});

test('what the pointer is on in the tree shows in the view', async () => {
  const { page } = seen;
  await look(page, 'Escape');
  await row(page, 'geometry').hover();
  await still(page);
  const plain = await picture(page);
  await row(page, 'model/rod').hover();
  await differs(page, plain);
  await shot(page, 'scene-hover');
  await row(page, 'geometry').hover();
  await becomes(page, plain);
});

test('what the pointer is on in the view shows in the tree', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  const rod = at(11, 11);
  expect(await point(page, rod.x, rod.y)).toMatch(/^model\/rod/);
  for (const path of ['model/rod', 'geometry/rod']) await page.locator(`[id="tree-${path}"].pointed`).waitFor();
  expect(await page.locator('.tree-row.pointed').count()).toBe(2);
  await row(page, 'geometry').hover();
  await page.locator('[id="tree-model/rod"].pointed').waitFor({ state: 'detached' });
});

test('the place of a section is typed', async () => {
  const { page } = seen;
  await ribbon(page, 'View', 'Section x');
  const place = page.getByLabel('Place of section x, mm');
  expect(await place.inputValue()).toBe('0');
  await changes(page, async () => {
    await place.fill('-4,5');
    await place.press('Enter');
  });
  expect(await place.inputValue()).toBe('-4.5');
  // Beyond the model there is nothing to cut.
  await place.fill('70');
  await place.press('Enter');
  await expect.poll(() => place.inputValue()).toBe('15');
  await place.fill('nowhere');
  await place.press('Enter');
  expect(await place.inputValue()).toBe('15');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Close section x' }).click();
});

test('points, edges, faces and bodies are measured', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  await look(page, 'm');
  const measured = page.locator('.measured');
  await measured.getByText('Click two points').waitFor();
  await click(page, at(-15, -15), /^model\/board point \d/);
  await measured.getByText('Click the second one').waitFor();
  await click(page, at(15, -15), /^model\/board point \d/);
  await measured.getByText('30 mm (Δx 30 mm').waitFor();
  await pickFilter(page, 'Edges');
  await measured.getByRole('button', { name: 'Measure anew' }).click();
  await click(page, at(-5, -15), /^model\/board edge/);
  await measured.getByText('Length 30 mm').waitFor();
  await click(page, at(-15, -5), /^model\/board edge/);
  await measured.getByText('Angle 90°').waitFor();
  await measured.getByRole('button', { name: 'Measure anew' }).click();
  await click(page, at(11, 13), /^model\/rod edge/);
  await measured.getByText('Radius 2 mm').waitFor();
  await pickFilter(page, 'Faces');
  await measured.getByRole('button', { name: 'Measure anew' }).click();
  await click(page, at(-11, -11), /^model\/board face/);
  await measured.getByText('Area 900 mm²').waitFor();
  await shot(page, 'scene-measure');
  await pickFilter(page, 'Bodies');
  await measured.getByRole('button', { name: 'Measure anew' }).click();
  await click(page, at(-11, -11), /^model\/board body/);
  await measured.getByText('Volume 2700 mm³').waitFor();
  // From middle to middle, not from click to click.
  await click(page, at(11, 11), /^model\/rod body/);
  await measured.getByText('16.194 mm (Δx 11 mm, Δy 11 mm, Δz 4.5 mm)').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await look(page, 'm');
  await measured.waitFor({ state: 'detached' });
});

test('a body that is deleted in the view goes with its feature, and comes back with it', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  await click(page, at(11, 11), /^model\/rod/);
  await page.keyboard.press('Delete');
  await row(page, 'geometry/rod').waitFor({ state: 'detached' });
  await page.getByText('The model is older than its inputs').waitFor();
  expect(await row(page, 'model/rod').count()).toBe(1);
  await page.keyboard.press('Control+z');
  await row(page, 'geometry/rod').waitFor();
  await page.getByText('The model is older than its inputs').waitFor({ state: 'detached' });
});

test('the camera stands where it was left over a reload', async () => {
  const { page } = seen;
  await look(page, '0');
  await changes(page, () => drag(page, [70, 25], 'left'));
  await page.mouse.move(...(await middle(page)));
  await changes(page, () => page.mouse.wheel(0, -400));
  const [cross, bar] = [await axes(page), await scale(page)];
  await page.reload();
  await expect.poll(async () => [await axes(page), await scale(page)], { timeout: 30_000 }).toEqual([cross, bar]);
  await still(page);
  expect([await axes(page), await scale(page)]).toEqual([cross, bar]);
});
