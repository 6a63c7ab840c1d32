// Files in and out: whole projects, project files, geometry; and those that are refused.
import { readFileSync, statSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addCuboid,
  addParameter,
  createProject,
  downloaded,
  dropFile,
  launch,
  logIn,
  projectMenu,
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
let original: string;
const overview = () => at.page.goto(`${platform().url}/#/`);

beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  await logIn(at.page);
  original = await createProject(at.page, 'Travels');
  await addParameter(at.page, 'side', '12 mm');
  await addCuboid(at.page, 'brick', 'side');
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

const TETRAHEDRON = `solid t
${[
  [0, 1, 2],
  [0, 3, 1],
  [0, 2, 3],
  [1, 3, 2],
]
  .map((corners) => {
    const points = [
      [0, 0, 0],
      [0, 10, 0],
      [10, 0, 0],
      [0, 0, 10],
    ];
    const lines = corners.map((corner) => `vertex ${(points[corner] as number[]).join(' ')}`);
    return `facet normal 0 0 0\nouter loop\n${lines.join('\n')}\nendloop\nendfacet`;
  })
  .join('\n')}
endsolid t
`;

test('a project is exported and comes back with its history', async () => {
  const { page } = at;
  await overview();
  const { name, path } = await downloaded(page, () => projectMenu(page, original, 'Export'));
  expect(name).toMatch(/\.opentwin$/);
  expect(readFileSync(path).subarray(0, 8).toString()).toBe('OTPROJ01');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'From file' }).click(),
  ]);
  await chooser.setFiles({ name, mimeType: 'application/octet-stream', buffer: readFileSync(path) });
  await page.getByRole('dialog').getByText('with all of its versions').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Import' }).click();
  await page.getByRole('link', { name: `${original} (2)` }).click();
  await row(page, 'geometry/brick').waitFor();
  await page.locator('.dock').getByRole('tab', { name: 'Versions', exact: true }).click();
  await page.getByRole('table', { name: 'Versions' }).getByText('Add parameter side').waitFor();
});

test('what is no exported project, or not a whole one, is refused with the reason', async () => {
  const { page } = at;
  await overview();
  await page.getByRole('link', { name: original, exact: true }).waitFor();
  for (const [name, text] of [
    ['photo.opentwin', 'this is no project'],
    ['cut.opentwin', 'OTPROJ01\u0010\u0000\u0000\u0000{"name":"'],
  ] as const) {
    await dropFile(page, '.page', name, text);
    await page.getByRole('dialog').getByRole('button', { name: 'Import' }).click();
    const alert = page.getByRole('dialog').getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/no whole archive/);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
});

test('a project file dropped on the list makes a project; one with a mistake makes none and says where', async () => {
  const { page } = at;
  await overview();
  await page.getByRole('link', { name: original, exact: true }).waitFor();
  await dropFile(page, '.page', 'plate.yaml', 'opentwin: 1\nname: plate\nparameters:\n  w: 3 mm\n');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await row(page, 'parameters/w').waitFor();
  await overview();
  await page.getByRole('link', { name: original, exact: true }).waitFor();
  await dropFile(page, '.page', 'wrong.yaml', 'opentwin: 1\nname: wrong\ngeometry:\n  a: {cubiod: {}}\n');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  const alert = page.getByRole('dialog').getByRole('alert');
  await alert.waitFor();
  expect(await alert.innerText()).toContain('cubiod');
  await page.keyboard.press('Escape');
  expect(await page.getByRole('link', { name: 'wrong', exact: true }).count()).toBe(0);
});

test('files of the wrong kind and too large ones are refused with the limit', async () => {
  const { page } = at;
  await overview();
  await page.getByRole('link', { name: original, exact: true }).waitFor();
  await dropFile(page, '.page', 'part.step', 'ISO-10303-21;');
  await page.getByText(/is geometry: open a project and drop it there/).waitFor();
  await dropFile(page, '.page', 'huge.yaml', '0123456789abcdef'.repeat(64), 21_000);
  const text = await page.getByText(/a project file may have/).innerText();
  expect(text).toContain('22 MB');
  expect(text).toContain('20 MB');
});

test('STL and STEP files dropped into a project become features, and bodies once it is built', async () => {
  const { page } = at;
  await overview();
  await page.getByRole('link', { name: original, exact: true }).click();
  await row(page, 'geometry/brick').waitFor();
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Close message' }).first().click();
  await row(page, 'model').click({ button: 'right' });
  const step = await downloaded(page, () => page.getByRole('menuitem', { name: 'Save as step' }).click());
  expect(statSync(step.path).size).toBeGreaterThan(1000);
  await dropFile(page, '.workspace', 'tetra.stl', TETRAHEDRON);
  await row(page, 'geometry/tetra').waitFor();
  await dropFile(page, '.workspace', 'brick copy.step', readFileSync(step.path, 'utf8'));
  await row(page, 'geometry/brick-copy').waitFor();
  await stored(page);
  await ribbon(page, 'Model', 'Build');
  await page.getByText('modeling.build is done').last().waitFor({ timeout: 60_000 });
  await row(page, 'model').press('ArrowRight');
  for (const name of ['tetra', 'brick-copy']) await row(page, `model/${name}`).waitFor();
  await shot(page, 'dropped');
});

test('a file that takes long to send says how far it is, and can be cancelled', async () => {
  const { page } = at;
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 200_000,
  });
  await dropFile(page, '.workspace', 'slow.stl', TETRAHEDRON.repeat(40), 1000);
  const notice = page.locator('.notice', { hasText: 'Sending slow.stl' });
  const bar = notice.getByRole('progressbar', { name: 'Progress: Sending slow.stl' });
  await expect.poll(() => bar.evaluate((one) => (one as HTMLProgressElement).value)).toBeGreaterThan(0);
  await notice.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('slow.stl was not sent').waitFor();
  await notice.waitFor({ state: 'detached' });
  expect(await row(page, 'geometry/slow').count()).toBe(0);
  await network.detach();
});

test('a file larger than the site takes is refused before it is sent, with the limit of the site', async () => {
  const { page } = at;
  await page.route('**/api/v1/welcome', async (route) => {
    const answer = await route.fetch();
    const said = await answer.json();
    expect(said.uploadLimit).toBe(String(4096 * 2 ** 20));
    await route.fulfill({ response: answer, json: { ...said, uploadLimit: '1000' } });
  });
  await page.reload();
  await row(page, 'geometry/brick').waitFor();
  await dropFile(page, '.workspace', 'large.stl', TETRAHEDRON.repeat(10));
  const told = page.locator('.notice.bad', { hasText: 'large.stl was not stored' });
  await told.waitFor();
  expect(await told.innerText()).toMatch(/this site takes 1\.0 kB[\s\S]*--upload-limit/);
  await page.unroute('**/api/v1/welcome');
  await page.reload();
  await row(page, 'geometry/brick').waitFor();
});

test('a project file dropped into an open project makes one of its own', async () => {
  const { page } = at;
  await dropFile(page, '.workspace', 'beside.yaml', 'opentwin: 1\nname: beside\nparameters:\n  h: 4 mm\n');
  const dialog = page.getByRole('dialog', { name: 'New project from a file' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await row(page, 'geometry/brick').waitFor();
  await dropFile(page, '.workspace', 'beside.yaml', 'opentwin: 1\nname: beside\nparameters:\n  h: 4 mm\n');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, 'parameters/h').waitFor();
  expect(await row(page, 'geometry/brick').count()).toBe(0);
  await page.goBack();
  await row(page, 'geometry/brick').waitFor();
});

test('a stored file is read in parts, and every part says how large the whole is', async () => {
  const { page } = at;
  const parts = await page.evaluate(async () => {
    const id = window.location.hash.split('/')[2]?.split('?')[0];
    const path = `/api/v1/projects/${id}/blobs`;
    const bytes = new Uint8Array(3_000_000).map((_, at) => at % 251);
    const stored = await fetch(path, { method: 'POST', headers: { 'x-opentwin': '1' }, body: bytes });
    const { hash } = await stored.json();
    const get = async (range: string) => {
      const answer = await fetch(`${path}/${hash}`, { headers: { range } });
      const body = new Uint8Array(await answer.arrayBuffer());
      return [answer.status, answer.headers.get('content-range'), body.length, body[0]] as const;
    };
    return [await get('bytes=1000000-1000009'), await get('bytes=2999990-'), await get('bytes=3000000-')];
  });
  expect(parts).toEqual([
    [206, 'bytes 1000000-1000009/3000000', 10, 1_000_000 % 251],
    [206, 'bytes 2999990-2999999/3000000', 10, 2_999_990 % 251],
    [416, 'bytes */3000000', 0, undefined],
  ]);
});

test('a dropped file that no service reads is refused, and a damaged one fails with a reason', async () => {
  const { page } = at;
  await dropFile(page, '.workspace', 'notes.docx', 'text');
  await page.getByText('notes.docx is not taken').waitFor();
  await dropFile(page, '.workspace', 'broken.stl', 'solid nothing\nfacet\n');
  await row(page, 'geometry/broken').waitFor();
  await stored(page);
  await ribbon(page, 'Model', 'Build');
  const alert = page.locator('.notice.bad', { hasText: 'modeling.build failed' });
  await alert.waitFor({ timeout: 60_000 });
  expect(await alert.innerText()).toContain('broken');
});
