// For the build: leaves compressed files beside the plain ones, for the relay to give to browsers that take them, and
// `build.json`, by which a page finds out that the site has a newer client than itself.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TEXT = /\.(html|js|css|svg|json|wasm|txt)$/;
/** Below this the headers weigh more than what is saved. */
const SMALLEST = 512;
/** Stands in the page for the name of the build. The page is never cached, its files are: they cannot carry it. */
const PLACE = '__BUILD__';

const brotli = (bytes) =>
  promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } });

async function compress(path) {
  const bytes = await readFile(path);
  if (bytes.length < SMALLEST) return;
  const [br, gz] = await Promise.all([brotli(bytes), promisify(gzip)(bytes, { level: 9 })]);
  await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)]);
}

export function packed() {
  return {
    name: 'opentwin-packed',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = Object.values(bundle);
      const hash = createHash('sha256');
      for (const file of files.sort((a, b) => a.fileName.localeCompare(b.fileName))) {
        hash.update(file.fileName).update(file.type === 'chunk' ? file.code : file.source);
      }
      const build = hash.digest('hex').slice(0, 16);
      const page = bundle['index.html'];
      if (!page || !String(page.source).includes(PLACE)) this.error(`index.html has no ${PLACE}`);
      page.source = String(page.source).replace(PLACE, build);
      this.emitFile({ type: 'asset', fileName: 'build.json', source: `${JSON.stringify({ build })}\n` });
    },
    async writeBundle(options, bundle) {
      const names = Object.keys(bundle).filter((name) => TEXT.test(name));
      await Promise.all(names.map((name) => compress(join(options.dir, name))));
    },
  };
}
