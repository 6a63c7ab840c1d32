import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  createProject,
  launch,
  logIn,
  pane,
  ribbon,
  row,
  setProperty,
  shot,
  type Visit,
  visit,
} from './browser';

let browser: Browser;
let at: Visit;
beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  await logIn(at.page);
  await createProject(at.page, 'Block and hole');
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

test('the ribbon, forms and tree are those that the services describe', async () => {
  const { page } = at;
  await pane(page, 'Parameters');
  await page.getByLabel('Name of a new parameter').fill('a');
  await page.getByLabel('Value of a new parameter').fill('20 mm');
  await page.getByLabel('Value of a new parameter').press('Enter');
  await row(page, 'parameters/a').waitFor();
  await ribbon(page, 'Model', 'Cuboid');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('block');
  for (const axis of ['X', 'Y', 'Z']) {
    await dialog.getByLabel(`Min ${axis}`).fill('0 mm');
    await dialog.getByLabel(`Max ${axis}`).fill(axis === 'Z' ? 'a/2' : 'a');
  }
  await dialog.getByLabel(/^Max Z/).press('Tab');
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, 'geometry/block').waitFor();
  await page.getByText('All stored').waitFor();
});

test('an action runs, its result appears in the tree and in the 3-D view', async () => {
  const { page } = at;
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await row(page, 'model').waitFor();
  await row(page, 'model').press('ArrowRight');
  await row(page, 'model/block').waitFor();
  await row(page, 'model/block').click();
  await page.locator('.scene canvas').waitFor();
  // Something of the body's colour is drawn in the middle of the view.
  await page.waitForFunction(() => Number(document.querySelector('.scene canvas')?.getAttribute('data-frame-ms')) >= 0);
  expect(await page.locator('.properties').innerText()).toContain('block');
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'model');
});

test('a wrong expression is refused with the reason and can be dropped', async () => {
  const { page } = at;
  await row(page, 'parameters/a').click();
  await setProperty(page, 'Value', '20 mm + nowhere');
  const refused = page.getByRole('button', { name: /^Refused/ });
  const stored = page.getByText('All stored');
  await refused.or(stored).first().waitFor();
  if (await refused.isVisible()) {
    await refused.click();
    expect(await page.getByRole('dialog').getByRole('alert').innerText()).toContain('nowhere');
    await page.getByRole('button', { name: 'Drop it' }).click();
  } else await page.keyboard.press('Control+z');
  await stored.waitFor();
});

test('undo and redo walk along the versions', async () => {
  const { page } = at;
  const value = page.getByLabel('Value of a', { exact: true });
  await pane(page, 'Parameters');
  await value.fill('24 mm');
  await value.press('Enter');
  await page.getByText('All stored').waitFor();
  await page.locator('.ribbon-tabs').click({ position: { x: 900, y: 5 } });
  await page.getByRole('tab', { name: 'Home' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForFunction(
    () => (document.querySelector('[aria-label="Value of a"]') as HTMLInputElement)?.value === '20 mm',
  );
  await page.getByRole('button', { name: 'Redo' }).click();
  await page.waitForFunction(
    () => (document.querySelector('[aria-label="Value of a"]') as HTMLInputElement)?.value === '24 mm',
  );
});

test('versions are compared, labelled and branched', async () => {
  const { page } = at;
  await pane(page, 'Versions');
  const newest = page.getByRole('button', { name: /^What can be done with version/ }).first();
  await newest.click();
  await page.getByRole('menuitem', { name: 'Label…' }).click();
  await page.getByRole('textbox', { name: 'Label' }).fill('first-try');
  await page.getByRole('button', { name: 'Set label' }).click();
  await page.locator('.versions .badge', { hasText: 'first-try' }).waitFor();
  await newest.click();
  await page.getByRole('menuitem', { name: 'Compare with the one before' }).click();
  await page.getByRole('dialog').getByText('parameters/a').waitFor();
  await page.keyboard.press('Escape');
  await newest.click();
  await page.getByRole('menuitem', { name: 'Branch from here…' }).click();
  await page.getByRole('textbox', { name: 'Name of the branch' }).fill('wider');
  await page.getByRole('button', { name: 'Make branch' }).click();
  await page.waitForFunction(
    () => (document.querySelector('[aria-label="Branch"]') as HTMLSelectElement)?.value === 'wider',
  );
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'versions');
  await page.getByLabel('Branch').selectOption('main');
});

test('an address leads back to the same place', async () => {
  const { page } = at;
  await row(page, 'geometry/block').click();
  await page.waitForFunction(() => window.location.hash.includes('select=geometry'));
  const address = page.url();
  await page.goto('about:blank');
  await page.goto(address);
  await page.locator('[id="tree-geometry/block"][aria-selected="true"]').waitFor();
});
