// People: passwords, themes, users and groups, sharing with both, pictures, the trash.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  addCuboid,
  createProject,
  launch,
  logIn,
  logInHere,
  newPerson,
  type Person,
  projectMenu,
  ribbon,
  row,
  shot,
  type Visit,
  visit,
} from './browser';
import { platform } from './platform';

let browser: Browser;
let admin: Visit;
let guest: Person & Visit;
let project: string;
const overview = (visited: Visit) => visited.page.goto(`${platform().url}/#/`);

beforeAll(async () => {
  browser = await launch();
  admin = await visit(browser);
  await logIn(admin.page);
  guest = await newPerson(admin.page, browser, 'guest');
});
afterAll(async () => {
  expect(admin.faults).toEqual([]);
  expect(guest.faults).toEqual([]);
  await browser?.close();
});

async function account(page: Visit['page'], item: string): Promise<void> {
  await page.locator('.account').getByRole('button').last().click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('a password is changed; the old one is good no more', async () => {
  const { page } = guest;
  await account(page, 'Change password');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Present password').fill('not this one');
  await dialog.getByLabel('New password', { exact: true }).fill('yet another word 3');
  await dialog.getByLabel('New password again').fill('yet another word 4');
  await dialog.getByText('is not the same').waitFor();
  await dialog.getByLabel('New password again').fill('yet another word 3');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Present password').fill(guest.password);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('The password is changed').waitFor();
  const old = guest.password;
  guest.password = 'yet another word 3';
  await account(page, 'Log out');
  await page.getByLabel('Name').fill(guest.name);
  await page.getByLabel('Password', { exact: true }).fill(old);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await logInHere(page, guest.name, guest.password);
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
});

test('the theme stays over a reload', async () => {
  const { page } = guest;
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await page.reload();
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme)).toBe('dark');
  await page.getByRole('button', { name: 'Bright theme' }).click();
});

test('a group is made and a project shared with it: its members see it, with its picture, and may edit', async () => {
  const { page } = admin;
  const group = `crew${Date.now().toString(36).slice(-5)}`;
  await page.goto(`${platform().url}/#/administration/groups`);
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill(group);
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  const line = page.getByRole('row', { name: new RegExp(group) });
  await line.getByRole('button', { name: 'Members' }).click();
  await page.getByRole('dialog').getByLabel('Members').fill(guest.name);
  await page.getByRole('dialog').getByLabel('Members').press('Enter');
  await page.getByRole('dialog').getByLabel('Members').press('Tab');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await line.getByText(guest.name).waitFor();

  await overview(admin);
  project = await createProject(page, 'Shared with a group');
  await addCuboid(page, 'block');
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await ribbon(page, 'Home', 'Share…');
  await page.getByLabel('User or group').fill(`group ${group}`);
  await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
  await page.getByRole('dialog').getByRole('cell', { name: group, exact: true }).waitFor();
  await page.getByRole('button', { name: 'Done', exact: true }).click();

  await guest.page.reload();
  const shared = guest.page.getByRole('row', { name: new RegExp(project) });
  await shared.waitFor();
  // The picture is drawn by whoever has the project open, and is sent a moment after its bodies are there; the list is
  // asked for anew now and then.
  await shared.locator('img').waitFor({ timeout: 60_000 });
  const size = await shared.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth);
  expect(size).toBeGreaterThan(50);
  await shot(guest.page, 'shared');
  await guest.page.getByRole('tab', { name: 'Shared with me' }).click();
  await shared.getByRole('link').click();
  await row(guest.page, 'geometry/block').waitFor();
  expect(await guest.page.getByText('look only').count()).toBe(0);
  await addCuboid(guest.page, 'second');
  await row(page, 'geometry/second').waitFor();
});

test('a right that is taken away shuts the project', async () => {
  const { page } = admin;
  await ribbon(page, 'Home', 'Share…');
  await page.getByRole('button', { name: /^Take the right of crew/ }).click();
  await page.getByRole('button', { name: /^Take the right of crew/ }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await guest.page.reload();
  await guest.page.getByRole('alert').waitFor();
  await overview(guest);
  await guest.page.getByRole('heading', { name: 'Projects' }).waitFor();
  expect(await guest.page.getByRole('link', { name: project }).count()).toBe(0);
});

test('a project is renamed, described and tagged, found by its tag, deleted and brought back', async () => {
  const { page } = admin;
  await overview(admin);
  await projectMenu(page, project, 'Rename, describe, tag…');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(`${project} renamed`);
  await dialog.getByLabel('Description').fill('A block and another');
  await dialog.getByLabel('Tags').fill('blocks');
  await dialog.getByLabel('Tags').press('Enter');
  await dialog.getByLabel('Tags').press('Tab');
  await dialog.getByRole('button', { name: 'Save' }).click();
  project = `${project} renamed`;
  await page.getByRole('link', { name: project }).waitFor();
  await page.getByLabel('Search projects').fill('blocks');
  await page.waitForFunction(() => document.querySelectorAll('.projects tbody tr').length === 1);
  await page.getByLabel('Search projects').fill('');
  await page.getByRole('button', { name: 'Project', exact: true }).click();
  const names = await page.locator('.projects tbody tr a').allInnerTexts();
  expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
  await projectMenu(page, project, 'Delete…');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('link', { name: project }).waitFor({ state: 'detached' });
  // Undone at once, without a walk to the trash.
  await page.locator('.notice', { hasText: project }).getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('link', { name: project }).waitFor();
});

test('a disabled user is shut out, and let in again; a lost password is replaced; a user is deleted', async () => {
  const { page } = admin;
  await page.goto(`${platform().url}/#/administration/users`);
  const line = page.getByRole('row', { name: new RegExp(guest.name) });
  const menu = async (item: string) => {
    await line.getByRole('button', { name: `Actions for ${guest.name}` }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await menu('Disable');
  await line.getByText('disabled').waitFor();
  await guest.page.reload();
  await guest.page.getByRole('button', { name: 'Log in' }).waitFor();
  await menu('Enable');
  await line.getByText('disabled').waitFor({ state: 'detached' });
  await menu('New one-time password…');
  await page.getByRole('dialog').getByRole('button', { name: 'Make password' }).click();
  const first = await page.locator('.one-time').innerText();
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await logIn(guest.page, { name: guest.name, password: 'a fifth fine word 5', first });
  await menu('Delete…');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await line.waitFor({ state: 'detached' });
  await guest.page.reload();
  await guest.page.getByRole('button', { name: 'Log in' }).waitFor();
});
