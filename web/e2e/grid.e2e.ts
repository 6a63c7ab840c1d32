// The property grid: units, expressions with live values, validation from the schema, several entities at once; and keys.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addCuboid,
  addParameter,
  createProject,
  launch,
  logIn,
  pane,
  row,
  setParameter,
  setProperty,
  shot,
  shows,
  stored,
  type Visit,
  visit,
} from './browser';

let browser: Browser;
let at: Visit;
const grid = () => at.page.locator('.properties');
const field = (label: string) => grid().getByLabel(label, { exact: true });

beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  await logIn(at.page);
  await createProject(at.page, 'Grid');
  await addParameter(at.page, 'a', '22.86 mm');
  for (const name of ['one', 'two', 'three']) await addCuboid(at.page, name);
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

test('an expression shows what it comes to while it is typed, as the platform says', async () => {
  const { page } = at;
  await addParameter(page, 'b', 'a/2 + 1 mm');
  await page.locator('.parameters').getByText('12.43 mm').waitFor();
  const value = page.getByLabel('Value of b', { exact: true });
  await value.fill('3*a');
  await page.locator('.parameters .typed').getByText('= 68.58 mm').waitFor();
  await value.fill('3*nothing');
  await page
    .locator('.parameters')
    .getByText(/nothing/)
    .waitFor();
  await value.press('Escape');
  await shows(page, 'b', 'a/2 + 1 mm');
  // What depends on a parameter follows it.
  await setParameter(page, 'a', '20 mm');
  await page.locator('.parameters').getByText('11 mm', { exact: true }).waitFor();
  await shot(page, 'parameters');
});

test('parameters that depend on each other in a circle are told, not hung', async () => {
  const { page } = at;
  await addParameter(page, 'c', 'b');
  await setParameter(page, 'a', 'c');
  await page.locator('.parameters .field-fault').first().waitFor();
  expect(await page.locator('.parameters').innerText()).toMatch(/depend on each other/);
  await page.keyboard.press('Control+z');
  const undone = page.getByLabel('Value of a', { exact: true });
  if ((await undone.inputValue()) !== '20 mm') {
    await row(page, 'parameters/a').click();
    await page.keyboard.press('Control+z');
  }
  await shows(page, 'a', '20 mm');
});

test('a value of the wrong dimension is told before it is stored', async () => {
  const { page } = at;
  await row(page, 'geometry/one').click();
  await field('Max X').fill('a*a');
  await grid()
    .getByText(/length/)
    .first()
    .waitFor();
  await field('Max X').press('Escape');
});

test('several entities are selected and changed at once', async () => {
  const { page } = at;
  await row(page, 'geometry/one').click();
  await row(page, 'geometry/two').click({ modifiers: ['Control'] });
  await grid().getByText('2 × Cuboid').waitFor();
  await setProperty(page, 'Material', 'pec');
  await stored(page);
  await row(page, 'geometry/two').click();
  expect(await field('Material').inputValue()).toBe('pec');
  await row(page, 'geometry/three').click();
  expect(await field('Material').inputValue()).toBe('');
  // From the last to the first: the tree is in the order of names.
  await row(page, 'geometry/two').click();
  await row(page, 'geometry/one').click({ modifiers: ['Shift'] });
  await grid().getByText('3 × Cuboid').waitFor();
  expect(await field('Material').getAttribute('placeholder')).toBe('several values');
  await shot(page, 'several');
});

test('keys undo, redo, duplicate, rename and delete', async () => {
  const { page } = at;
  await row(page, 'geometry/three').click();
  await page.keyboard.press('Control+d');
  await row(page, 'geometry/three1')
    .or(row(page, 'geometry/three_1'))
    .or(row(page, 'geometry/three2'))
    .first()
    .waitFor();
  await stored(page);
  const count = () => page.locator('[id^="tree-geometry/"]').count();
  expect(await count()).toBe(4);
  await page.keyboard.press('Delete');
  await page.waitForFunction(() => document.querySelectorAll('[id^="tree-geometry/"]').length === 3);
  await stored(page);
  await row(page, 'geometry/one').focus();
  await page.keyboard.press('Control+z');
  await page.waitForFunction(() => document.querySelectorAll('[id^="tree-geometry/"]').length === 4);
  await page.keyboard.press('Control+y');
  await page.waitForFunction(() => document.querySelectorAll('[id^="tree-geometry/"]').length === 3);
  await row(page, 'geometry/one').click();
  await page.keyboard.press('F2');
  await page.getByRole('dialog').getByLabel('Name').fill('first');
  await page.getByRole('dialog').getByLabel('Name').press('Enter');
  await row(page, 'geometry/first').waitFor();
  await stored(page);
  await page.keyboard.press('Control+z');
  await row(page, 'geometry/one').waitFor();
});

test('a name that cannot be is told and not taken', async () => {
  const { page } = at;
  await pane(page, 'Parameters');
  const name = page.getByLabel('Name of a new parameter');
  await name.fill('2nd');
  await page.getByLabel('Value of a new parameter').fill('1');
  await page.getByLabel('Value of a new parameter').press('Enter');
  expect(await name.getAttribute('title')).toBeTruthy();
  expect(await name.inputValue()).toBe('2nd');
  expect(await row(page, 'parameters/2nd').count()).toBe(0);
  await name.fill('');
  await page.getByLabel('Value of a new parameter').fill('');
});
