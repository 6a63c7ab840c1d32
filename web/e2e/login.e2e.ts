import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults, launch, logIn, row, shot, visit } from './browser';
import { platform } from './platform';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

test('a wrong password is refused with a reason, the right one opens the projects', async () => {
  const { page, context, faults } = await visit(browser);
  await page.goto(platform().url);
  await page.getByLabel('Name').fill(platform().name);
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await shot(page, 'login');
  await page.getByRole('button', { name: 'Log in' }).click();
  expect(await page.getByRole('alert').innerText()).toMatch(/password|name/i);
  expect(await accessibilityFaults(page)).toEqual([]);
  await logIn(page);
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(faults).toEqual([]);
  await context.close();
});

test('the theme can be changed; a log out ends the login for good', async () => {
  const { page, context } = await visit(browser);
  await logIn(page);
  await page.getByRole('button', { name: 'Dark theme' }).click();
  expect(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme)).toBe('dark');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.locator('.account').getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await context.close();
});

test('names that look like markup stay names', async () => {
  const { page, context, faults } = await visit(browser);
  await logIn(page);
  await page.getByRole('button', { name: 'New project' }).click();
  const name = '<img src=x onerror=alert(1)> & "co"';
  await page.getByRole('dialog').getByLabel('Name').fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  // Either it is refused with a reason, or it is shown as it was written.
  const heading = page.getByRole('heading', { name });
  await heading.or(page.getByRole('dialog').getByRole('alert')).first().waitFor();
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  expect(await row(page, 'x').count()).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});
