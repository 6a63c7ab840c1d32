// Figures of the web client, printed: `npm run measure`. What they mean and what was measured stands in benches/.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { addParameter, createProject, launch, logIn, pane, row, stored, visit } from './browser';
import { platform } from './platform';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const print = (text: string) => process.stdout.write(`${text}\n`);
const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] as number;

/** Bytes of bodies as they came over the line, while something is done. */
async function transferred(page: Page, run: () => Promise<unknown>): Promise<{ bytes: number; files: number }> {
  const line = await page.context().newCDPSession(page);
  await line.send('Network.enable');
  let [bytes, files] = [0, 0];
  line.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength;
    files += 1;
  });
  await run();
  await line.detach();
  return { bytes, files };
}

test('first load', async () => {
  const first = await visit(browser);
  await logIn(first.page);
  await createProject(first.page, 'First load');
  const address = first.page.url();
  await first.context.close();
  const times: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const { page, context } = await visit(browser);
    const begin = performance.now();
    const load = await transferred(page, async () => {
      await page.goto(platform().url);
      await page.getByLabel('Name').waitFor();
    });
    times.push(performance.now() - begin);
    if (turn === 0) {
      print(`first load, to the login: ${(load.bytes / 1000).toFixed(0)} kB in ${load.files} files`);
      await logIn(page);
      const open = await transferred(page, async () => {
        await page.goto(address);
        await page.getByRole('tree', { name: 'Project' }).waitFor();
        await page.locator('.scene canvas').waitFor();
      });
      print(
        `a project opened after it, with the 3-D part: ${(open.bytes / 1000).toFixed(0)} kB in ${open.files} files`,
      );
    }
    await context.close();
  }
  print(`first load, to the login, without a cache: median ${median(times).toFixed(0)} ms (n = ${times.length})`);
});

test('from a commit to the picture of a second client', async () => {
  const one = await visit(browser);
  const two = await visit(browser);
  await logIn(one.page);
  await createProject(one.page, 'Two windows');
  await addParameter(one.page, 'w', '1 mm');
  await logIn(two.page);
  await two.page.goto(one.page.url());
  await row(two.page, 'parameters/w').waitFor();
  await pane(two.page, 'Parameters');
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const value = `${turn + 2} mm`;
    // The second window notes when it shows the value; both clocks are those of this machine.
    const seen = two.page.evaluate(
      (wanted) =>
        new Promise<number>((done) => {
          const look = () => {
            const field = document.querySelector('[aria-label="Value of w"]') as HTMLInputElement;
            if (field?.value !== wanted) return requestAnimationFrame(look);
            // The frame after the one in which it was written is on the screen.
            requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
          };
          look();
        }),
      value,
    );
    const sent = await one.page.getByLabel('Value of w', { exact: true }).evaluate((element, text) => {
      const field = element as HTMLInputElement;
      field.focus();
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text);
      field.dispatchEvent(new Event('input', { bubbles: true }));
      return new Promise<number>((done) =>
        requestAnimationFrame(() => {
          const now = performance.timeOrigin + performance.now();
          field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
          done(now);
        }),
      );
    }, value);
    times.push((await seen) - sent);
    await stored(one.page);
  }
  print(
    `Enter in one window to the picture in another: median ${median(times).toFixed(0)} ms, ` +
      `largest ${Math.max(...times).toFixed(0)} ms (n = ${times.length})`,
  );
});
