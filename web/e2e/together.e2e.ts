import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
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
import { platform } from './platform';

let browser: Browser;
let one: Visit;
let two: Visit;
const lines: WebSocketRoute[] = [];
/** While it is true the second window gets no connection. */
let shut = false;

beforeAll(async () => {
  browser = await launch();
  one = await visit(browser);
  two = await visit(browser);
  await two.page.routeWebSocket(/\/api\/v1\/socket/, async (route) => {
    if (shut) return route.close();
    route.connectToServer();
    lines.push(route);
  });
  await logIn(one.page);
  await createProject(one.page, 'Two at once');
  // The second one is there from the beginning: nothing may be lost between its first look and its watch.
  await logIn(two.page);
  await two.page.goto(one.page.url());
  await two.page.getByRole('tree', { name: 'Project' }).waitFor();
  await addParameter(one.page, 'w', '1 mm');
  await row(two.page, 'parameters/w').waitFor();
});
afterAll(() => browser?.close());

test('what one commits and selects, the other sees', async () => {
  await pane(two.page, 'Parameters');
  await setParameter(one.page, 'w', '2 mm');
  await shows(two.page, 'w', '2 mm');
  await row(one.page, 'parameters/w').click();
  await two.page.locator('[id="tree-parameters/w"] .badge').waitFor();
});

test('a lost connection comes back by itself, with what was missed', async () => {
  for (const line of lines.splice(0)) await line.close();
  await setParameter(one.page, 'w', '3 mm');
  await shows(two.page, 'w', '3 mm');
  await two.page.locator('.link.open').waitFor();
});

/** Lets both set `w` while the second window is cut off, and brings it back; its edit is then in conflict. */
async function bothSet(mine: string, theirs: string): Promise<void> {
  shut = true;
  for (const line of lines.splice(0)) await line.close();
  await two.page.locator('.link.waiting').waitFor();
  await row(two.page, 'parameters/w').click();
  await setProperty(two.page, 'Value', mine);
  await two.page.getByText(/^Storing/).waitFor();
  await setParameter(one.page, 'w', theirs);
  await stored(one.page);
  shut = false;
  await two.page.getByRole('button', { name: /^Conflict/ }).click({ timeout: 40_000 });
  const sides = two.page.getByRole('dialog').getByRole('row').filter({ hasText: 'parameters/w' });
  await sides.waitFor();
  expect(await sides.getByRole('cell').allInnerTexts()).toEqual(['parameters/w', 'value', theirs, mine]);
}

test('edits of one entity made at once: mine on top', async () => {
  await bothSet('7 mm', '8 mm');
  await shot(two.page, 'conflict');
  await two.page.getByRole('button', { name: 'Put mine on top' }).click();
  await stored(two.page);
  await shows(one.page, 'w', '7 mm');
});

test('edits of one entity made at once: theirs', async () => {
  await bothSet('9 mm', '10 mm');
  await two.page.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  await stored(two.page);
  await shows(two.page, 'w', '10 mm');
  await shows(one.page, 'w', '10 mm');
});

test('edits of one entity made at once: mine on a branch', async () => {
  await bothSet('11 mm', '12 mm');
  await two.page.getByRole('button', { name: 'Keep mine on a branch' }).click();
  await stored(two.page);
  await two.page.waitForFunction(() =>
    (document.querySelector('[aria-label="Branch"]') as HTMLSelectElement)?.value.startsWith('main-'),
  );
  await shows(two.page, 'w', '11 mm');
  await shows(one.page, 'w', '12 mm');
  // The other sees that there is a branch, and can merge it.
  await one.page.waitForFunction(() => document.querySelectorAll('[aria-label="Branch"] option').length === 2);
  await two.page.getByLabel('Branch').selectOption('main');
  await shows(two.page, 'w', '12 mm');
});

test('the first changes of two people in a new project do not overwrite each other', async () => {
  await one.page.goto(`${platform().url}/#/`);
  const name = await createProject(one.page, 'New to both');
  shut = false;
  await two.page.goto(one.page.url());
  // Another place of the same page: tree and state of the connection are there from before, until the new name is.
  await two.page.getByRole('heading', { name }).waitFor();
  await two.page.getByRole('tree', { name: 'Project' }).waitFor();
  await two.page.locator('.link.open').waitFor();
  shut = true;
  for (const line of lines.splice(0)) await line.close();
  await two.page.locator('.link.waiting').waitFor();
  await pane(two.page, 'Parameters');
  await two.page.getByLabel('Name of a new parameter').fill('w');
  await two.page.getByLabel('Value of a new parameter').fill('2 mm');
  await two.page.getByLabel('Value of a new parameter').press('Enter');
  await two.page.getByText(/^Storing/).waitFor();
  await addParameter(one.page, 'w', '1 mm');
  shut = false;
  await two.page.getByRole('button', { name: /^Conflict/ }).click({ timeout: 40_000 });
  await two.page.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  await shows(two.page, 'w', '1 mm');
  expect(one.faults).toEqual([]);
  expect(two.faults).toEqual([]);
});
