import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProject, launch, logIn, pane, row, setProperty, type Visit, visit } from './browser';

let browser: Browser;
let one: Visit;
let two: Visit;
const lines: WebSocketRoute[] = [];

beforeAll(async () => {
  browser = await launch();
  one = await visit(browser);
  two = await visit(browser);
  await two.page.routeWebSocket(/\/api\/v1\/socket/, (route) => {
    route.connectToServer();
    lines.push(route);
  });
  await logIn(one.page);
  await createProject(one.page, 'Two at once');
  await pane(one.page, 'Parameters');
  await one.page.getByLabel('Name of a new parameter').fill('w');
  await one.page.getByLabel('Value of a new parameter').fill('1 mm');
  await one.page.getByLabel('Value of a new parameter').press('Enter');
  await one.page.getByText('All stored').waitFor();
  await logIn(two.page);
  await two.page.goto(one.page.url());
  await row(two.page, 'parameters/w').waitFor();
});
afterAll(() => browser?.close());

const shows = (page: Visit['page'], value: string) =>
  page.waitForFunction(
    (wanted) => (document.querySelector('[aria-label="Value of w"]') as HTMLInputElement)?.value === wanted,
    value,
  );

test('what one commits and selects, the other sees', async () => {
  await pane(two.page, 'Parameters');
  const value = one.page.getByLabel('Value of w', { exact: true });
  await value.fill('2 mm');
  await value.press('Enter');
  await shows(two.page, '2 mm');
  await row(one.page, 'parameters/w').click();
  await two.page.locator('[id="tree-parameters/w"] .badge').waitFor();
});

test('a lost connection comes back by itself, with what was missed', async () => {
  for (const line of lines.splice(0)) await line.close();
  const value = one.page.getByLabel('Value of w', { exact: true });
  await value.fill('3 mm');
  await value.press('Enter');
  await shows(two.page, '3 mm');
  await two.page.locator('.link.open').waitFor();
});

test('edits of one entity made at once are offered as mine, branch or theirs', async () => {
  // The second window stays behind: its socket is held shut while both edit.
  let shut = true;
  await two.page.routeWebSocket(/\/api\/v1\/socket/, (route) => {
    if (shut) void route.close();
    else {
      route.connectToServer();
      lines.push(route);
    }
  });
  for (const line of lines.splice(0)) await line.close();
  await two.page.locator('.link.waiting').waitFor();
  await row(two.page, 'parameters/w').click();
  await setProperty(two.page, 'Value', '7 mm');
  await two.page.getByText(/^Storing/).waitFor();
  const value = one.page.getByLabel('Value of w', { exact: true });
  await value.fill('8 mm');
  await value.press('Enter');
  await one.page.getByText('All stored').waitFor();
  shut = false;
  await two.page.getByRole('button', { name: /^Conflict/ }).click({ timeout: 40_000 });
  await two.page.getByRole('button', { name: 'Put mine on top' }).click();
  await two.page.getByText('All stored').waitFor();
  await shows(one.page, '7 mm');
  expect(one.faults).toEqual([]);
});
