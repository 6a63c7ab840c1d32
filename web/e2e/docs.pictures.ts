// Makes the pictures of docs/screenshots, on a site with projects as engineers have them: `npm run pictures`. Computes
// for some minutes. The walk is recorded by walk.pictures.ts.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, launch, layOverPlots, logIn, pane, ribbon, row, setParameter, shows, stored, visit } from './browser';
import { platform } from './platform';
import { sharp } from './scene';

const FOLDER = process.env.PICTURES ?? resolve(import.meta.dirname, '../../docs/screenshots');
const RUN_MS = 900_000;

let browser: Browser;
let page: Page;
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  browser = await launch();
  page = (await visit(browser)).page;
  await logIn(page);
});
afterAll(() => browser?.close());

async function closeMessages(): Promise<void> {
  // They go by themselves, too: what is there in this moment is closed in this moment.
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLElement>('[aria-label="Close message"]')) button.click();
  });
  await page.locator('.notice').first().waitFor({ state: 'detached' });
}

/** Keeps a picture, with the pointer and messages out of the way. */
async function keep(name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await closeMessages();
  await sharp(page);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}

async function theme(name: 'Bright theme' | 'Dark theme'): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  if (await button.isVisible()) await button.click();
}

interface Wish {
  name: string;
  example: string;
  description: string;
  tags: string[];
  groups: string[];
}

const PROJECTS: Wish[] = [
  {
    name: 'Bracket of the feed',
    example: 'Block minus solids',
    description: 'Mechanical mock-up for the test range',
    tags: ['mechanics'],
    groups: [],
  },
  {
    name: 'Slab-loaded guide',
    example: 'Dielectric guide',
    description: 'Phase of a partly filled waveguide against theory',
    tags: ['validation', 'waveguide'],
    groups: ['waveguides'],
  },
  {
    name: 'Cavity, TE101',
    example: 'Pec cavity',
    description: 'Eigenfrequencies of a closed box against theory',
    tags: ['validation'],
    groups: ['waveguides'],
  },
  {
    name: 'WR-90 inductive iris',
    example: 'Wr90 iris',
    description: 'X-band filter section against the Waveguide Handbook',
    tags: ['X band', 'filter', 'waveguide'],
    groups: ['waveguides', 'review'],
  },
  {
    name: 'Patch antenna 2.4 GHz',
    example: 'Patch antenna',
    description: 'Probe-fed patch on a low-loss board, tuned by its length',
    tags: ['antenna', 'ISM band'],
    groups: ['antennas', 'review'],
  },
];

/** Makes a project of an example, builds its model, and waits until its picture is kept. */
async function make(wish: Wish): Promise<string> {
  await page.goto(`${platform().url}/#/`);
  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Begin with').click();
  await page.getByRole('option', { name: `Example: ${wish.example}` }).click();
  await dialog.getByLabel('Name').fill(wish.name);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.locator('.project-bar').getByText(wish.name).waitFor();
  await row(page, 'geometry').waitFor();
  await stored(page);
  const id = decodeURIComponent(/project\/([^/?]+)/.exec(page.url())?.[1] ?? '');
  await call(page, 'Project/UpdateProject', { project: id, description: wish.description, addTags: wish.tags });
  for (const group of wish.groups)
    await call(page, 'Authorization/Share', { project: id, group, right: 'RIGHT_EDITOR' });
  await closeMessages();
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: RUN_MS });
  const picture = async () => (await call(page, 'Project/GetProject', { project: id })).picture ?? '';
  await expect.poll(picture, { timeout: 120_000 }).not.toBe('');
  return id;
}

async function open(path: string): Promise<void> {
  const parts = path.split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const parent = row(page, parts.slice(0, count).join('/'));
    await parent.waitFor();
    if ((await parent.getAttribute('aria-expanded')) === 'false') await parent.press('ArrowRight');
  }
  await row(page, path).waitFor();
}

/** The runs of the site, while one of another project waits for the one that is under way. */
async function keepQueue(other: string): Promise<void> {
  const before = page;
  page = await before.context().newPage();
  await page.goto(`${platform().url}/#/project/${encodeURIComponent(other)}`);
  await row(page, 'solvers').waitFor();
  await solve();
  await page
    .locator('.runs')
    .getByText(/queued, place 1/)
    .waitFor();
  await page.goto(`${platform().url}/#/administration/runs`);
  const queued = page.getByRole('row').filter({ hasText: 'queued, place 1' });
  await queued.waitFor();
  await keep('administration-runs');
  await queued.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
  await queued.waitFor({ state: 'detached' });
  await page.close();
  page = before;
}

async function solve(): Promise<void> {
  await open('solvers/transient');
  await row(page, 'solvers/transient').click();
  await ribbon(page, 'Solve', 'Solve');
}

test(
  'pictures',
  async () => {
    for (const name of ['antennas', 'waveguides', 'review']) await call(page, 'Authorization/CreateGroup', { name });
    const ids: string[] = [];
    for (const wish of PROJECTS) ids.push(await make(wish));
    const [iris = '', patch = ''] = ids.slice(-2);

    // The patch antenna is open; its own monitor is a plane.
    await call(page, 'Project/Commit', {
      project: patch,
      message: 'Record the field around the patch',
      put: [
        {
          kind: 'fit-td.monitor',
          path: 'monitors/around',
          properties: JSON.stringify({
            field: 'E',
            frequencies: ['2.4 GHz'],
            min: ['-40 mm', '-40 mm', '-2 mm'],
            max: ['40 mm', '40 mm', '12 mm'],
          }),
        },
      ],
    });
    await pane(page, 'Parameters');
    await page.locator('.parameters').getByText('32 mm').first().waitFor();
    await open('solvers/transient');
    await row(page, 'solvers/transient').click();
    await ribbon(page, 'Solve', 'Solve');
    await page.locator('.notice', { hasText: /fit-td\.solve .*is done/ }).waitFor({ timeout: RUN_MS });
    await keep('model');
    await page.locator('.scene canvas').focus();
    await ribbon(page, 'View', 'Section y');
    await page.getByLabel('Section y', { exact: true }).last().waitFor();
    await keep('section');
    await page.getByRole('button', { name: 'Close section y' }).click();
    await ribbon(page, 'View', 'Mesh cells');
    await page.locator('.scene canvas[data-cells="solid"]').waitFor();
    await keep('cells');
    await theme('Dark theme');
    await keep('cells-dark');
    await theme('Bright theme');
    await page.getByRole('button', { name: 'Close the mesh cells' }).click();

    await open('results/transient/fields/near');
    await row(page, 'results/transient/fields/near').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Show In 3-D' }).click();
    const panel = page.getByRole('region', { name: 'Field near' });
    await panel.getByText('V/m').waitFor();
    await page.locator('.scene canvas[data-field-planes="1"]').waitFor();
    await keep('field');
    await panel.getByRole('button', { name: 'Close the field' }).click();
    await row(page, 'results/transient/fields/around').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Show In 3-D' }).click();
    const around = page.getByRole('region', { name: 'Field around' });
    await around.getByText('V/m').waitFor();
    await around.getByRole('button', { name: 'Surfaces' }).click();
    await page.locator('.scene canvas[data-field-surface="yes"]').waitFor();
    for (const plane of await around.getByRole('button', { name: /^Plane/, pressed: true }).all()) await plane.click();
    await around.getByLabel('Scale', { exact: true }).selectOption('40');
    await around.getByText('−40 dB').waitFor();
    await keep('field-surfaces');
    await around.getByRole('button', { name: 'Surfaces' }).click();
    await around.getByRole('button', { name: 'Arrows' }).click();
    await page.locator('.scene canvas[data-field-arrows]:not([data-field-arrows="0"])').waitFor();
    await keep('field-arrows');
    await around.getByRole('button', { name: 'Close the field' }).click();

    await layOverPlots(page, '32mm');
    await pane(page, 'Parameters');
    await setParameter(page, 'length', '30 mm');
    await stored(page);
    await shows(page, 'length', '30 mm');
    await solve();
    await row(page, 'results/transient/s-parameters').dblclick();
    await pane(page, 'Runs');
    const progress = page.locator('.runs progress').first();
    await progress.waitFor();
    const done = () => progress.evaluate((bar) => (bar as HTMLProgressElement).value);
    await expect.poll(done, { timeout: RUN_MS }).toBeGreaterThan(20);
    await page.locator('.runs .convergence canvas').waitFor();
    await keep('runs');
    await keepQueue(iris);
    await page.waitForFunction(
      () => document.querySelector('.plot .chart')?.getAttribute('aria-label')?.includes('S11, S11 · 32mm'),
      undefined,
      { timeout: RUN_MS },
    );
    await page.waitForFunction(() => !document.querySelector('.tree .badge.warn'), undefined, { timeout: RUN_MS });
    const box = await page.locator('.plot .chart .u-over').boundingBox();
    if (!box) throw new Error('the chart has no place');
    await page.mouse.click(box.x + box.width * 0.6, box.y + box.height / 2);
    await keep('s-parameters');
    await theme('Dark theme');
    await keep('s-parameters-dark');
    await theme('Bright theme');
    await page.getByRole('radio', { name: 'Smith' }).click();
    await page.getByRole('button', { name: 'What can be done with marker 1' }).click();
    await page.getByRole('menuitem', { name: 'To the lowest of S11', exact: true }).click();
    await page.locator('.smith-marker').first().waitFor();
    await keep('smith');
    await page.getByRole('radio', { name: 'dB' }).click();
    await pane(page, 'Versions');
    const changed = page
      .getByRole('table', { name: 'Versions' })
      .getByRole('row')
      .filter({ hasText: 'Set length to 30 mm' });
    await changed.getByRole('button', { name: /^What can be done/ }).click();
    await page.getByRole('menuitem', { name: 'Compare with the one before' }).click();
    await page.getByRole('dialog').getByText('parameters/length').waitFor();
    await keep('compare');
    await page.keyboard.press('Escape');

    // Two have tuned the antenna, each on a branch.
    await pane(page, 'Parameters');
    await call(page, 'Project/CreateBranch', { project: patch, name: 'wider', version: 'main' });
    const tune = (branch: string, values: { [name: string]: string }) =>
      call(page, 'Project/Commit', {
        project: patch,
        branch,
        message: `Tune ${Object.keys(values).join(' and ')}`,
        put: Object.entries(values).map(([name, value]) => ({
          kind: 'project.parameter',
          path: `parameters/${name}`,
          properties: JSON.stringify({ value }),
        })),
      });
    await tune('wider', { width: '44 mm', feed: '-7 mm' });
    await tune('main', { width: '38 mm', feed: '-5 mm' });
    await shows(page, 'width', '38 mm');
    await ribbon(page, 'Home', 'Merge…');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await dialog.getByText('Changed in both').waitFor();
    await dialog.getByLabel('Which side of parameters/width').selectOption('from');
    await keep('merge');
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await dialog.waitFor({ state: 'detached' });
    // Two lanes that meet, with branches and a label, in a pane that is high enough to see them.
    await pane(page, 'Versions');
    await page.locator('.dock').getByRole('tab', { name: 'Versions', exact: true }).dblclick();
    await page.getByRole('table', { name: 'Versions' }).getByText('wider').first().waitFor();
    await keep('versions');
    await page.locator('.dock').getByRole('tab', { name: 'Versions', exact: true }).dblclick();

    await page.goto(`${platform().url}/#/administration/site`);
    await page.getByRole('table', { name: 'Services' }).getByText('running').nth(5).waitFor();
    await keep('administration');

    await page.goto(`${platform().url}/#/`);
    await page
      .locator('.projects img')
      .nth(PROJECTS.length - 1)
      .waitFor();
    await page.getByRole('link', { name: PROJECTS[0]?.name, exact: true }).waitFor();
    await keep('overview');
    await theme('Dark theme');
    await keep('overview-dark');
    expect(patch).not.toBe('');
  },
  4 * RUN_MS,
);
