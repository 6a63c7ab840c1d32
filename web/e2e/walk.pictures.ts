// Records the walk of docs/user/web.md anew: `npm run walk`. The same as walk.e2e.ts does, by somebody with a mouse, on a
// site of its own. Computes for some minutes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { animate, framesIn, workshop } from './animation';
import { launch, ROOM, row, shows, stored, visit } from './browser';
import { platform } from './platform';
import { Recording } from './recording';

const FOLDER = process.env.PICTURES ?? resolve(import.meta.dirname, '../../docs/screenshots');
const RUN_MS = 900_000;
const LARGEST = 3e6;

let browser: Browser;
let page: Page;
let film: Recording;
beforeAll(async () => {
  browser = await launch();
  page = (await visit(browser)).page;
  film = new Recording(page);
});
afterAll(() => browser?.close());

const tab = (name: string) => page.locator('.dock').getByRole('tab', { name, exact: true });
const ribbonTab = (name: string) => page.locator('.ribbon').getByRole('tab', { name, exact: true });
const ribbonButton = (name: string) => page.locator('.ribbon').getByRole('button', { name, exact: true });

async function logIn(): Promise<void> {
  film.say('Log in: nothing is installed, a browser is enough');
  await page.goto(platform().url);
  await page.getByLabel('Name').waitFor();
  await film.keep(900);
  await film.type(page.getByLabel('Name'), platform().name);
  await film.type(page.getByLabel('Password', { exact: true }), platform().password, 60);
  await film.click(page.getByRole('button', { name: 'Log in' }));
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  await film.keep(700);
}

async function openExample(): Promise<void> {
  film.say('Begin a project with the patch antenna');
  await film.click(page.getByRole('button', { name: 'New project' }));
  const dialog = page.getByRole('dialog');
  await film.type(dialog.getByLabel('Name'), 'Patch antenna 2.4 GHz');
  await film.click(dialog.getByLabel('Begin with'));
  await film.click(page.getByRole('option', { name: 'Example: Patch antenna' }));
  await film.click(dialog.getByRole('button', { name: 'Create' }));
  await row(page, 'geometry').waitFor();
  await stored(page);
  await film.keep(900);
}

async function build(): Promise<void> {
  film.say('Build the model from its parameters');
  await film.click(ribbonTab('Model'));
  await film.click(ribbonButton('Build'));
  const done = page.getByText('modeling.build is done').waitFor({ timeout: RUN_MS });
  await film.watch(done, 700, 200);
  await page.locator('.scene canvas').waitFor();
  await film.keep(900);
  film.say('Look around');
  const canvas = page.locator('.scene canvas');
  await film.move(canvas, [0.4, 0.45]);
  await page.mouse.down();
  for (const share of [0.44, 0.48, 0.53, 0.58, 0.62]) await film.move(canvas, [share, 0.45 - (share - 0.4) / 3]);
  await page.mouse.up();
  await film.keep(700);
}

async function solve(): Promise<void> {
  if (!(await row(page, 'solvers/transient').isVisible())) {
    await film.click(row(page, 'solvers').locator('.twist'));
  }
  await film.click(row(page, 'solvers/transient'));
  await film.click(ribbonTab('Solve'));
  await film.click(ribbonButton('Solve'));
}

async function clearMessages(): Promise<void> {
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLElement>('[aria-label="Close message"]')) button.click();
  });
}

async function firstRun(): Promise<void> {
  film.say('Solve: mesh and fields are computed, the energy is drawn meanwhile');
  await solve();
  const done = page.locator('.notice', { hasText: /fit-td\.solve .*is done/ }).waitFor({ timeout: RUN_MS });
  await film.watch(done, 2500, 160);
  await film.keep(800);
  await clearMessages();
  film.say('Double click the S-parameters');
  const results = row(page, 'results/transient/s-parameters');
  await results.waitFor();
  await film.move(results);
  await page.mouse.dblclick(...(await centre('results/transient/s-parameters')));
  await page.locator('.plot .chart canvas').waitFor();
  await film.keep(1800);
}

async function centre(path: string): Promise<[number, number]> {
  const box = await row(page, path).boundingBox();
  if (!box) throw new Error(`${path} has no place`);
  return [box.x + box.width / 2, box.y + box.height / 2];
}

async function layOver(): Promise<void> {
  film.say('Label this version, and lay its curve over later ones');
  await film.click(tab('Versions'));
  const newest = page.getByRole('button', { name: /^What can be done with version/ }).first();
  await film.click(newest);
  await film.click(page.getByRole('menuitem', { name: 'Label…' }));
  await film.type(page.getByRole('textbox', { name: 'Label' }), '32mm');
  await film.click(page.getByRole('button', { name: 'Set label' }));
  await film.click(newest);
  await film.click(page.getByRole('menuitem', { name: 'Lay over the plots' }));
}

async function change(): Promise<void> {
  film.say('Make the patch shorter: every change is a version, and old results say so');
  await film.click(tab('Parameters'));
  const field = page.getByLabel('Value of length', { exact: true });
  await film.type(field, '30 mm');
  await field.press('Enter');
  await stored(page);
  await shows(page, 'length', '30 mm');
  await page.locator('.tree .badge.warn', { hasText: 'stale' }).first().waitFor();
  await film.keep(1600);
}

async function secondRun(): Promise<void> {
  film.say('Solve again');
  await solve();
  const both = page.waitForFunction(
    () => document.querySelector('.plot .chart')?.getAttribute('aria-label')?.includes('S11, S11 · 32mm'),
    undefined,
    { timeout: RUN_MS },
  );
  await film.watch(both, 2500, 160);
  await page.waitForFunction(() => !document.querySelector('.tree .badge.warn'), undefined, { timeout: RUN_MS });
  await clearMessages();
  film.say('Both reflections over each other; a click sets a marker, here at the lowest value');
  await film.click(page.locator('.plot .chart .u-over'), [0.6, 0.4]);
  await film.click(page.getByRole('button', { name: 'What can be done with marker 1' }));
  await film.click(page.getByRole('menuitem', { name: 'To the lowest of S11', exact: true }));
  await film.keep(2200);
}

async function compare(): Promise<void> {
  film.say('What is different from the version before?');
  await film.click(tab('Versions'));
  const changed = page
    .getByRole('table', { name: 'Versions' })
    .getByRole('row')
    .filter({ hasText: 'Set length to 30 mm' });
  await film.click(changed.getByRole('button', { name: /^What can be done/ }));
  await film.click(page.getByRole('menuitem', { name: 'Compare with the one before' }));
  await page.getByRole('dialog').getByText('parameters/length').waitFor();
  await film.keep(3500);
}

test(
  'the walk',
  async () => {
    const steps = [logIn, openExample, build, firstRun, layOver, change, secondRun, compare];
    for (const step of steps) await step();
    const shop = await workshop(browser);
    const { bytes, frames } = await animate(shop, ROOM, film.frames);
    expect(await framesIn(shop, bytes)).toBe(frames);
    expect(bytes.length).toBeLessThan(LARGEST);
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, 'walk.webp'), bytes);
  },
  4 * RUN_MS,
);
