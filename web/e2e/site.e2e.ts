import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults, createProject, launch, logIn, row, shot, type Visit, visit } from './browser';
import { platform } from './platform';

let browser: Browser;
let at: Visit;
beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  await logIn(at.page);
});
afterAll(() => browser?.close());

test('users and groups are made, a project is shared, the other sees it to look only', async () => {
  const { page } = at;
  const guest = `guest${Date.now() % 100_000}`;
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('button', { name: 'New user' }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(guest);
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  const password = await page.locator('.one-time').innerText();
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'Projects', exact: true }).click();
  const shared = await createProject(page, 'Shared with a guest');
  await page.getByRole('button', { name: 'Share…' }).click();
  await page
    .getByRole('combobox', { name: 'Right', exact: true })
    .or(page.getByLabel('Right', { exact: true }))
    .first()
    .click();
  await page.getByRole('option', { name: 'may look' }).click();
  await page.getByLabel('User or group').fill(guest);
  await shot(page, 'share');
  await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
  await page.getByRole('dialog').getByText(guest).waitFor();
  await page.getByRole('button', { name: 'Done' }).click();

  const other = await visit(browser);
  await other.page.goto(platform().url);
  await other.page.getByLabel('Name').fill(guest);
  await other.page.getByLabel('Password', { exact: true }).fill(password);
  await other.page.getByRole('button', { name: 'Log in' }).click();
  await other.page.getByLabel('Present password').fill(password);
  await other.page.getByLabel('New password', { exact: true }).fill('another fine word 2');
  await other.page.getByLabel('New password again').fill('another fine word 2');
  await other.page.getByRole('button', { name: 'Set password' }).click();
  await other.page.getByRole('link', { name: shared }).click();
  await other.page.getByText('look only').waitFor();
  await other.context.close();
});

test('load, sessions, runs, logs and the record are shown', async () => {
  const { page } = at;
  await page.goto(`${platform().url}/#/administration/site`);
  await page.getByText(/runs version/).waitFor();
  const loads = page.getByRole('progressbar', { name: /^Load of/ });
  await loads.first().waitFor();
  const values = await loads.evaluateAll((bars) => bars.map((bar) => (bar as HTMLProgressElement).value));
  const words = await page.locator('.run-progress').allInnerTexts();
  expect(values.length).toBe(words.length);
  for (const text of words) expect(Number(/(\d+) %/.exec(text)?.[1]), text).toBeLessThanOrEqual(100);
  await shot(page, 'site');
  for (const tab of ['Sessions', 'Runs', 'Logs', 'Record', 'Groups']) {
    await page.getByRole('tab', { name: tab, exact: true }).click();
    await page.getByRole('table').or(page.locator('.empty')).first().waitFor();
    expect(await page.locator('.failure').count(), tab).toBe(0);
    expect(await accessibilityFaults(page), tab).toEqual([]);
  }
});

test('a project is copied, renamed, deleted, restored', async () => {
  const { page } = at;
  await page.goto(`${platform().url}/#/`);
  const original = await createProject(page, 'To be copied');
  expect(await row(page, 'parameters').count()).toBe(0);
  await page.goto(`${platform().url}/#/`);
  const menu = async (name: string, item: string) => {
    await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await menu(original, 'Copy…');
  await page.getByRole('dialog').getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('link', { name: `${original} copy` }).waitFor();
  await menu(`${original} copy`, 'Delete…');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('link', { name: `${original} copy` }).waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Trash' }).click();
  await page
    .getByRole('row', { name: new RegExp(`${original} copy`) })
    .getByRole('button', { name: 'Restore' })
    .click();
  await page.getByRole('tab', { name: 'All projects' }).click();
  await page.getByRole('link', { name: `${original} copy` }).waitFor();
  await shot(page, 'overview');
  expect(at.faults).toEqual([]);
});
