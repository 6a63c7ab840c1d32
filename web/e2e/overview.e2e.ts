// The overview: what is told of each project, searching, sorting, narrowing, and what an archive brings along.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  call,
  createProject,
  downloaded,
  launch,
  logIn,
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
afterAll(async () => {
  expect(at?.faults).toEqual([]);
  await browser?.close();
});

const unique = (wish: string) => `${wish}-${Date.now().toString(36).slice(-5)}`;

async function overview(page: Page): Promise<void> {
  await page.goto(`${platform().url}/#/`);
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
}

const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

const names = (page: Page) => page.locator('.projects .project-name a').allInnerTexts();

/** Two projects with tags; the first one with a file of the given size, shared with a group. */
async function two(page: Page) {
  const [tag, group, stem] = [unique('tag'), unique('team'), unique('listed')];
  const [large, small] = [`${stem} large`, `${stem} small`];
  await call(page, 'Authorization/CreateGroup', { name: group });
  for (const name of [large, small]) {
    const { id } = await call(page, 'Project/CreateProject', { name, tags: name === large ? [tag] : [] });
    const bytes = name === large ? 2_500_000 : 1000;
    await page.evaluate(
      async ([project, count]) => {
        const answer = await fetch(`/api/v1/projects/${project}/blobs`, {
          method: 'POST',
          headers: { 'x-opentwin': '1' },
          body: new Uint8Array(Number(count)),
        });
        if (!answer.ok) throw new Error(await answer.text());
      },
      [id, bytes] as const,
    );
    if (name === large) await call(page, 'Authorization/Share', { project: id, group, right: 'RIGHT_VIEWER' });
  }
  return { tag, group, stem, large, small };
}

test('size, groups and tags are told; one narrows by them, searches, and sorts', async () => {
  const { page } = at;
  const { tag, group, stem, large, small } = await two(page);
  await overview(page);
  await page.reload();
  await rowOf(page, small).waitFor();
  await page.keyboard.press('/');
  await page.getByLabel('Search projects').and(page.locator(':focus')).waitFor();
  await page.keyboard.type(stem);
  await rowOf(page, large).getByText('2.5 MB').waitFor();
  await rowOf(page, small).getByText('1.0 kB').waitFor();
  expect((await names(page)).sort()).toEqual([large, small]);
  await page.getByRole('button', { name: 'Size' }).click();
  await page.getByRole('columnheader', { name: 'Size' }).and(page.locator('[aria-sort="ascending"]')).waitFor();
  expect(await names(page)).toEqual([large, small]);
  await page.getByRole('button', { name: 'Size' }).click();
  await page.getByRole('columnheader', { name: 'Size' }).and(page.locator('[aria-sort="descending"]')).waitFor();
  expect(await names(page)).toEqual([small, large]);
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'overview-found');

  // A click on a tag or group shows only what has it; the choice above says so, and takes it back.
  await rowOf(page, large).getByRole('button', { name: group }).click();
  await rowOf(page, small).waitFor({ state: 'detached' });
  expect(await page.getByRole('combobox', { name: 'Group' }).inputValue()).toBe(group);
  await page.getByLabel('Any group').click();
  await rowOf(page, small).waitFor();
  await page.getByRole('combobox', { name: 'Tag' }).click();
  await page.getByRole('option', { name: tag }).click();
  await rowOf(page, small).waitFor({ state: 'detached' });
  await page.getByLabel('Search projects').press('Escape');
  expect(await page.getByLabel('Search projects').inputValue()).toBe('');
  await page.getByLabel('Any tag').click();
});

test('keys begin a project and show the sheet', async () => {
  const { page } = at;
  await overview(page);
  await page.locator('h1').click();
  await page.keyboard.press('n');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await dialog.getByText('Mesh cells').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'shortcuts');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('an archive brings the picture along', async () => {
  const { page } = at;
  await overview(page);
  const name = await createProject(page, 'Pictured');
  const id = decodeURIComponent(/project\/([^/?]+)/.exec(page.url())?.[1] ?? '');
  const cuboid = {
    kind: 'modeling.cuboid',
    path: 'geometry/block',
    properties: '{"min":["0 mm","0 mm","0 mm"],"max":["20 mm","20 mm","20 mm"]}',
  };
  await call(page, 'Project/Commit', { project: id, message: 'A block', put: [cuboid] });
  await row(page, 'geometry/block').waitFor();
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await page.locator('.scene canvas').waitFor();
  // The view keeps its picture by itself, when it has been at rest for a while.
  await expect
    .poll(async () => (await call(page, 'Project/GetProject', { project: id })).picture, { timeout: 30_000 })
    .toMatch(/^[0-9a-f]{64}$/);
  await overview(page);
  await rowOf(page, name).locator('img').waitFor();
  const archive = await downloaded(page, () => projectMenu(page, name, 'Export'));
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'From file' }).click(),
  ]);
  await chooser.setFiles({
    name: archive.name,
    mimeType: 'application/octet-stream',
    buffer: readFileSync(archive.path),
  });
  await page.getByRole('dialog').getByRole('button', { name: 'Import' }).click();
  await rowOf(page, `${name} (2)`).locator('img').waitFor();
});
