// Large projects: the tree and the list of versions draw what is seen, and lose nothing of the rest.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, createProject, eventually, launch, logIn, pane, row, shot, type Visit, visit } from './browser';

const ENTITIES = 3000;
const VERSIONS = 520;
let browser: Browser;
let at: Visit;

const parameter = (name: string, value: string) => ({
  path: `parameters/${name}`,
  kind: 'project.parameter',
  properties: JSON.stringify({ value }),
});
const opened = () => /project\/([^?]+)/.exec(at.page.url())?.[1] as string;

beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  await logIn(at.page);
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

const drawn = (selector: string) => at.page.locator(selector).count();

test('the tree draws the rows that are seen; keys, search and selection reach all', async () => {
  const { page } = at;
  await createProject(page, 'Large');
  const put = Array.from({ length: ENTITIES }, (_, at) => parameter(`p${String(at).padStart(4, '0')}`, `${at} mm`));
  await call(page, 'Project/Commit', { project: opened(), message: 'Many parameters', put });
  await row(page, 'parameters/p0000').waitFor();
  expect(await drawn('.tree-row')).toBeLessThan(200);
  await row(page, 'parameters/p0000').click();
  await page.keyboard.press('End');
  await page.locator('[id="tree-parameters/p2999"]:focus').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.locator('[id="tree-parameters/p2998"]:focus').waitFor();
  expect(await row(page, 'parameters/p2998').getAttribute('aria-posinset')).toBe('2999');
  // The row with the focus stays while one scrolls away.
  await page.locator('.tree').evaluate((tree) => tree.scrollTo(0, 0));
  await row(page, 'parameters/p0000').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.locator('[id="tree-parameters/p2997"]:focus').waitFor();
  expect(await row(page, 'parameters/p2997').isVisible()).toBe(true);
  // Selected elsewhere, it is scrolled to.
  await page.goto(`${page.url().split('?')[0]}?select=parameters/p1500`);
  await row(page, 'parameters/p1500').waitFor();
  const seen = await row(page, 'parameters/p1500').evaluate((element) => {
    const [inner, outer] = [element.getBoundingClientRect(), element.closest('.tree')?.getBoundingClientRect()];
    return outer !== undefined && inner.top >= outer.top && inner.bottom <= outer.bottom + 1;
  });
  expect(seen).toBe(true);
  await shot(page, 'large-tree');
});

test('all versions can be reached, page by page', async () => {
  const { page } = at;
  await page.goto(new URL('/#/', page.url()).href);
  await createProject(page, 'Long');
  // One upon the other, over one line.
  await page.evaluate(
    ([project, count, kind]) =>
      new Promise<void>((done, failed) => {
        const line = new WebSocket(`wss://${window.location.host}/api/v1/socket`);
        const make = (at: number) => {
          const put = [{ path: 'parameters/w', kind, properties: JSON.stringify({ value: `${at} mm` }) }];
          line.send(
            JSON.stringify({ id: at + 1, call: 'Project/Commit', body: { project, message: `Step ${at}`, put } }),
          );
        };
        line.onopen = () => make(0);
        line.onclose = () => failed(new Error('the line broke'));
        line.onmessage = ({ data }) => {
          const { id, end, error } = JSON.parse(String(data));
          if (error) failed(new Error(error.message));
          if (!end) return;
          if (id < count) make(id);
          else done();
        };
      }),
    [opened(), VERSIONS, 'project.parameter'] as const,
  );
  await page.reload();
  await pane(page, 'Versions');
  const table = page.getByRole('table', { name: 'Versions' });
  await table
    .getByText(/^Step 5/)
    .first()
    .waitFor();
  expect(await table.getAttribute('aria-rowcount')).toBe('500');
  expect(await table.getByRole('row').count()).toBeLessThan(200);
  const list = page.locator('.versions');
  const end = () => list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await end();
  await page.getByRole('button', { name: 'Older…' }).click();
  await eventually(
    () => table.getAttribute('aria-rowcount'),
    (count) => count === String(VERSIONS),
  );
  await end();
  await table.getByText('Step 0', { exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Older…' }).count()).toBe(0);
  await shot(page, 'large-versions');
  // Rows are as high as the gaps are counted.
  const heights = await table
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.filter((one) => one.hasAttribute('aria-rowindex')).map((one) => one.getBoundingClientRect().height),
    );
  expect(new Set(heights)).toEqual(new Set([24]));
});
