import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  addCuboid,
  addParameter,
  call,
  createProject,
  downloaded,
  launch,
  logIn,
  newPerson,
  projectMenu,
  ribbon,
  row,
  shot,
  type Visit,
  visit,
} from './browser';
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

const administration = (tab: string) => at.page.goto(`${platform().url}/#/administration/${tab}`);

test('hosts and services are shown with their load, and the other tabs open', async () => {
  const { page } = at;
  await administration('site');
  await page.getByText(/runs version/).waitFor();
  const loads = page.getByRole('progressbar', { name: /^Load of/ });
  await loads.first().waitFor();
  const values = await loads.evaluateAll((bars) => bars.map((bar) => (bar as HTMLProgressElement).value));
  const words = await page.locator('.run-progress').allInnerTexts();
  expect(values.length).toBe(words.length);
  for (const text of words) expect(Number(/(\d+) %/.exec(text)?.[1]), text).toBeLessThanOrEqual(100);
  const services = page.getByRole('table', { name: 'Services' });
  for (const name of ['authorization', 'global-session', 'local-session', 'logger', 'project', 'relay']) {
    const line = services.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
    await line.getByText('running').first().waitFor();
    expect(await line.first().innerText()).toMatch(/\d (k|M|G)B/);
  }
  await shot(page, 'site');
  expect(await accessibilityFaults(page)).toEqual([]);
  for (const tab of ['Sessions', 'Runs', 'Logs', 'Record', 'Groups']) {
    await page.getByRole('tab', { name: tab, exact: true }).click();
    await page.getByRole('table').or(page.locator('.empty')).first().waitFor();
    expect(await page.locator('.failure').count(), tab).toBe(0);
    expect(await accessibilityFaults(page), tab).toEqual([]);
  }
});

test('a session shows its services and is closed once that is confirmed', async () => {
  const { page } = at;
  await page.goto(`${platform().url}/#/`);
  const name = await createProject(page, 'To be closed');
  await addCuboid(page, 'block');
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await administration('sessions');
  const line = page.getByRole('table', { name: 'Sessions' }).getByRole('row').filter({ hasText: name });
  await line.getByRole('button', { name: 'Services' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('cell', { name: 'modeling', exact: true }).waitFor();
  await shot(page, 'session-services');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await line.getByRole('button', { name: `Close the session of ${name}` }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await line.waitFor();
  await line.getByRole('button', { name: `Close the session of ${name}` }).click();
  await dialog.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByText('The session is closed').waitFor();
  await line.waitFor({ state: 'detached' });
});

test('a group is deleted once that is confirmed', async () => {
  const { page } = at;
  const group = `crew${Date.now() % 100_000}`;
  await administration('groups');
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill(group);
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByRole('button', { name: `Delete ${group}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: `Delete ${group}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: `Delete ${group}` }).waitFor({ state: 'detached' });
});

test('the log is filtered by level, service, project, run and words, and exported', async () => {
  const { page } = at;
  await administration('logs');
  const log = page.getByRole('table', { name: 'Log' });
  const lines = log.locator('tbody tr');
  await lines.nth(1).waitFor();
  const services = () => log.locator('tbody td:nth-child(3)').allInnerTexts();
  await page.getByLabel('Service').fill('relay');
  await expect.poll(async () => new Set(await services())).toEqual(new Set(['relay']));
  await page.getByLabel('Service').fill('');
  await page.getByLabel('Level').selectOption('DEBUG');
  await page.getByLabel('Search the log').fill('serving people');
  await expect
    .poll(async () => (await lines.allInnerTexts()).every((text) => text.includes('serving people')))
    .toBe(true);
  const file = await downloaded(page, () => page.getByRole('button', { name: 'Export' }).click());
  const records = readFileSync(file.path, 'utf8').trim().split('\n');
  expect(records.length).toBeGreaterThan(0);
  for (const record of records) expect(JSON.parse(record).message).toContain('serving people');
  await page.getByLabel('Search the log').fill('');
  // What was built before was a run of a project: its lines lead to it.
  const project = page.getByLabel('Project', { exact: true });
  await project.selectOption({
    label: await project.locator('option', { hasText: 'To be closed' }).first().innerText(),
  });
  const run = log.getByTitle(/^Only records of the run/).first();
  await run.click();
  const id = await page.getByLabel('Run', { exact: true }).inputValue();
  expect(id).not.toBe('');
  await expect
    .poll(
      async () =>
        new Set(
          await log
            .locator('tbody td:nth-child(5) button')
            .evaluateAll((all) => all.map((one) => one.getAttribute('title'))),
        ),
    )
    .toEqual(new Set([`Only records of the run ${id}`]));
  await shot(page, 'logs');
  await page.getByLabel('Run', { exact: true }).fill('no-such-run');
  await page.getByText('Nothing in the log matches.').waitFor();
});

test('who does not administer the site is told so and sees nothing of it', async () => {
  const person = await newPerson(at.page, browser, 'reader');
  const { page } = person;
  expect(await page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
  for (const tab of ['users', 'site', 'logs']) {
    await page.goto(`${platform().url}/#/administration/${tab}`);
    await page.getByText('Only administrators of the site may see this.').waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
  }
  for (const [method, body] of [
    ['Logger/Services', {}],
    ['Authorization/Audit', { limit: 10 }],
  ] as const)
    await expect(call(page, method, body)).rejects.toThrow(/auth\.denied|administrator/);
  await page.getByRole('button', { name: 'All projects' }).click();
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  expect(person.faults).toEqual([]);
  await person.context.close();
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

test('a project is the template of a new one, without its history', async () => {
  const { page } = at;
  await page.goto(`${platform().url}/#/`);
  const original = await createProject(page, 'Model of others');
  await addParameter(page, 'w', '3 mm');
  await page.goto(`${platform().url}/#/`);
  await projectMenu(page, original, 'New project like this…');
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Name').inputValue()).toBe(`Like ${original}`);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, 'parameters/w').waitFor();
  await page.locator('.dock').getByRole('tab', { name: 'Versions', exact: true }).click();
  const versions = page.getByRole('table', { name: 'Versions' }).getByRole('row');
  await versions.filter({ hasText: `Begin with ${original}` }).waitFor();
  expect(await versions.count()).toBe(1);
  expect(at.faults).toEqual([]);
});
