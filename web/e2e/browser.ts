// The browser, and the steps that many tests share.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Platform, platform } from './platform';

export const ROOM = { width: 1366, height: 768 };

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      // A page that a test changes on its way counts as from nowhere, and may not speak to this machine.
      '--disable-features=LocalNetworkAccessChecks',
    ],
  });
}

/** Refusals and lost connections are part of the tests; the browser writes them down as errors. */
const EXPECTED = /status of [45]\d\d|WebSocket connection|net::ERR_(CONNECTION|INTERNET|NETWORK)/;

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What the page complained of; a test ends with none. */
  faults: string[];
}

/** A window of its own, with a login of its own. */
export async function visit(browser: Browser, url = platform().url): Promise<Visit> {
  const context = await browser.newContext({ viewport: ROOM, ignoreHTTPSErrors: true, colorScheme: 'light' });
  const faults: string[] = [];
  return { context, page: await tab(context, faults, url), faults };
}

/** Pages that are open, for pictures of what went wrong. */
const open = new Set<Page>();

/** Keeps pictures of all open pages where a test failed and pictures are asked for. */
export async function shotsOfFailure(name: string): Promise<void> {
  for (const [at, page] of [...open].entries())
    await shot(page, `failed-${name.slice(0, 50)}-${at}`).catch(() => undefined);
}

/** A further tab of a window. */
export async function tab(context: BrowserContext, faults: string[], url = platform().url): Promise<Page> {
  const page = await context.newPage();
  open.add(page);
  page.on('close', () => open.delete(page));
  page.setDefaultTimeout(30_000);
  const { origin } = new URL(url);
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.protocol.startsWith('http') && asked.origin !== origin) faults.push(`asked ${asked.origin}`);
  });
  return page;
}

async function fill(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Replaces a one-time password, where the page asks for that. */
async function choosePassword(page: Page, first: string, password: string): Promise<void> {
  await page.getByLabel('Present password').fill(first);
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password again').fill(password);
  await page.getByRole('button', { name: 'Set password' }).click();
}

/** Logs in at a platform, by the one-time password where it has just been started. */
export async function logIn(page: Page, at: Partial<Platform & { first: string }> = {}): Promise<void> {
  const { first, ...given } = at;
  const { url, name, password } = { ...platform(), ...given };
  await page.goto(url);
  await fill(page, name, password);
  const projects = page.getByRole('heading', { name: 'Projects' });
  const refused = page.getByRole('alert');
  await projects.or(refused).first().waitFor();
  if (await projects.isVisible()) return;
  if (!first) throw new Error(`the login was refused: ${await refused.innerText()}`);
  await fill(page, name, first);
  await choosePassword(page, first, password);
  await projects.waitFor();
}

/** Logs in again on the page that asks for it. */
export async function logInHere(page: Page, name = platform().name, password = platform().password): Promise<void> {
  await fill(page, name, password);
  await page.getByRole('button', { name: 'Log in' }).waitFor({ state: 'detached' });
}

export interface Person {
  name: string;
  password: string;
}

/** Makes a user by the administrator's page and logs the user in, in a window of its own. */
export async function newPerson(admin: Page, browser: Browser, wish: string): Promise<Person & Visit> {
  const name = `${wish}${Date.now().toString(36).slice(-5)}`;
  await admin.goto(`${platform().url}/#/administration/users`);
  await admin.getByRole('button', { name: 'New user' }).click();
  await admin.getByRole('dialog').getByLabel('Name', { exact: true }).fill(name);
  await admin.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  const first = await admin.locator('.one-time').innerText();
  await admin.getByRole('button', { name: 'Done' }).click();
  const visited = await visit(browser);
  const password = 'another fine word 2';
  await logIn(visited.page, { name, password, first });
  return { ...visited, name, password };
}

/** Makes a project, empty or from an example, waits until it is open, and tells its name. */
export async function createProject(page: Page, wish: string, example?: string): Promise<string> {
  // Names are unique, also among the runs of these tests against one platform.
  const name = `${wish} ${Date.now().toString(36).slice(-5)}`;
  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  if (example) {
    await dialog.getByLabel('Begin with').click();
    await page.getByRole('option', { name: `Example: ${example}` }).click();
  }
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('tree', { name: 'Project' }).waitFor();
  await page.getByText('All stored').waitFor();
  return name;
}

/** The menu of a project in the list. */
export async function projectMenu(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** Waits until all edits are in the store. */
export const stored = (page: Page) => page.getByText('All stored').waitFor();

export async function addParameter(page: Page, name: string, value: string): Promise<void> {
  await pane(page, 'Parameters');
  await page.getByLabel('Name of a new parameter').fill(name);
  await page.getByLabel('Value of a new parameter').fill(value);
  await page.getByLabel('Value of a new parameter').press('Enter');
  await row(page, `parameters/${name}`).waitFor();
  await stored(page);
}

export async function setParameter(page: Page, name: string, value: string): Promise<void> {
  const field = page.getByLabel(`Value of ${name}`, { exact: true });
  await field.fill(value);
  await field.press('Enter');
}

/** Waits until the list of parameters shows a value. */
export const shows = (page: Page, name: string, value: string) =>
  page.waitForFunction(
    ([label, wanted]) => (document.querySelector(`[aria-label="${label}"]`) as HTMLInputElement)?.value === wanted,
    [`Value of ${name}`, value],
  );

/** One call of the programming interface, as whoever is logged in on the page. */
export function call(page: Page, method: string, body: object): Promise<{ [name: string]: string }> {
  return page.evaluate(
    async ([name, text]) => {
      const answer = await fetch(`/api/v1/${name}`, {
        method: 'POST',
        headers: { 'x-opentwin': '1', 'content-type': 'application/json' },
        body: text,
      });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    },
    [method, JSON.stringify(body)] as const,
  );
}

/** Labels the newest version, and lays its results over the plots of later ones. */
export async function layOverPlots(page: Page, label: string): Promise<void> {
  await pane(page, 'Versions');
  const newest = page.getByRole('button', { name: /^What can be done with version/ }).first();
  await newest.click();
  await page.getByRole('menuitem', { name: 'Label…' }).click();
  await page.getByRole('textbox', { name: 'Label' }).fill(label);
  await page.getByRole('button', { name: 'Set label' }).click();
  await newest.click();
  await page.getByRole('menuitem', { name: 'Lay over the plots' }).click();
}

/** A block of 20 mm, as a body once it is built. */
export async function addCuboid(page: Page, name: string, size = '20 mm'): Promise<void> {
  await ribbon(page, 'Model', 'Cuboid');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  for (const axis of ['X', 'Y', 'Z']) {
    await dialog.getByLabel(`Min ${axis}`).fill('0 mm');
    await dialog.getByLabel(`Max ${axis}`).fill(size);
  }
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, `geometry/${name}`).waitFor();
  await stored(page);
}

/** Drops a file made of this text, as the mouse would. */
export async function dropFile(page: Page, onto: string, name: string, text: string, times = 1): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([file, content, count]) => {
      const data = new DataTransfer();
      data.items.add(
        new File(
          Array.from({ length: Number(count) }, () => String(content)),
          String(file),
        ),
      );
      return data;
    },
    [name, text, times] as const,
  );
  await page.dispatchEvent(onto, 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent(onto, 'drop', { dataTransfer: transfer });
}

/** What a download holds. */
export async function downloaded(page: Page, begin: () => Promise<unknown>): Promise<{ name: string; path: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), begin()]);
  return { name: download.suggestedFilename(), path: await download.path() };
}

export const row = (page: Page, path: string) => page.locator(`[id="tree-${path}"]`);

export async function ribbon(page: Page, tab: string, button: string): Promise<void> {
  await page.getByRole('tab', { name: tab, exact: true }).click();
  await page.locator('.ribbon').getByRole('button', { name: button, exact: true }).click();
}

export async function pane(page: Page, name: string): Promise<void> {
  await page.locator('.dock').getByRole('tab', { name, exact: true }).click();
}

/** Sets a field of the property grid. */
export async function setProperty(page: Page, label: string, value: string): Promise<void> {
  const field = page.locator('.properties').getByLabel(label, { exact: true });
  await field.fill(value);
  await field.press('Enter');
}

/** What an assistive technology would stumble over, serious or worse. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  await page.evaluate(readFileSync(source, 'utf8'));
  return page.evaluate(async () => {
    const axe = (
      window as unknown as {
        axe: { run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      }
    ).axe;
    const { violations } = await axe.run();
    return violations
      .filter((violation) => ['serious', 'critical'].includes(violation.impact))
      .map((violation) => `${violation.id}: ${violation.nodes[0]?.html.slice(0, 200)}`);
  });
}

/** Keeps a picture where pictures are asked for. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env.E2E_SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  // The model is to be seen as it is at rest; where a field runs over it, it never is.
  await page
    .locator('.scene canvas[data-picture="moving"]')
    .waitFor({ state: 'detached', timeout: 5000 })
    .catch(() => undefined);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Waits until `what` gives the expected, for things that no element shows. */
export async function eventually<T>(what: () => Promise<T>, wanted: (found: T) => boolean, ms = 30_000): Promise<T> {
  const end = Date.now() + ms;
  let found = await what();
  while (!wanted(found) && Date.now() < end) {
    await new Promise((done) => setTimeout(done, 100));
    found = await what();
  }
  expect(wanted(found), `in the end it was ${JSON.stringify(found)}`).toBe(true);
  return found;
}
