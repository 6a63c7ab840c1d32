// The browser, and the steps that many tests share.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { platform } from './platform';

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
    ],
  });
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What the page complained of; a test ends with none. */
  faults: string[];
}

/** A window of its own, with a login of its own. */
export async function visit(browser: Browser): Promise<Visit> {
  const context = await browser.newContext({ viewport: ROOM, ignoreHTTPSErrors: true, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  const origin = new URL(platform().url).origin;
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // A refused login is part of the tests; the browser writes it down as an error.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== origin) faults.push(`asked ${url.origin}`);
  });
  return { context, page, faults };
}

async function fill(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Logs in, by the one-time password where this platform has just been started. */
export async function logIn(page: Page, name = platform().name, password = platform().password): Promise<void> {
  const { url, first } = platform();
  await page.goto(url);
  await fill(page, name, password);
  const projects = page.getByRole('heading', { name: 'Projects' });
  const refused = page.getByRole('alert');
  await projects.or(refused).first().waitFor();
  if (await projects.isVisible()) return;
  if (!first) throw new Error(`the login was refused: ${await refused.innerText()}`);
  await fill(page, name, first);
  await page.getByLabel('Present password').fill(first);
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password again').fill(password);
  await page.getByRole('button', { name: 'Set password' }).click();
  await projects.waitFor();
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
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Waits until `what` gives the expected, for things that no element shows. */
export async function eventually<T>(what: () => Promise<T>, wanted: (found: T) => boolean, ms = 20_000): Promise<T> {
  const end = Date.now() + ms;
  let found = await what();
  while (!wanted(found) && Date.now() < end) {
    await new Promise((done) => setTimeout(done, 100));
    found = await what();
  }
  expect(wanted(found), `in the end it was ${JSON.stringify(found)}`).toBe(true);
  return found;
}
