// Runs: place in the queue, progress, curves while they compute, cancel; the output, live and filtered; then the plots of
// what was computed: versions over each other, markers, forms, exports. Computes for about a minute.
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  createProject,
  downloaded,
  launch,
  layOverPlots,
  logIn,
  pane,
  ribbon,
  row,
  setParameter,
  setProperty,
  shot,
  stored,
  tab,
  type Visit,
  visit,
} from './browser';
import { type OwnPlatform, startPlatform } from './platform';

const RUN_MS = 300_000;
let browser: Browser;
let site: OwnPlatform;
let at: Visit;
let parameter: string;
let project: string;

beforeAll(async () => {
  // One run at a time, so that the second one waits.
  site = await startPlatform('--slots', '1');
  browser = await launch();
  at = await visit(browser, site.url);
  // A site that nobody has entered yet says where its first password is.
  await at.page.goto(site.url);
  await at.page.getByText('Nobody has logged in to this site yet.').waitFor();
  await logIn(at.page, { url: site.url, name: site.name, first: site.password, password: 'chosen by the tests 1' });
  project = await createProject(at.page, 'Runs', 'Wr90 iris');
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
  await site?.stop();
});

const runs = () => at.page.locator('.runs');
const solve = async () => {
  await row(at.page, 'solvers/transient').click();
  await ribbon(at.page, 'Solve', 'Solve');
};

test('a run computes with a curve, the next one waits in its place, both can be cancelled', async () => {
  const { page } = at;
  // One that would go on for ever, so that the next one has to wait however long the steps of this test take.
  await row(page, 'solvers').focus();
  if (!(await row(page, 'solvers/transient').isVisible())) await row(page, 'solvers').press('ArrowRight');
  await row(page, 'solvers/transient').click();
  await setProperty(page, 'Energy stop', '1e-30');
  await stored(page);
  await setProperty(page, 'Max steps', '100000000');
  await stored(page);
  await solve();
  await runs().locator('.run-progress progress').first().waitFor({ timeout: 60_000 });
  await pane(page, 'Output');
  const output = page.getByRole('log', { name: 'Output' });
  await output.locator('.log-line', { hasText: 'fit-td' }).first().waitFor();
  await pane(page, 'Runs');
  // Other arguments of the same thing: another version.
  await page.locator('[id^="tree-parameters/"]').first().click();
  parameter = ((await page.locator('[id^="tree-parameters/"]').first().getAttribute('id')) ?? '').split('/')[1] ?? '';
  await pane(page, 'Parameters');
  const value = await page.getByLabel(`Value of ${parameter}`, { exact: true }).inputValue();
  await setParameter(page, parameter, `1.01*(${value})`);
  await stored(page);
  await solve();
  await runs()
    .getByText(/queued, place 1/)
    .waitFor();
  await runs().getByRole('row').filter({ hasText: 'fit-td.solve' }).nth(1).click();
  await runs().locator('.convergence canvas').waitFor({ timeout: 60_000 });
  await shot(page, 'runs');
  expect(await accessibilityFaults(page)).toEqual([]);
  // Who administers the site sees both, and can end them.
  const administration = await tab(at.context, at.faults, site.url);
  await administration.goto(`${site.url}/#/administration/runs`);
  const all = administration.getByRole('table', { name: 'Runs' });
  const queued = all.getByRole('row').filter({ hasText: 'queued, place 1' });
  await queued.getByRole('link', { name: project }).waitFor();
  await all.getByRole('progressbar', { name: 'Progress of fit-td.solve' }).waitFor();
  await shot(administration, 'administration-runs');
  expect(await accessibilityFaults(administration)).toEqual([]);
  await queued.getByRole('button', { name: `Cancel fit-td.solve of ${project}` }).click();
  await administration.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
  await queued.waitFor({ state: 'detached' });
  await administration.close();
  // From the run's own menu, by the keyboard too.
  const menu = runs().getByRole('button', { name: 'What can be done with fit-td.solve' });
  await menu.nth(1).press('Enter');
  await page.getByRole('menuitem', { name: 'Cancel' }).click();
  await runs().getByText('cancelled').nth(1).waitFor({ timeout: 30_000 });
  await row(page, 'solvers/transient').click();
  await setProperty(page, 'Energy stop', '1e-4');
  await stored(page);
});

test('the output is filtered by level and words', async () => {
  const { page } = at;
  await pane(page, 'Output');
  const output = page.getByRole('log', { name: 'Output' });
  await output.locator('.log-line').first().waitFor();
  const lines = () => output.locator('.log-line').count();
  const all = await lines();
  await page.getByLabel('Level').selectOption('ERROR');
  await page.waitForFunction((before) => document.querySelectorAll('.log-line').length < before, all);
  expect(await output.locator('.log-line:not(.ERROR)').count()).toBe(0);
  await page.getByLabel('Level').selectOption('DEBUG');
  await page.getByLabel('Search the output').fill('fit-td');
  await output.locator('.log-line', { hasText: 'fit-td' }).first().waitFor();
  expect(await output.locator('.log-line', { hasNotText: 'fit-td' }).count()).toBe(0);
  await page.getByLabel('Search the output').fill('');
});

test(
  'results are laid over each other, marked, drawn in other forms and exported',
  async () => {
    const { page } = at;
    await solve();
    await page.getByText(/fit-td\.solve .*is done/).waitFor({ timeout: RUN_MS });
    await page.locator('[id$="/s-parameters"]').dblclick();
    const chart = page.locator('.plot .chart');
    await chart.locator('canvas').waitFor();
    expect(await chart.getAttribute('aria-label')).toMatch(/^Magnitude over Frequency: .*S/i);
    // The version that has them is labelled, so that its curves carry the label.
    await layOverPlots(page, 'before');
    await pane(page, 'Parameters');
    const value = await page.getByLabel(`Value of ${parameter}`, { exact: true }).inputValue();
    await setParameter(page, parameter, `1.03*(${value})`);
    await stored(page);
    await page.locator('.tree .badge.warn', { hasText: 'stale' }).first().waitFor();
    const done = page.locator('.notice.good', { hasText: 'fit-td.solve' });
    await solve();
    await page.waitForFunction(
      () => document.querySelector('.plot .chart')?.getAttribute('aria-label')?.includes(' · before'),
      undefined,
      { timeout: RUN_MS },
    );
    await done.first().waitFor({ timeout: RUN_MS });
    await page.waitForFunction(() => !document.querySelector('.tree .badge.warn'));

    const box = await chart.locator('.u-over').boundingBox();
    if (!box) throw new Error('the chart has no place');
    const markers = page.locator('.markers table tbody tr');
    const place = (number: number) => page.getByLabel(`Place of marker ${number}`);
    const middle = box.y + box.height / 2;
    await page.mouse.click(box.x + box.width / 3, middle);
    await markers.first().waitFor();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 4);
    await markers.nth(1).waitFor();
    expect(await markers.count()).toBe(2);
    expect(await place(1).inputValue()).toContain('GHz');
    expect(await markers.first().innerText()).toContain('dB');
    // Dragged along, then put where it is lowest, then compared with the other one.
    const before = await place(2).inputValue();
    await page.mouse.move(box.x + box.width / 2, middle);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, middle, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => place(2).inputValue()).not.toBe(before);
    expect(await markers.count()).toBe(2);
    const menu = async (number: number, item: string | RegExp) => {
      await page.getByRole('button', { name: `What can be done with marker ${number}` }).click();
      await page.getByRole('menuitem', { name: item }).first().click();
    };
    await menu(2, /^To the lowest of/);
    await menu(1, 'Show the others against this one');
    expect(await markers.nth(1).innerText()).toMatch(/Δ .*Hz[\s\S]*Δ .*dB/);
    await place(1).fill('9.5 GHz');
    await place(1).press('Enter');
    await page.getByRole('button', { name: 'Marker', exact: true }).click();
    await markers.nth(2).waitFor();
    await page.getByRole('button', { name: 'Remove marker 3' }).click();
    await markers.nth(2).waitFor({ state: 'detached' });
    expect(await place(1).inputValue()).toBe('9.5 GHz');
    expect(await accessibilityFaults(page)).toEqual([]);
    await shot(page, 'overlay');
    for (const [form, unit] of [
      ['Linear', ''],
      ['Phase', '°'],
    ] as const) {
      await page.getByRole('radio', { name: form }).click();
      await page.waitForFunction(
        (name) => document.querySelector('.plot [aria-checked="true"]')?.textContent === name,
        form,
      );
      if (unit) expect(await markers.first().innerText()).toContain(unit);
    }
    await page.getByLabel('Other forms').selectOption('group delay');
    await page.waitForFunction(() =>
      document.querySelector('.plot .chart')?.getAttribute('aria-label')?.startsWith('Group delay'),
    );
    await page.getByRole('radio', { name: 'dB' }).click();

    const exported = async (item: string) => {
      await page.locator('.plot').getByRole('button', { name: 'Export' }).click();
      const file = await downloaded(page, () => page.getByRole('menuitem', { name: item }).click());
      return { name: file.name, bytes: readFileSync(file.path) };
    };
    const png = await exported('PNG picture');
    expect([png.name.endsWith('.png'), png.bytes.subarray(1, 4).toString()]).toEqual([true, 'PNG']);
    const whole = (await exported('SVG drawing')).bytes.toString();
    expect(whole).toMatch(/^<svg[\s\S]*<\/svg>$/);
    expect(whole).toContain('1: 9.5 GHz');
    // What is zoomed to is what is exported, and stays where the curves change.
    await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.1);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.6, { steps: 4 });
    await page.mouse.up();
    const part = (await exported('SVG drawing')).bytes.toString();
    const upright = (text: string) => [...text.matchAll(/text-anchor="end">([^<]+)</g)].map(([, value]) => value);
    expect(upright(part)).not.toEqual(upright(whole));
    await page.getByRole('button', { name: 'S11', exact: true }).click();
    await page.waitForFunction(
      () => !document.querySelector('.plot .chart')?.getAttribute('aria-label')?.includes('S11'),
    );
    expect(upright((await exported('SVG drawing')).bytes.toString())).toEqual(upright(part));
    await page.getByRole('button', { name: 'S11', exact: true }).click();
    await page.mouse.dblclick(box.x + box.width * 0.9, middle);
    // Keys do the same, along and upright.
    const svg = async () => (await exported('SVG drawing')).bytes.toString();
    for (const key of ['+', 'Shift+ArrowUp', 'ArrowRight']) {
      const before = await svg();
      await chart.press(key);
      expect(await svg()).not.toBe(before);
    }
    await chart.press('0');
    expect(upright(await svg())).toEqual(upright(whole));
    const csv = (await exported('CSV table')).bytes.toString().trim().split('\n');
    expect(csv.length).toBeGreaterThan(50);
    expect(csv[0]).toContain('before');
    const touchstone = await exported('Touchstone');
    expect(touchstone.name).toMatch(/\.s2p$/);
    // The solver's own file, with what it says of the ports.
    expect(touchstone.bytes.toString()).toMatch(/^! port 1: 1[\s\S]*^# .*Hz S/im);

    await page.getByRole('radio', { name: 'Smith' }).click();
    const smith = page.getByRole('application', { name: /^Smith chart: .*before/ });
    await smith.waitFor();
    // The markers stand on it, and it is what is exported.
    await page.locator('.smith-marker').first().waitFor();
    // Those of waveguide ports refer to the wave impedance of the mode, not to a number of ohms.
    expect(await markers.first().innerText()).toMatch(/∠.*°, [\d.e-]+ [+−] j[\d.e-]+/);
    expect(await markers.first().innerText()).not.toContain('Ω');
    const reference = 'Reference: wave impedance of the port';
    expect(await page.locator('.smith-side').innerText()).toContain(reference);
    expect((await exported('SVG drawing')).bytes.toString()).toContain(reference);
    expect((await exported('CSV table')).bytes.toString()).toMatch(
      /^Frequency \(Hz\),Re S11,Im S11,R S11 \(normalised\)/,
    );
    await smith.hover();
    await page.mouse.wheel(0, -300);
    await page.getByRole('button', { name: 'All of the chart' }).click();
    expect(await smith.getAttribute('viewBox')).toBe('-1.15 -1.12 2.3 2.24');
    await smith.press('+');
    expect(await smith.getAttribute('viewBox')).toMatch(/^-0.9[12].* 1.8[34]/);
    await smith.press('ArrowRight');
    expect(await smith.getAttribute('viewBox')).toMatch(/^-0.73/);
    await smith.press('0');
    expect(await smith.getAttribute('viewBox')).toBe('-1.15 -1.12 2.3 2.24');
    await shot(page, 'smith');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Dark theme' }).click();
    await shot(page, 'smith-dark');
    expect(await accessibilityFaults(page)).toEqual([]);
    // A measured file, here the one that was exported, over the rest.
    await page.getByRole('radio', { name: 'dB' }).click();
    await shot(page, 'overlay-dark');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Bright theme' }).click();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Measured' }).click(),
    ]);
    await chooser.setFiles({ name: 'measured.s2p', mimeType: 'text/plain', buffer: touchstone.bytes });
    await page.waitForFunction(() =>
      document.querySelector('.plot .chart')?.getAttribute('aria-label')?.includes('measured.s2p'),
    );
  },
  3 * RUN_MS,
);

test('a run keeps its curve, leads to its result and to the version that it computed', async () => {
  const { page } = at;
  await page.reload();
  await page.getByText('All stored').waitFor();
  await pane(page, 'Runs');
  const done = runs().getByRole('row').filter({ hasText: 'fit-td.solve' }).filter({ hasText: 'succeeded' }).first();
  await done.click();
  // With names and units, also in a window that did not follow it.
  const curve = runs().locator('.convergence .chart');
  await curve.locator('canvas').waitFor();
  expect(await curve.getAttribute('aria-label')).toMatch(/^Energy.* over Time: energy/);
  const menu = async (item: string) => {
    await done.getByRole('button', { name: /^What can be done/ }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await menu('Show its result');
  await page.locator('.plot .chart canvas, .dock table.grid').first().waitFor();
  await pane(page, 'Runs');
  await menu('Look at the version that it computed');
  await page.locator('.old-version').waitFor();
  await page.getByRole('button', { name: /Back to/ }).click();
  await page.locator('.old-version').waitFor({ state: 'detached' });
});

test('a result is shown as a table that is sorted and exported', async () => {
  const { page } = at;
  await row(page, 'grid').click();
  await page.locator('.properties').getByRole('button', { name: 'Statistics', exact: true }).click();
  const table = page.locator('.dock table.grid').filter({ hasText: 'Name' }).first();
  await table.waitFor();
  const first = () => table.locator('tbody tr').first().innerText();
  const before = await first();
  await table.getByRole('button', { name: 'Name' }).click();
  await table.getByRole('button', { name: /^Name/ }).click();
  expect(await first()).not.toBe(before);
  const csv = await downloaded(page, () => page.getByRole('button', { name: 'CSV' }).first().click());
  expect(readFileSync(csv.path, 'utf8').split('\n')[0]).toBe('Name,Value,Unit');
});
