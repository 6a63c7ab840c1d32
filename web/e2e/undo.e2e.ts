// Undo takes back one's own last change: not what a run computed, not what is another's, and not more than was sent.
import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addCuboid,
  addParameter,
  call,
  createProject,
  launch,
  logIn,
  newPerson,
  type Person,
  pane,
  ribbon,
  row,
  setParameter,
  shot,
  shows,
  stored,
  type Visit,
  visit,
} from './browser';

let browser: Browser;
let one: Visit;
let bob: Person & Visit;
const lines: WebSocketRoute[] = [];
/** While it is true the first window gets no connection. */
let shut = false;

beforeAll(async () => {
  browser = await launch();
  one = await visit(browser);
  await one.page.routeWebSocket(/\/api\/v1\/socket/, async (route) => {
    if (shut) return route.close();
    route.connectToServer();
    lines.push(route);
  });
  await logIn(one.page);
  bob = await newPerson(one.page, browser, 'bob');
  await one.page.goto(new URL('/#/', one.page.url()).href);
  await createProject(one.page, 'Undone');
  await addParameter(one.page, 'w', '1 mm');
  await addParameter(one.page, 'h', '1 mm');
  await addCuboid(one.page, 'block', 'w');
});
afterAll(async () => {
  expect(one.faults).toEqual([]);
  expect(bob.faults).toEqual([]);
  await browser?.close();
});

const button = (name: string) => one.page.locator('.ribbon').getByRole('button', { name, exact: true });

/** Presses a key of the window, not of a field. */
async function press(page: Visit['page'], keys: string): Promise<void> {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.keyboard.press(keys);
}

test('undo after a run takes back the last change, and leaves what was computed', async () => {
  const { page } = one;
  await pane(page, 'Parameters');
  await setParameter(page, 'w', '2 mm');
  await stored(page);
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await row(page, 'model').waitFor();
  await ribbon(page, 'Home', 'Undo');
  await pane(page, 'Parameters');
  await shows(page, 'w', '1 mm');
  // The body stays, and says that it is of something else.
  await row(page, 'model').getByText('stale').waitFor();
  await shot(page, 'undone-after-a-run');
  expect(await button('Redo').getAttribute('title')).toContain('Set w to 2 mm');
  await press(page, 'Control+y');
  await shows(page, 'w', '2 mm');
  await row(page, 'model').getByText('stale').waitFor({ state: 'detached' });
  await page.locator('.ribbon').getByRole('button', { name: 'Redo', exact: true, disabled: true }).waitFor();
});

test('an edit that is not sent yet is taken back without a connection, and put back', async () => {
  const { page } = one;
  shut = true;
  for (const line of lines.splice(0)) await line.close();
  await page.locator('.link.waiting').waitFor();
  await setParameter(page, 'h', '5 mm');
  await page.getByText(/^Storing/).waitFor();
  await press(page, 'Control+z');
  await shows(page, 'h', '1 mm');
  await stored(page);
  await press(page, 'Control+y');
  await shows(page, 'h', '5 mm');
  await press(page, 'Control+z');
  await stored(page);
  shut = false;
  await page.locator('.link.open').waitFor({ timeout: 60_000 });
  await shows(page, 'h', '1 mm');
  await pane(page, 'Versions');
  const versions = page.getByRole('table', { name: 'Versions' });
  expect(await versions.getByText('Set h to 5 mm').count()).toBe(0);
  await pane(page, 'Parameters');
  await shows(page, 'w', '2 mm');
});

test('of two people each undoes the own change', async () => {
  const { page } = one;
  const project = /project\/([^?]+)/.exec(page.url())?.[1];
  await call(page, 'Authorization/Share', { project, user: bob.name, right: 'RIGHT_EDITOR' });
  await bob.page.goto(page.url());
  await pane(bob.page, 'Parameters');
  await shows(bob.page, 'w', '2 mm');
  expect(await bob.page.locator('.ribbon').getByRole('button', { name: 'Undo', exact: true }).isDisabled()).toBe(true);
  await setParameter(page, 'w', '3 mm');
  await shows(bob.page, 'w', '3 mm');
  await setParameter(bob.page, 'h', '7 mm');
  await shows(page, 'h', '7 mm');
  // The newest version is Bob's.
  await press(page, 'Control+z');
  await shows(page, 'w', '2 mm');
  await shows(bob.page, 'w', '2 mm');
  await shows(bob.page, 'h', '7 mm');
  await press(bob.page, 'Control+z');
  await shows(page, 'h', '1 mm');
  await press(page, 'Control+y');
  await shows(bob.page, 'w', '3 mm');
  await shows(bob.page, 'h', '1 mm');
});

test('what others have changed since is not undone, and named', async () => {
  const { page } = one;
  await setParameter(bob.page, 'w', '9 mm');
  await shows(page, 'w', '9 mm');
  await press(page, 'Control+z');
  const notice = page.locator('.notice', { hasText: 'Nothing undone' });
  await notice.waitFor();
  expect(await notice.innerText()).toContain('parameters/w');
  await shot(page, 'undo-refused');
  await shows(page, 'w', '9 mm');
});
