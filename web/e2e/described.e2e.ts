// A service that lives only in the tests appears with its buttons, its form and its result: no line of the client knows
// it. Its program is tests/src/bin/tally.rs.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  addCuboid,
  createProject,
  launch,
  logIn,
  ribbon,
  row,
  shot,
  stored,
  visit,
} from './browser';
import { built, type OwnPlatform, startPlatform } from './platform';

let browser: Browser;
let site: OwnPlatform;
beforeAll(async () => {
  site = await startPlatform('--service', `tally=${built('tally')}`);
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

test('the client does not know the service', () => {
  const source = resolve(import.meta.dirname, '../src');
  const files = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(100);
  for (const file of files)
    expect(readFileSync(join(file.parentPath, file.name), 'utf8'), file.name).not.toMatch(/tally|tallies/i);
});

test('its tab, its form, its button and its result are there', async () => {
  const { page, context, faults } = await visit(browser, site.url);
  await logIn(page, { url: site.url, name: site.name, first: site.password, password: 'chosen by the tests 1' });
  await createProject(page, 'Counted');
  await addCuboid(page, 'one');
  await addCuboid(page, 'two');

  await ribbon(page, 'Tally', 'Tally');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('What is counted.').waitFor();
  await dialog.getByLabel('Name', { exact: true }).fill('all');
  await dialog.getByLabel('At least').fill('0');
  await dialog.getByLabel('At least').press('Tab');
  await dialog
    .getByText(/must be at least 1/)
    .first()
    .waitFor();
  await dialog.getByRole('button', { name: 'Create' }).click();
  // It stays, with the field that is wrong.
  await dialog.locator('input:focus').waitFor();
  expect(await dialog.locator('input:focus').getAttribute('aria-invalid')).toBe('true');
  await dialog.getByLabel('At least').fill('2');
  await dialog.getByLabel('At least').press('Tab');
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'described-form');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, 'tallies/all').waitFor();
  await stored(page);

  await ribbon(page, 'Tally', 'Count features');
  await page.getByText(/tally\.count .*is done/).waitFor({ timeout: 60_000 });
  await row(page, 'results/all').waitFor();
  await row(page, 'results/all').dblclick();
  const table = page.getByRole('table').filter({ hasText: 'modeling.cuboid' });
  await table.waitFor();
  expect(await table.getByRole('row').filter({ hasText: 'modeling.cuboid' }).innerText()).toContain('2');
  await shot(page, 'described-result');
  // What it reads makes it stale, as with every service.
  await addCuboid(page, 'three');
  await row(page, 'results/all').getByText('stale').waitFor();

  // Also what was asked with arguments, and not before something has changed.
  const find = async () => {
    await ribbon(page, 'Tally', 'Find features');
    const form = page.getByRole('dialog');
    await form.getByLabel('Kind').fill('modeling.cuboid');
    await form.getByLabel('Kind').press('Tab');
    await form.getByRole('button', { name: 'Find features' }).click();
    await form.waitFor({ state: 'detached' });
  };
  await find();
  await page.getByText(/tally\.find .*is done/).waitFor({ timeout: 60_000 });
  await row(page, 'found').waitFor();
  // The marks of this version have come: another result is marked, this one is not.
  await row(page, 'results/all').getByText('stale').waitFor();
  expect(await row(page, 'found').getByText('stale').count()).toBe(0);
  await addCuboid(page, 'four');
  await row(page, 'found').getByText('stale').waitFor();
  await find();
  await row(page, 'found').getByText('stale').waitFor({ state: 'detached', timeout: 60_000 });
  await row(page, 'found').dblclick();
  await page.getByRole('table').filter({ hasText: 'geometry/four' }).waitFor();
  expect(faults).toEqual([]);
  await context.close();
});
