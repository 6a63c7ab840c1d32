// The 3-D view: picking, marks, sections, fields over the model.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults, launch, logIn, pane, ribbon, row, shot, type Visit, visit } from './browser';
import { canvas, click, fromTop, hovered, load, look, pickFilter, picture, point } from './scene';

let browser: Browser;
let seen: Visit;

const RUN_MS = 240_000;

beforeAll(async () => {
  browser = await launch();
  seen = await visit(browser);
  const { page } = seen;
  await logIn(page);
  await load(page);
  await ribbon(page, 'Solve', 'Solve');
  await page.getByText(/fit-td\.solve .*is done/).waitFor({ timeout: RUN_MS });
  await page.locator('.scene .scene-note[role="status"]').waitFor({ state: 'detached' });
  await pane(page, 'Parameters');
}, RUN_MS);

afterAll(async () => {
  expect(seen?.faults).toEqual([]);
  await browser?.close();
});

test('a face that is picked is marked in the property grid, and the other way round', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  await pickFilter(page, 'Faces');
  await click(page, at(-11, -11), /^model\/board face/);
  await page.locator('[id="tree-model/board"][aria-selected="true"]').waitFor();
  const chosen = page.locator('.part-row[aria-pressed="true"]');
  await chosen.waitFor();
  // Seen from the top it is the face of 30 mm × 30 mm.
  expect(await chosen.innerText()).toMatch(/plane\s+900 mm²/);
  await page.locator('.part-row[aria-pressed="false"]').first().click();
  expect(await page.locator('.part-row[aria-pressed="true"]').count()).toBe(1);
  expect(await accessibilityFaults(page)).toEqual([]);
});

test('an edge is picked, and by the keyboard the next one', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  await pickFilter(page, 'Edges');
  await click(page, at(-5, -15), /^model\/board edge/);
  await page.getByRole('button', { name: /^Edges/ }).waitFor();
  const chosen = page.locator('.part-row[aria-pressed="true"]');
  expect(await chosen.innerText()).toMatch(/line\s+30 mm/);
  await look(page, '0');
  await shot(page, 'pick-edge');
  await page.keyboard.press('n');
  await page.keyboard.press('n');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    document.querySelector('.part-row[aria-pressed="true"]')?.textContent?.startsWith('1'),
  );
});

test('the end of a port is filled by picking a point', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  await pickFilter(page, 'Bodies');
  await row(page, 'ports/1').click();
  const start = page.locator('.properties').getByLabel('Start X', { exact: true });
  expect(await start.inputValue()).toBe('-4');
  await page.getByRole('button', { name: 'Pick Start in the 3-D view' }).click();
  await page.getByText('Pick a point for Start').waitFor();
  await shot(page, 'pick-point');
  await page.keyboard.press('Escape');
  await page.getByText('Pick a point for Start').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Pick Start in the 3-D view' }).click();
  // Drawn to a corner of the patch: (±8, ±8, 3) mm, numbered, where a free point of a surface has -1.
  await click(page, at(-7.8, 8.2), /^model\/patch point \d/);
  await page.getByText('Pick a point for Start').waitFor({ state: 'detached' });
  await page.waitForFunction(
    () => (document.querySelector('.properties [aria-label="Start X"]') as HTMLInputElement)?.value !== '-4',
  );
  const values = await Promise.all(
    ['X', 'Y', 'Z'].map((axis) =>
      page.locator('.properties').getByLabel(`Start ${axis}`, { exact: true }).inputValue(),
    ),
  );
  expect(values).toEqual(['-8', '8', '3']);
  await page.getByText('All stored').waitFor();
  await page.keyboard.press('Control+z');
  await page.waitForFunction(
    () => (document.querySelector('.properties [aria-label="Start X"]') as HTMLInputElement)?.value === '-4',
  );
});

test('edges of a blend are picked from its dialog, which stands aside', async () => {
  const { page } = seen;
  const at = await fromTop(page);
  await ribbon(page, 'Model', 'Blend');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Pick Of in the 3-D view' }).click();
  await click(page, at(-11, -11), /^model\/board body/);
  await page.waitForFunction(
    () => (document.querySelector('[role="dialog"] [aria-label="Of"]') as HTMLInputElement)?.value === 'board',
  );
  await dialog.getByRole('button', { name: 'Pick Edges in the 3-D view' }).click();
  await click(page, at(-5, -15), /^model\/board edge/);
  await page.getByRole('button', { name: /^Done/ }).click();
  await dialog.getByLabel('1 X', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});

test('ports, monitors and boundaries are drawn, selected by a click, and highlighted with the tree', async () => {
  const { page } = seen;
  const marks = async () => ((await canvas(page).getAttribute('data-marks')) ?? '').split(' ');
  expect(await marks()).toEqual(expect.arrayContaining(['ports/1', 'monitors/near', 'monitors/slice']));
  expect(await marks()).not.toContain('boundaries');
  await row(page, 'boundaries').click();
  await page.waitForFunction(() =>
    document.querySelector('.scene canvas')?.getAttribute('data-marks')?.includes('boundaries'),
  );
  await page.locator('.scene-over .mark-label', { hasText: 'PEC' }).waitFor();
  expect(await page.locator('.scene-over .mark-label', { hasText: 'OPEN' }).count()).toBe(5);
  await look(page, '0');
  await shot(page, 'boundaries');
  await row(page, 'geometry/patch').click();
  // The label stands a little beside its place.
  const label = page.locator('.scene-over .mark-label', { hasText: /^1$/ });
  const [x, y] = await Promise.all(['x', 'y'].map(async (name) => Number(await label.getAttribute(name))));
  const box = await canvas(page).boundingBox();
  await page.mouse.click((box?.x ?? 0) + x - 8, (box?.y ?? 0) + y + 7);
  await page.locator('[id="tree-ports/1"][aria-selected="true"]').waitFor();
});

test('section planes cut, are closed, and stand at several places', async () => {
  const { page } = seen;
  await page.keyboard.press('Escape');
  await ribbon(page, 'View', 'Section y');
  await page.getByLabel('Section y', { exact: true }).last().waitFor();
  await ribbon(page, 'View', 'Section x');
  await page.getByRole('group', { name: 'Section planes' }).getByText('x = ').waitFor();
  await shot(page, 'section');
  // Seen from the front the cut is met, where a body is cut: at x < 0 the board, above it nothing.
  await look(page, '1');
  const box = await canvas(page).boundingBox();
  const middle = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
  await pickFilter(page, 'Points');
  await point(page, middle.x - 40, middle.y + 30);
  expect(await hovered(page)).toMatch(/^model\/board point/);
  await page
    .locator('.status')
    .getByText(/^board · -?[\d.]+, 0, /)
    .waitFor();
  await pickFilter(page, 'Bodies');
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Close section x' }).click();
  await page.getByRole('button', { name: 'Close section y' }).click();
  await page.getByRole('group', { name: 'Section planes' }).waitFor({ state: 'detached' });
  await look(page, '0');
});

test('the cells of the mesh are shown from outside and on section planes', async () => {
  const { page } = seen;
  const cells = (wanted: string | null) =>
    page.waitForFunction(
      (value) => document.querySelector('.scene canvas')?.getAttribute('data-cells') === value,
      wanted,
    );
  await look(page, '0');
  await look(page, 'c');
  await cells('solid');
  const legend = page.getByRole('region', { name: 'Mesh cells' });
  const counted = await legend.locator('.numeric').allInnerTexts();
  const whole = counted.map((text) => Number(text.replace(/,/g, ''))).filter(Number.isFinite);
  await row(page, 'grid').click();
  const statistics = JSON.parse(
    await page.evaluate(async () => {
      const project = decodeURIComponent(/project\/([^/?]+)/.exec(location.hash)?.[1] ?? '');
      const answer = await fetch('/api/v1/Project/Entities', {
        method: 'POST',
        headers: { 'x-opentwin': '1', 'content-type': 'application/json' },
        body: JSON.stringify({ project, paths: ['grid'] }),
      });
      return JSON.parse((await answer.text()).trim().split('\n')[0] ?? '{}').entities[0].properties;
    }),
  ).statistics;
  expect(whole.reduce((sum, one) => sum + one, 0)).toBe(statistics.cells);
  await legend.getByText('conducting sheet').waitFor();
  await legend.getByText('substrate').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await shot(page, 'cells-solid');
  const before = await picture(page);
  await ribbon(page, 'View', 'Section y');
  await cells('1 cut');
  await expect.poll(() => picture(page), { timeout: 15_000 }).not.toBe(before);
  await shot(page, 'cells');
  await page.getByRole('button', { name: 'Close section y' }).click();
  await cells('solid');
  await page.getByRole('button', { name: 'Close the mesh cells' }).click();
  await cells(null);
});

test('a field is shown on planes, on surfaces and as arrows, and its phase runs', async () => {
  const { page } = seen;
  await page.locator('[id$="/fields/near"]').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Show In 3-D' }).click();
  const panel = page.getByRole('region', { name: 'Field near' });
  await panel.getByText('V/m').waitFor();
  const data = (name: string, wanted: RegExp) =>
    page.waitForFunction(
      ([key, pattern]) => new RegExp(pattern).test(document.querySelector('.scene canvas')?.getAttribute(key) ?? ''),
      [name, wanted.source] as const,
    );
  await data('data-field-planes', /^1$/);
  await panel.getByRole('button', { name: 'Plane x' }).click();
  await data('data-field-planes', /^2$/);
  await shot(page, 'field');
  await panel.getByRole('button', { name: 'Surfaces' }).click();
  await data('data-field-surface', /^yes$/);
  await panel.getByLabel('Scale', { exact: true }).selectOption('40');
  await panel.getByText('−40 dB').waitFor();
  await shot(page, 'field-surface');
  await panel.getByRole('button', { name: 'Surfaces' }).click();
  await panel.getByRole('button', { name: 'Arrows' }).click();
  await data('data-field-arrows', /^[1-9]\d+$/);
  await shot(page, 'field-arrows');
  await panel.getByLabel('Scale', { exact: true }).selectOption('0');
  await panel.getByRole('button', { name: 'Phase' }).click();
  await page.waitForFunction(() =>
    /^[1-9]\d*°$/.test(document.querySelector('.field-panel .phase')?.textContent ?? ''),
  );
  await panel.getByRole('button', { name: 'Phase' }).click();
  await panel.getByText('amplitude').waitFor();
  const before = await picture(page);
  await panel.getByLabel('High end of the scale').fill('100');
  await panel.getByLabel('High end of the scale').press('Enter');
  await page.waitForFunction(() => document.querySelector('.legend-marks')?.textContent === '255075');
  await expect.poll(() => picture(page), { timeout: 15_000 }).not.toBe(before);
  expect(await accessibilityFaults(page)).toEqual([]);
  await panel.getByRole('button', { name: 'Close the field' }).click();
  await data('data-field-planes', /^$/);
});

test('a row of snapshots is gone through in time', async () => {
  const { page } = seen;
  await page.locator('[id$="/fields/slice"]').dblclick();
  await page.getByLabel('Moment').waitFor();
  const name = await page.getByLabel('Moment').getAttribute('aria-valuetext');
  await page.getByRole('button', { name: 'Time' }).click();
  await page.waitForFunction(
    (first) => document.querySelector('[aria-label="Moment"]')?.getAttribute('aria-valuetext') !== first,
    name,
  );
  await page.getByRole('button', { name: 'Time' }).click();
  await page.locator('.field-place canvas[aria-label*="H at"]').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await shot(page, 'field-view-dark');
  expect(await accessibilityFaults(page)).toEqual([]);
});
