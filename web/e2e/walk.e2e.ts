// The walk of an engineer: log in, open the patch antenna, run it, change a parameter, run again, see S11 of both over
// each other, and compare the version with the one before. Computes for one or two minutes. With E2E_SHOTS it leaves a
// picture of each step.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  createProject,
  launch,
  layOverPlots,
  logIn,
  pane,
  ribbon,
  row,
  setParameter,
  shot,
  shows,
  stored,
  visit,
} from './browser';
import { platform } from './platform';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const RUN_MS = 400_000;

test(
  'from the login to two curves over each other',
  async () => {
    const { page, faults } = await visit(browser);
    await page.goto(platform().url);
    await page.getByLabel('Name').fill(platform().name);
    await shot(page, 'walk-1-login');
    await logIn(page);
    await page.getByRole('button', { name: 'New project' }).click();
    await page.getByRole('dialog').getByLabel('Begin with').click();
    await page.getByRole('option', { name: 'Example: Patch antenna' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Patch antenna');
    await shot(page, 'walk-2-example');
    await page.keyboard.press('Escape');
    await createProject(page, 'Patch antenna', 'Patch antenna');

    await ribbon(page, 'Model', 'Build');
    await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
    await page.locator('.scene canvas').waitFor();
    await pane(page, 'Parameters');
    await page.locator('.parameters').getByText('32 mm').first().waitFor();
    await shot(page, 'walk-3-model');

    const solve = async () => {
      if (!(await row(page, 'solvers/transient').isVisible())) await row(page, 'solvers').press('ArrowRight');
      await row(page, 'solvers/transient').click();
      await ribbon(page, 'Solve', 'Solve');
    };
    await solve();
    await page.locator('.convergence canvas').waitFor({ timeout: 120_000 });
    await shot(page, 'walk-4-run');
    await page.getByText(/fit-td\.solve .*is done/).waitFor({ timeout: RUN_MS });
    await row(page, 'results/transient/s-parameters').dblclick();
    const chart = page.locator('.plot .chart');
    await chart.locator('canvas').waitFor();
    expect(await chart.getAttribute('aria-label')).toBe('Magnitude over Frequency: S11');
    expect(await accessibilityFaults(page)).toEqual([]);
    await shot(page, 'walk-5-s11');

    await layOverPlots(page, '32mm');
    await pane(page, 'Parameters');
    await setParameter(page, 'length', '30 mm');
    await stored(page);
    await shows(page, 'length', '30 mm');
    await page.locator('.tree .badge.warn', { hasText: 'stale' }).first().waitFor();
    await shot(page, 'walk-6-changed');
    await solve();
    await page.waitForFunction(
      () => document.querySelector('.plot .chart')?.getAttribute('aria-label')?.includes('S11, S11 · 32mm'),
      undefined,
      { timeout: RUN_MS },
    );
    await page.waitForFunction(() => !document.querySelector('.tree .badge.warn'), undefined, { timeout: RUN_MS });
    await page.getByRole('button', { name: 'Close message' }).first().click();
    const box = await chart.locator('.u-over').boundingBox();
    if (!box) throw new Error('the chart has no place');
    await page.mouse.click(box.x + box.width * 0.6, box.y + box.height / 2);
    await page.mouse.move(0, 0);
    await shot(page, 'walk-7-both');

    await pane(page, 'Versions');
    const changed = page
      .getByRole('table', { name: 'Versions' })
      .getByRole('row')
      .filter({ hasText: 'Set length to 30 mm' });
    await changed.getByRole('button', { name: /^What can be done/ }).click();
    await page.getByRole('menuitem', { name: 'Compare with the one before' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('parameters/length').waitFor();
    expect(await dialog.locator('.before').innerText()).toBe('32 mm');
    expect(await dialog.locator('.after').innerText()).toBe('30 mm');
    await shot(page, 'walk-8-compared');
    expect(faults).toEqual([]);
  },
  2.5 * RUN_MS,
);
