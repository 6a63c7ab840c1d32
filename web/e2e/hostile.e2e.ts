// What a browser could send that it should not, and texts that would like to be markup.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addParameter,
  call,
  createProject,
  launch,
  logIn,
  pane,
  ribbon,
  row,
  stored,
  type Visit,
  visit,
} from './browser';

let browser: Browser;
let at: Visit;
let project: string;
beforeAll(async () => {
  browser = await launch();
  at = await visit(browser);
  await logIn(at.page);
  await createProject(at.page, 'Hostile');
  await addParameter(at.page, 'w', '1 mm');
  project = new URL(at.page.url()).hash.split('/')[2]?.split('?')[0] ?? '';
});
afterAll(async () => {
  expect(at.faults).toEqual([]);
  await browser?.close();
});

/** Sends frames over a socket of the page's own, and tells each answer; undefined where the socket was shut instead. */
function say(page: Visit['page'], frames: string[]): Promise<(string | undefined)[]> {
  return page.evaluate(async (list) => {
    const heard: (string | undefined)[] = [];
    for (const frame of list) {
      heard.push(
        await new Promise<string | undefined>((done) => {
          const socket = new WebSocket(`wss://${window.location.host}/api/v1/socket`);
          const answer = (text: string | undefined) => {
            done(text);
            socket.close();
          };
          socket.onopen = () => socket.send(frame);
          socket.onmessage = (event) => answer(String(event.data));
          socket.onclose = (event) => answer(event.code === 1000 ? undefined : `closed ${event.code} ${event.reason}`);
        }),
      );
    }
    return heard;
  }, frames);
}

test('every malformed message is answered with what is wrong, and does nothing', async () => {
  const { page } = at;
  const call = (method: string, body: unknown) => JSON.stringify({ id: 1, call: method, body });
  const frames = [
    '{',
    '[]',
    'null',
    '"text"',
    JSON.stringify({ id: 'x', call: 'Project/Describe', body: {} }),
    JSON.stringify({ id: -1, call: 'Project/Describe', body: {} }),
    call('Project/Nothing', {}),
    call('Project/PutRun', { id: 'r' }),
    call('../Project/Describe', {}),
    call('Project/Commit', { porject: project }),
    call('Project/Commit', { project: 7 }),
    call('Project/Commit', { project, put: 'all' }),
    call('Project/Commit', {
      project,
      put: [{ kind: 'project.parameter', path: '../../etc/passwd', properties: '{}' }],
    }),
    call('Project/Commit', { project, put: [{ kind: 'project.parameter', path: 'parameters/x', properties: '{' }] }),
    call('Project/Commit', { project, put: [{ kind: 'nobody.knows', path: 'parameters/x', properties: '{}' }] }),
    call('Project/Commit', { project, base: 'no such version', put: [] }),
    call('Project/Evaluate', { project, expressions: Array.from({ length: 1001 }, () => ({ text: '1' })) }),
    call('Project/UpdateProject', { project, picture: '0'.repeat(64) }),
    call('Project/GetProject', { project: 'x'.repeat(100_000) }),
    call('LocalSession/Act', { project, action: 'modeling.build' }),
    call('LocalSession/Inputs', { project }),
    call('Authorization/CreateUser', []),
  ];
  const answers = await say(page, frames);
  for (const [at, answer] of answers.entries()) {
    expect(answer, frames[at]).toBeDefined();
    if (answer?.startsWith('closed')) {
      expect(answer, frames[at]).toMatch(/^closed (1003|1007|1008|1009) ./);
      continue;
    }
    const { error } = JSON.parse(answer as string);
    expect(error?.code, `${frames[at]} → ${answer}`).toMatch(/^[a-z]+[.a-z-]*$/);
    expect(error?.message, frames[at]).toBeTruthy();
  }
  // The window itself goes on, and nothing has changed.
  await page.reload();
  await row(page, 'parameters/w').waitFor();
  expect(await row(page, 'parameters/x').count()).toBe(0);
});

test('a frame that is too large is refused with the limit', async () => {
  const [answer] = await say(at.page, [
    `{"id":1,"call":"Project/GetProject","body":{"project":"${'x'.repeat(20 << 20)}"}}`,
  ]);
  // Who is still sending may see the connection end before the reason arrives.
  expect(answer).toMatch(/larger than \d+ bytes|^closed 1006/);
});

const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;{{7*7}}';

test('names, descriptions, messages and labels are shown as they were written', async () => {
  const { page } = at;
  await row(page, 'parameters/w').waitFor();
  const title = await page.title();
  await pane(page, 'Parameters');
  const description = page.getByLabel('Description of w', { exact: true });
  await description.fill(MARKUP);
  await description.press('Enter');
  await stored(page);
  await pane(page, 'Versions');
  // Where a field takes no such name, it says so.
  await ribbon(page, 'Home', 'Branch…');
  await page.getByRole('textbox', { name: 'Name of the branch' }).fill(MARKUP);
  await page.getByRole('dialog').getByText('letters, digits').waitFor();
  await page.keyboard.press('Escape');
  // By a call of its own: a message of a version, and an entity's value.
  const properties = JSON.stringify({ value: 1, description: MARKUP });
  const put = [{ kind: 'project.parameter', path: 'parameters/m', properties }];
  await call(page, 'Project/Commit', { project, message: MARKUP, put });
  await page.getByRole('table', { name: 'Versions' }).getByText(MARKUP, { exact: true }).waitFor();
  await row(page, 'parameters/m').click();
  await page.locator('.properties').getByLabel('Description', { exact: true }).waitFor();
  expect(await page.locator('.properties').getByLabel('Description', { exact: true }).inputValue()).toBe(MARKUP);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  expect(await page.title()).toBe(title);
});
