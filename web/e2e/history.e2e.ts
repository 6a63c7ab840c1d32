// Versions: compared, taken back, gone back to, labelled, branched, merged with a decision for each conflict.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  addParameter,
  createProject,
  launch,
  logIn,
  pane,
  ribbon,
  row,
  setParameter,
  shot,
  shows,
  stored,
  type Visit,
  visit,
} from './browser';

let browser: Browser;
let one: Visit;
let two: Visit;
beforeAll(async () => {
  browser = await launch();
  one = await visit(browser);
  await logIn(one.page);
  await createProject(one.page, 'History');
  await addParameter(one.page, 'a', '1 mm');
  await addParameter(one.page, 'b', '1 mm');
  two = await visit(browser);
  await logIn(two.page);
  await two.page.goto(one.page.url());
  await row(two.page, 'parameters/b').waitFor();
});
afterAll(async () => {
  expect(one.faults).toEqual([]);
  expect(two.faults).toEqual([]);
  await browser?.close();
});

/** What can be done with a version, found by what it says. */
async function versionMenu(page: Visit['page'], message: string, item: string): Promise<void> {
  await pane(page, 'Versions');
  const line = page.getByRole('table', { name: 'Versions' }).getByRole('row').filter({ hasText: message }).first();
  await line.getByRole('button', { name: /^What can be done/ }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

const branches = (page: Visit['page']) => page.getByLabel('Branch').locator('option').allInnerTexts();

test('what one version changed is taken back, and what came after stays', async () => {
  const { page } = one;
  await pane(page, 'Parameters');
  await setParameter(page, 'a', '2 mm');
  await stored(page);
  await setParameter(page, 'b', '2 mm');
  await stored(page);
  await versionMenu(page, 'Set a to 2 mm', 'Take back what it changed');
  await pane(page, 'Parameters');
  await shows(page, 'a', '1 mm');
  await shows(page, 'b', '2 mm');
  await pane(two.page, 'Parameters');
  await shows(two.page, 'a', '1 mm');
});

test('a project goes back to an older version, which loses nothing', async () => {
  const { page } = one;
  await versionMenu(page, 'Add parameter b', 'Go back to this version');
  await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
  await pane(page, 'Parameters');
  await shows(page, 'b', '1 mm');
  await ribbon(page, 'Home', 'Undo');
  await shows(page, 'b', '2 mm');
});

test('two versions are compared, an older one is looked at and not changed', async () => {
  const { page } = one;
  await versionMenu(page, 'Add parameter b', 'Compare with the shown one');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('parameters/b').waitFor();
  expect(await dialog.locator('.before').innerText()).toContain('1 mm');
  expect(await dialog.locator('.after').innerText()).toContain('2 mm');
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'compare-versions');
  await page.keyboard.press('Escape');
  await versionMenu(page, 'Add parameter b', 'Look at this version');
  await page.getByText('look only').waitFor();
  await pane(page, 'Parameters');
  await shows(page, 'b', '1 mm');
  expect(await page.getByLabel('Value of b', { exact: true }).isDisabled()).toBe(true);
  expect(page.url()).toContain('version=');
  await page.getByRole('button', { name: 'Back to main' }).click();
  await shows(page, 'b', '2 mm');
});

test('a label is seen by others as a label, and can be removed', async () => {
  const { page } = one;
  await versionMenu(page, 'Add parameter a', 'Label…');
  await page.getByRole('textbox', { name: 'Label' }).fill('first');
  await page.getByRole('button', { name: 'Set label' }).click();
  for (const window of [one.page, two.page]) {
    await pane(window, 'Versions');
    await window.locator('.versions .badge.warn', { hasText: 'first' }).waitFor();
    expect(await branches(window)).toEqual(['main']);
  }
  await versionMenu(page, 'Add parameter a', 'Remove the label first');
  await two.page.locator('.versions .badge.warn', { hasText: 'first' }).waitFor({ state: 'detached' });
});

test('a branch is made, both sides change, and the merge asks for each conflict', async () => {
  const { page } = one;
  await ribbon(page, 'Home', 'Branch…');
  await page.getByRole('textbox', { name: 'Name of the branch' }).fill('wider');
  await page.getByRole('button', { name: 'Make branch' }).click();
  await page.waitForFunction(
    () => (document.querySelector('[aria-label="Branch"]') as HTMLSelectElement)?.value === 'wider',
  );
  await pane(page, 'Parameters');
  await setParameter(page, 'a', '10 mm');
  await stored(page);
  await setParameter(page, 'b', '10 mm');
  await stored(page);
  await addParameter(page, 'c', '10 mm');
  // The other stays on main.
  expect(await two.page.getByLabel('Branch').inputValue()).toBe('main');
  await pane(two.page, 'Parameters');
  await setParameter(two.page, 'a', '20 mm');
  await stored(two.page);
  await setParameter(two.page, 'b', '20 mm');
  await stored(two.page);

  await page.getByLabel('Branch').selectOption('main');
  await shows(page, 'a', '20 mm');
  await ribbon(page, 'Home', 'Merge…');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Merge' }).click();
  await dialog.getByText('Changed in both').waitFor();
  expect(await dialog.getByRole('row').filter({ hasText: 'parameters/a' }).innerText()).toMatch(/20 mm.*10 mm/s);
  await dialog.getByLabel('Which side of parameters/b').selectOption('from');
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'merge');
  await dialog.getByRole('button', { name: 'Merge' }).click();
  await page.getByText('wider is merged into main').waitFor();
  for (const window of [one.page, two.page]) {
    await pane(window, 'Parameters');
    await shows(window, 'a', '20 mm');
    await shows(window, 'b', '10 mm');
    await shows(window, 'c', '10 mm');
  }
});
