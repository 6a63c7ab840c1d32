// The walk of an engineer: open the example, change a parameter, run, see S11, compare with the version before.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityFaults,
  createProject,
  launch,
  logIn,
  pane,
  ribbon,
  row,
  setProperty,
  shot,
  visit,
} from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const RUN_MS = 300_000;

test(
  'from the example to two curves over each other',
  async () => {
    const { page, faults } = await visit(browser);
    await logIn(page);
    await createProject(page, 'Iris', 'Wr90 iris');
    await row(page, 'solvers').press('ArrowRight');
    await page.locator('[id^="tree-solvers/"]').first().click();
    await ribbon(page, 'Solve', 'Solve');
    await page.locator('.run-progress progress').first().waitFor({ timeout: 60_000 });
    await shot(page, 'run');
    await page.getByText(/fit-td\.solve .*is done/).waitFor({ timeout: RUN_MS });
    await page.locator('[id$="/s-parameters"]').dblclick();
    await page.locator('.plot .chart canvas').waitFor();
    expect(await page.locator('.plot .chart').getAttribute('aria-label')).toContain('S11');
    expect(await accessibilityFaults(page)).toEqual([]);
    await shot(page, 's-parameters');

    await pane(page, 'Versions');
    await page
      .getByRole('button', { name: /^What can be done with version/ })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Lay over the plots' }).click();
    await page.locator('[id^="tree-parameters/"]').first().click();
    const value = page.locator('.properties').getByLabel('Value', { exact: true });
    const before = await value.inputValue();
    await setProperty(page, 'Value', `1.02*(${before})`);
    await page.getByText('All stored').waitFor();
    await page.locator('.tree .badge.warn', { hasText: 'stale' }).first().waitFor();
    await page.locator('[id^="tree-solvers/"]').first().click();
    await ribbon(page, 'Solve', 'Solve');
    await page.locator('.notice.good').last().waitFor({ timeout: RUN_MS });
    await page.waitForFunction(
      () => document.querySelector('.plot .chart')?.getAttribute('aria-label')?.includes(' · '),
      undefined,
      { timeout: RUN_MS },
    );
    await shot(page, 'compare');
    await page.getByRole('radio', { name: 'Smith' }).click();
    await page.getByRole('img', { name: /^Smith chart/ }).waitFor();
    await shot(page, 'smith');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      (async () => {
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('menuitem', { name: 'CSV table' }).click();
      })(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.csv$/);
    expect(faults).toEqual([]);
  },
  2.5 * RUN_MS,
);
