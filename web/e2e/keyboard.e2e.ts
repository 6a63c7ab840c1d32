// Without a mouse, for everybody, and in a small window: a walk by keys alone, and what assistive technology finds in the
// main views, in both themes.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  addCuboid,
  addParameter,
  createProject,
  launch,
  logIn,
  pane,
  ROOM,
  ribbon,
  row,
  shot,
  stored,
  type Visit,
  visit,
} from './browser';
import { platform } from './platform';

let browser: Browser;
let at: Visit;
beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

/** Presses Tab until the focus is on something of this name. */
async function tabTo(page: Visit['page'], name: RegExp, key = 'Tab', most = 80): Promise<void> {
  const named = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement)) return '';
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])].map((one) => one.innerText) : [];
      return [element.getAttribute('aria-label'), ...labels, element.innerText, element.id].filter(Boolean).join(' | ');
    });
  const seen: string[] = [];
  for (let count = 0; count < most; count += 1) {
    await page.keyboard.press(key);
    const now = await named();
    if (name.test(now)) return;
    seen.push(now);
  }
  throw new Error(`no ${name} among what Tab reaches: ${seen.join(', ')}`);
}

test('from the login to a built block and back by keys alone', async () => {
  const { page } = at;
  // The platform may have been started just now: the first password is replaced by the common way.
  const first = await visit(browser);
  await logIn(first.page);
  await first.context.close();
  const { url, name, password } = platform();
  await page.goto(url);
  await page.getByLabel('Name').waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  await tabTo(page, /New project/);
  await page.keyboard.press('Enter');
  const focused = page.locator('[role="dialog"] input:focus');
  await focused.waitFor();
  await page.keyboard.type(`By keys ${Date.now().toString(36).slice(-5)}`);
  await page.keyboard.press('Enter');
  await page.getByRole('tree', { name: 'Project' }).waitFor();
  await stored(page);

  await page.getByRole('tab', { name: 'Model', exact: true }).waitFor();
  await page.keyboard.press('Control+k');
  await focused.waitFor();
  await page.keyboard.type('cuboid');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).waitFor();
  await focused.waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('brick');
  for (const axis of ['X', 'Y', 'Z']) {
    await tabTo(page, new RegExp(`Min ${axis}`));
    await page.keyboard.type('0 mm');
  }
  for (const axis of ['X', 'Y', 'Z']) {
    await tabTo(page, new RegExp(`Max ${axis}`));
    await page.keyboard.type('5 mm');
  }
  await tabTo(page, /^Create/);
  await page.keyboard.press('Enter');
  await row(page, 'geometry/brick').waitFor();
  await stored(page);

  await tabTo(page, /ribbon-tab-Home/);
  await page.keyboard.press('ArrowRight');
  await page.locator('.ribbon [aria-selected="true"]', { hasText: 'Model' }).waitFor();
  await tabTo(page, /^Build/);
  await page.keyboard.press('Enter');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await tabTo(page, /tree-/);
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.locator('[role="treeitem"]:focus').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('This sheet').waitFor();
  // The dialog takes the focus, and gives it back.
  await page.locator('[role="dialog"] :focus').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.locator('[role="treeitem"]:focus').waitFor();
});

test('assistive technology finds nothing serious in any main view, in both themes', async () => {
  const { page } = at;
  await page.goto(`${platform().url}/#/`);
  await createProject(page, 'For everybody');
  await addParameter(page, 'side', '5 mm');
  await addCuboid(page, 'brick', 'side');
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await row(page, 'geometry/brick').click();
  for (const theme of ['bright', 'dark']) {
    if (theme === 'dark') await page.getByRole('button', { name: 'Dark theme' }).click();
    for (const name of ['Parameters', 'Runs', 'Versions', 'Output']) {
      await pane(page, name);
      expect(await accessibilityFaults(page), `${name}, ${theme}`).toEqual([]);
    }
    for (const tab of ['Home', 'View', 'Model']) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      expect(await accessibilityFaults(page), `${tab}, ${theme}`).toEqual([]);
    }
    await shot(page, `project-${theme}`);
  }
  await page.goto(`${platform().url}/#/`);
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  expect(await accessibilityFaults(page), 'projects, dark').toEqual([]);
  await shot(page, 'overview-dark');
  for (const tab of ['users', 'groups', 'site', 'sessions', 'runs', 'logs', 'audit']) {
    await page.goto(`${platform().url}/#/administration/${tab}`);
    await page.getByRole('table').or(page.locator('.empty')).first().waitFor();
    expect(await accessibilityFaults(page), `${tab}, dark`).toEqual([]);
  }
  await page.getByRole('button', { name: 'Bright theme' }).click();
});

test('nothing sticks out of a window of 1366 × 768', async () => {
  const { page } = at;
  expect(page.viewportSize()).toEqual(ROOM);
  const tooWide = () =>
    page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
  for (const place of ['', 'administration/users', 'administration/site']) {
    await page.goto(`${platform().url}/#/${place}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await tooWide()).toEqual([ROOM.width, ROOM.height]);
  }
  await page.goto(`${platform().url}/#/`);
  await createProject(page, 'Small window');
  expect(await tooWide()).toEqual([ROOM.width, ROOM.height]);
  // The ribbon shows all buttons of its longest tab.
  for (const tab of await page.locator('.ribbon-tabs [role="tab"]').all()) {
    await tab.click();
    const cut = await page.locator('.ribbon-body').evaluate((body) => body.scrollWidth - body.clientWidth);
    expect(cut, await tab.innerText()).toBeLessThanOrEqual(0);
  }
});
