// A new name of a parameter or a feature follows wherever it is mentioned, in one version, and is shown before.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  call,
  createProject,
  launch,
  logIn,
  pane,
  ribbon,
  row,
  shot,
  shows,
  stored,
  type Visit,
  visit,
} from './browser';

let browser: Browser;
let at: Visit;
beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  await logIn(at.page);
  await createProject(at.page, 'Named', 'Wr90 iris');
  await pane(at.page, 'Parameters');
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

const versions = async () => {
  const project = /project\/([^?]+)/.exec(at.page.url())?.[1];
  const reply = await call(at.page, 'Project/Versions', { project, from: '', limit: 1000 });
  return (reply as unknown as { versions: unknown[] }).versions.length;
};

test('a parameter is renamed with all expressions that it is in', async () => {
  const { page } = at;
  const before = await versions();
  await row(page, 'parameters/a').click();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('broad');
  const list = dialog.getByRole('table', { name: 'What follows the new name' });
  const line = list.getByRole('row').filter({ hasText: 'parameters/d' });
  expect(await line.getByRole('cell').allInnerTexts()).toEqual(['parameters/d', 'value', 'a/2', 'broad/2']);
  await list.getByRole('row').filter({ hasText: 'geometry/guide' }).waitFor();
  await list.getByRole('row').filter({ hasText: 'refinements.left.min' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'rename');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await row(page, 'parameters/broad').waitFor();
  await stored(page);
  await shows(page, 'd', 'broad/2');
  expect(await versions()).toBe(before + 1);
  // Nothing is left of the old name: the model can be built.
  await ribbon(page, 'Mesh', 'Mesh');
  await page.getByText(/cartesian-mesh\.mesh .*is done/).waitFor({ timeout: 60_000 });
  // One undo takes all of it back.
  await ribbon(page, 'Home', 'Undo');
  await row(page, 'parameters/a').waitFor();
  await pane(page, 'Parameters');
  await shows(page, 'd', 'a/2');
});

test('a material is renamed where bodies are made of it', async () => {
  const { page } = at;
  await page.goto(new URL('/#/', page.url()).href);
  await createProject(page, 'Named too', 'Patch antenna');
  await row(page, 'materials/substrate').click();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('fr4');
  const list = dialog.getByRole('table', { name: 'What follows the new name' });
  expect(await list.getByRole('cell').allInnerTexts()).toEqual(['geometry/board', 'material', 'substrate', 'fr4']);
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await row(page, 'materials/fr4').waitFor();
  await stored(page);
  await row(page, 'geometry/board').click();
  expect(await page.locator('.properties').getByLabel('Material', { exact: true }).inputValue()).toBe('fr4');
  // A parameter by the name of a feature is something else.
  await row(page, 'parameters/board').click();
  await page.keyboard.press('F2');
  await list.getByRole('row').filter({ hasText: 'geometry/board' }).filter({ hasText: 'min' }).first().waitFor();
  await dialog.getByLabel('Name', { exact: true }).fill('length');
  await dialog.getByText('there is a length already').waitFor();
  expect(await dialog.getByRole('button', { name: 'Rename' }).isDisabled()).toBe(true);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});
