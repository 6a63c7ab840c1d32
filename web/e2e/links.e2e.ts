// Addresses: each names a version, a view and what is selected; opened, pasted, and gone back and forth over. And what is
// as it was left when a project is opened again. Computes for some seconds.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createProject,
  launch,
  logIn,
  pane,
  ribbon,
  row,
  setParameter,
  setProperty,
  shot,
  shows,
  stored,
  tab,
  type Visit,
  visit,
} from './browser';

const RUN_MS = 180_000;
const S = 'results/transient/s-parameters';
const FIELD = 'results/transient/fields/middle';
let browser: Browser;
let at: Visit;
/** The address of the project, without more. */
let home: string;

beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  const { page } = at;
  await logIn(page);
  await createProject(page, 'Linked', 'Wr90 iris');
  home = page.url().split('?')[0] as string;
  await pane(page, 'Parameters');
  await setParameter(page, 'fine', '2 mm');
  await stored(page);
  if (!(await row(page, 'solvers/transient').isVisible())) await row(page, 'solvers').press('ArrowRight');
  await row(page, 'solvers/transient').click();
  await setProperty(page, 'Max steps', '400');
  await stored(page);
  await ribbon(page, 'Solve', 'Solve');
  await page.getByText(/fit-td\.solve .*is done/).waitFor({ timeout: RUN_MS });
  await row(page, S).waitFor();
}, 2 * RUN_MS);
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

const link = (words: { [name: string]: string }) => `${home}?${new URLSearchParams(words)}`;
const open = (page: Visit['page'], title: string) =>
  page.locator('.dock').getByRole('tab', { name: title, exact: true }).and(page.locator('[aria-selected="true"]'));
const addressHas = (page: Visit['page'], words: string) =>
  page.waitForFunction((wanted) => decodeURIComponent(window.location.hash).includes(wanted), words);

test('a view is in the address, by its kind, and a window that opens the address shows it', async () => {
  const { page } = at;
  const views: [string, string, string][] = [
    [`smith:${S}`, 's-parameters · Smith chart', '.plot .smith, .plot canvas'],
    [`table:${S}`, 's-parameters · Table', 'table.grid'],
    [`series:${S}`, 's-parameters · S-parameters', '.plot .chart canvas'],
    [`field:${FIELD}`, 'middle · Field', 'canvas'],
  ];
  for (const [view, title, drawn] of views) {
    const other = await tab(at.context, at.faults);
    await other.goto(link({ view }));
    await open(other, title).waitFor();
    await other.locator(drawn).first().waitFor();
    await addressHas(other, `view=${view}`);
    await other.close();
  }
  // A field over the model is a view of the model.
  const other = await tab(at.context, at.faults);
  await other.goto(link({ view: `scene:${FIELD}` }));
  await open(other, '3-D').waitFor();
  await other.locator('.scene').getByText('middle').first().waitFor();
  await addressHas(other, `view=scene:${FIELD}`);
  await shot(other, 'linked-field');
  await other.close();
  // Also the way back: what is opened in the tree comes into the address.
  await row(page, S).dblclick();
  await addressHas(page, `view=series:${S}`);
});

test('links within the open project lead to other views and versions, and back and forth', async () => {
  const { page } = at;
  await row(page, 'parameters/fine').click();
  await pane(page, 'Parameters');
  await setParameter(page, 'fine', '3 mm');
  await stored(page);
  await pane(page, 'Versions');
  const line = page.getByRole('row').filter({ hasText: 'Set fine to 2 mm' }).first();
  await line.getByRole('button', { name: /^What can be done/ }).click();
  await page.getByRole('menuitem', { name: 'Look at this version' }).click();
  await page.getByText('look only').waitFor();
  const old = /version=([0-9a-f]+)/.exec(page.url())?.[1] as string;
  await pane(page, 'Parameters');
  await shows(page, 'fine', '2 mm');
  // Looking at a version was a step: there is a way back from it, and forth again.
  await page.goBack();
  await shows(page, 'fine', '3 mm');
  expect(await page.getByText('look only').count()).toBe(0);
  await page.goForward();
  await shows(page, 'fine', '2 mm');
  await page.goBack();
  await shows(page, 'fine', '3 mm');
  // As if a colleague's address were pasted, while the project is open.
  await page.goto(link({ version: old, select: 'parameters/fine' }));
  await page.getByText('look only').waitFor();
  await shows(page, 'fine', '2 mm');
  await page.goto(link({ view: `smith:${S}` }));
  await open(page, 's-parameters · Smith chart').waitFor();
  await shows(page, 'fine', '3 mm');
  await page.goto(link({ view: `table:${S}` }));
  await open(page, 's-parameters · Table').waitFor();
  await page.goBack();
  await open(page, 's-parameters · Smith chart').waitFor();
  await page.goBack();
  await page.getByText('look only').waitFor();
  await shows(page, 'fine', '2 mm');
  await page.getByRole('button', { name: 'Back to main' }).click();
  await shows(page, 'fine', '3 mm');
});

test('an address that leads nowhere is told, and leaves what is shown', async () => {
  const { page } = at;
  await page.goto(link({ version: '0123456789abcdef' }));
  await page.locator('.notice', { hasText: 'Not shown' }).waitFor();
  await shows(page, 'fine', '3 mm');
  await page.waitForFunction(() => !window.location.hash.includes('version='));
  await page.goto(link({ view: 'series:results/gone' }));
  // A notice of another view may still stand there.
  await page.locator('.notice', { hasText: 'holds no results/gone' }).waitFor();
});

test('tabs, hidden bodies and sections are there again after a reload, and are of one project', async () => {
  const { page } = at;
  await page.goto(link({ view: `table:${S}` }));
  await row(page, S).dblclick();
  await open(page, 's-parameters · S-parameters').waitFor();
  if (!(await row(page, 'model/guide').isVisible())) await row(page, 'model').press('ArrowRight');
  await row(page, 'model/guide').press('h');
  await page.locator('.tree-row.hidden-body').first().waitFor();
  await ribbon(page, 'View', 'Section y');
  await page.reload();
  await open(page, 's-parameters · S-parameters').waitFor();
  for (const title of ['s-parameters · Table', 's-parameters · Smith chart'])
    await page.locator('.dock').getByRole('tab', { name: title, exact: true }).waitFor();
  if (!(await row(page, 'model/guide').isVisible())) await row(page, 'model').press('ArrowRight');
  expect(await row(page, 'model/guide').getAttribute('class')).toContain('hidden-body');
  await page.getByRole('tab', { name: 'View', exact: true }).click();
  await page.locator('.ribbon [aria-pressed="true"]', { hasText: 'Section y' }).waitFor();
  await shot(page, 'as-it-was-left');
  await page.goto(new URL('/#/', page.url()).href);
  await createProject(page, 'Another');
  expect(
    await page
      .locator('.dock')
      .getByRole('tab', { name: /s-parameters/ })
      .count(),
  ).toBe(0);
});
