// Nothing is lost: a relay that is killed, a computer that slept, a second tab, a page from before an upgrade, a login
// that ended, a clock that is off. This file takes about a minute: silence has to be told from slowness.
import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addParameter,
  createProject,
  launch,
  logIn,
  logInHere,
  pane,
  ribbon,
  row,
  setParameter,
  shot,
  shows,
  stored,
  tab,
  type Visit,
  visit,
} from './browser';
import { type OwnPlatform, startPlatform } from './platform';

const PASSWORD = 'chosen by the tests 1';
let browser: Browser;
let site: OwnPlatform;
let one: Visit;
let two: Visit;
let address: string;
const login = () => ({ url: site.url, name: site.name, first: site.password, password: PASSWORD });

beforeAll(async () => {
  site = await startPlatform();
  browser = await launch();
  one = await visit(browser, site.url);
  two = await visit(browser, site.url);
  await logIn(one.page, login());
  await createProject(one.page, 'Never lost');
  await addParameter(one.page, 'w', '1 mm');
  await addParameter(one.page, 'h', '1 mm');
  address = one.page.url();
  await logIn(two.page, login());
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

/** A window's line that can be silenced, as that of a computer that slept, or cut and kept apart. */
interface Line {
  /** Nothing passes any more, and nobody says so; lines made later are alive. */
  silence: () => void;
  /** The line breaks, and further ones do, until they are let through. */
  cut: () => Promise<void>;
  mend: () => void;
}

async function lineOf(page: Visit['page']): Promise<Line> {
  const lines: { route: WebSocketRoute; dead: boolean }[] = [];
  let shut = false;
  await page.routeWebSocket(/\/api\/v1\/socket/, async (route) => {
    if (shut) return route.close();
    const server = route.connectToServer();
    const line = { route, dead: false };
    lines.push(line);
    route.onMessage((message) => line.dead || server.send(message));
    server.onMessage((message) => line.dead || route.send(message));
  });
  return {
    silence: () => {
      for (const line of lines) line.dead = true;
    },
    cut: async () => {
      shut = true;
      for (const { route } of lines.splice(0)) await route.close();
    },
    mend: () => {
      shut = false;
    },
  };
}

test('a killed relay comes back, and the window with it: where it was, with what it missed and what was edited', async () => {
  const { page } = one;
  await row(page, 'parameters/w').click();
  await page.waitForFunction(() => window.location.hash.includes('select=parameters'));
  const before = page.url();
  site.kill('run', 'relay');
  await page.locator('.link.waiting, .link.connecting').waitFor();
  await setParameter(page, 'w', '2 mm');
  await page.getByText(/^Storing/).waitFor();
  await page.locator('.link.open').waitFor({ timeout: 60_000 });
  await stored(page);
  expect(page.url()).toBe(before);
  await page.locator('[id="tree-parameters/w"][aria-selected="true"]').waitFor();
  await two.page.goto(address);
  await pane(two.page, 'Parameters');
  await shows(two.page, 'w', '2 mm');
  // Both go on.
  await setParameter(two.page, 'h', '3 mm');
  await shows(page, 'h', '3 mm');
});

test('a computer that slept finds its line dead, and comes back with what it missed and what it edited', async () => {
  const { page } = two;
  const line = await lineOf(page);
  await page.reload();
  await pane(page, 'Parameters');
  await shows(page, 'w', '2 mm');
  await page.locator('.link.open').waitFor();
  line.silence();
  await setParameter(one.page, 'w', '4 mm');
  await stored(one.page);
  await setParameter(page, 'h', '5 mm');
  await page.getByText(/^Storing/).waitFor();
  // What a browser says when the computer wakes up.
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await shows(page, 'w', '4 mm');
  await stored(page);
  await shows(one.page, 'h', '5 mm');
});

test('edits of a window that was closed without a connection are stored by the next one', async () => {
  const { context, faults } = two;
  const closed = await tab(context, faults, site.url);
  const line = await lineOf(closed);
  await closed.goto(address);
  await pane(closed, 'Parameters');
  await shows(closed, 'h', '5 mm');
  await line.cut();
  await closed.locator('.link.waiting').waitFor();
  await setParameter(closed, 'h', '6 mm');
  await closed.getByText(/^Storing/).waitFor();
  await closed.close();
  const next = await tab(context, faults, site.url);
  await next.goto(address);
  await shows(one.page, 'h', '6 mm');
  await stored(next);
  await next.close();
});

test("two tabs of one person see each other and do not send each other's edits", async () => {
  const second = await tab(one.context, one.faults, site.url);
  await second.goto(address);
  await pane(second, 'Parameters');
  await shows(second, 'w', '4 mm');
  await setParameter(second, 'w', '7 mm');
  await setParameter(one.page, 'h', '8 mm');
  await shows(one.page, 'w', '7 mm');
  await shows(second, 'h', '8 mm');
  await stored(one.page);
  await stored(second);
  expect(await one.page.getByRole('button', { name: /^(Conflict|Refused)/ }).count()).toBe(0);
  await second.reload();
  await pane(second, 'Parameters');
  await shows(second, 'w', '7 mm');
  await second.close();
});

test('a page from before an upgrade is told to reload, and loses nothing', async () => {
  const stale = await tab(one.context, one.faults, site.url);
  let old = true;
  await stale.route(`${site.url}/`, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace(/(opentwin-build" content=")[0-9a-f]+/, '$10123456789abcdef');
    await route.fulfill({ response: answer, ...(old ? { body } : {}) });
  });
  await stale.goto(address);
  await stale.getByText('The site has a newer version of this page').waitFor();
  await shot(stale, 'outdated');
  await pane(stale, 'Parameters');
  await setParameter(stale, 'w', '9 mm');
  await shows(one.page, 'w', '9 mm');
  old = false;
  await stale.getByRole('button', { name: 'Reload' }).click();
  await row(stale, 'parameters/w').waitFor();
  await pane(stale, 'Parameters');
  await shows(stale, 'w', '9 mm');
  expect(await stale.getByText('The site has a newer version of this page').count()).toBe(0);
  await stale.close();
});

test('a clock that is off by a day tells no nonsense', async () => {
  const off = await browser.newContext({ ignoreHTTPSErrors: true });
  await off.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() - 26 * 3600 * 1000;
  });
  const page = await tab(off, [], site.url);
  await logIn(page, login());
  const line = page.getByRole('row', { name: /Never lost/ });
  await line.getByText(/just now|minutes? ago/).waitFor();
  await line.getByRole('link').click();
  await pane(page, 'Versions');
  await page
    .getByRole('table', { name: 'Versions' })
    .getByText(/just now|minutes? ago/)
    .first()
    .waitFor();
  await off.close();
});

test('a login that ends is told kindly; after the next one all is where it was, edits included', async () => {
  const { page, context } = one;
  await page.locator('.link.open').waitFor();
  const before = page.url();
  // A dialog stands open with what was typed into it.
  await ribbon(page, 'Model', 'Cuboid');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('typed_before');
  await dialog.getByLabel('Min X').fill('3 mm');
  const second = await tab(context, one.faults, site.url);
  await second.goto(`${site.url}/#/`);
  await second.locator('.account').getByRole('button').last().click();
  await second.getByRole('menuitem', { name: 'Log out' }).click();
  await second.getByRole('button', { name: 'Log in' }).waitFor();
  await second.close();
  await page.getByText('Your login has ended').waitFor({ timeout: 60_000 });
  expect(await dialog.count()).toBe(0);
  await shot(page, 'login-ended');
  await logInHere(page, site.name, PASSWORD);
  await row(page, 'parameters/w').waitFor();
  expect(page.url()).toBe(before);
  await pane(page, 'Parameters');
  await setParameter(page, 'w', '11 mm');
  await stored(page);
  // The dialog comes back with what was typed, and makes an entity of the project that is open now.
  await ribbon(page, 'Model', 'Cuboid');
  expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('typed_before');
  expect(await dialog.getByLabel('Min X').inputValue()).toBe('3 mm');
  await dialog.getByLabel('Max X').fill('4 mm');
  for (const label of ['Min Y', 'Min Z']) await dialog.getByLabel(label).fill('0 mm');
  for (const label of ['Max Y', 'Max Z']) await dialog.getByLabel(label).fill('1 mm');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, 'geometry/typed_before').waitFor();
  await stored(page);
  await page.reload();
  await row(page, 'geometry/typed_before').waitFor();
  // Whoever cancels is done with what was typed.
  await ribbon(page, 'Model', 'Cuboid');
  await dialog.getByLabel('Name', { exact: true }).fill('no_more');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await ribbon(page, 'Model', 'Cuboid');
  expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).not.toBe('no_more');
});
