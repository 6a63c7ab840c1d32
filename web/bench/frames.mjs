// Makes the bodies with the service's own code, serves the page, opens it in headless Chromium once for each case, and
// prints what the frames took as rows of a table.
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const root = new URL('..', import.meta.url).pathname;

/** A folder with the view files: that of `VIEWS`, or one that is made now. */
function views() {
  if (process.env.VIEWS) return { folder: process.env.VIEWS, drop: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'opentwin-views-'));
  const args = ['run', '--quiet', '-p', 'solid', '--example', 'view_levels', '--', folder];
  const { status } = spawnSync('cargo', args, { cwd: join(root, '..'), stdio: 'inherit' });
  if (status !== 0) throw new Error('the bodies could not be made');
  return { folder, drop: () => rmSync(folder, { recursive: true }) };
}

const { folder, drop } = views();
const files = {
  name: 'views',
  configureServer: ({ middlewares }) => {
    middlewares.use('/views', (request, response, next) => {
      const file = join(folder, new URL(request.url, 'http://here').pathname);
      if (existsSync(file)) createReadStream(file).pipe(response);
      else next();
    });
  },
};
// What is edited meanwhile must not load the page anew.
const server = await createServer({
  root,
  plugins: [files],
  server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
});
await server.listen();
const address = `${server.resolvedUrls.local[0]}bench/frames.html`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', ...(process.env.GPU ? [] : ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'])],
});

const at = (list, share) => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
// Frames come with the screen's clock: three of its sixtieths are 50 ms, give or take some microseconds.
const slow = (spans) => spans.filter((span) => span > 50.5).length;

async function run(name) {
  // A window of its own knows nothing of the frames before.
  const context = await browser.newContext({ viewport: { width: 1200, height: 640 } });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`${address}#${name}`);
  await page.waitForFunction(() => 'measured' in window, undefined, { timeout: 60_000 });
  const found = await page.evaluate(() => window.measured);
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
  await context.close();
  return found;
}

try {
  const wanted = process.argv.slice(2);
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction(() => 'cases' in window, undefined, { timeout: 60_000 });
  const cases = wanted.length > 0 ? wanted : await page.evaluate(() => window.cases);
  await page.close();
  console.log('| case | median | 99 % | longest | over 50 ms | moving | at rest | load |');
  console.log('|---|---|---|---|---|---|---|---|');
  let last;
  for (const name of cases) {
    last = await run(name);
    const { spans, moving, whole } = last;
    const ms = (value) => `${value.toFixed(0)} ms`;
    console.log(
      `| ${name} | ${ms(at(spans, 0.5))} | ${ms(at(spans, 0.99))} | ${ms(at(spans, 1))} | ${slow(spans)} of ${spans.length} ` +
        `| ${moving.triangles} triangles in ${moving.calls} calls, ${(moving.pixels / 1e3).toFixed(0)}k pixels ` +
        `| ${whole.triangles} triangles in ${(whole.milliseconds / 1000).toFixed(1)} s | ${loadavg()[0].toFixed(1)} |`,
    );
    if (process.env.SPANS) console.log(spans.map((span) => span.toFixed(0)).join(' '));
  }
  const spread = (list) => `median ${at(list, 0.5).toFixed(1)} ms, 99 % ${at(list, 0.99).toFixed(1)} ms`;
  console.log(`\ndriver: ${last.driver}`);
  console.log(`the page's own thread for a frame (${cases.at(-1)}): ${spread(last.own)}`);
  for (const [kind, list] of Object.entries(last.picks)) console.log(`picking a ${kind}: ${spread(list)}`);
} finally {
  await browser.close();
  await server.close();
  drop();
}
