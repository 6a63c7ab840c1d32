// Serves the page, opens it in headless Chromium, prints its figures as rows of a table.
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const server = await createServer({
  root: new URL('..', import.meta.url).pathname,
  server: { port: 0, host: '127.0.0.1' },
});
await server.listen();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', ...(process.env.GPU ? [] : ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'])],
});
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 640 } });
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`${server.resolvedUrls.local[0]}bench/frames.html`);
  await page.waitForFunction(() => 'measured' in window, undefined, { timeout: 60_000 });
  const found = await page.evaluate(() => window.measured);
  const at = (list, share) => list[Math.min(list.length - 1, Math.floor(list.length * share))].toFixed(1);
  const spread = (list) => `median ${at(list, 0.5)} ms, 99 % ${at(list, 0.99)} ms`;
  console.log(`| triangles; draw calls a frame | ${found.triangles}; ${found.calls} |`);
  console.log(`| from the bytes of the meshes to the first picture | ${(found.load / 1000).toFixed(1)} s |`);
  console.log(`| a frame while orbiting, the page's own thread | ${spread(found.own)} |`);
  console.log(`| from frame to frame, full quality | ${spread(found.full)} |`);
  console.log(
    `| from frame to frame, as the view adapts (in the end ${found.light} triangles) | ${spread(found.adapted)} |`,
  );
  for (const [kind, list] of Object.entries(found.picks)) console.log(`| picking a ${kind} | ${spread(list)} |`);
} finally {
  await browser.close();
  await server.close();
}
