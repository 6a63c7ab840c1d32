// A platform to test against: the one that the environment names, or one started for these tests.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

export interface Platform {
  url: string;
  name: string;
  password: string;
}

const START_MS = 60_000;

/** A program that cargo has built: the newer of its two profiles. */
export function built(name: string): string {
  const root = resolve(import.meta.dirname, '../..');
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
  const found = ['release', 'debug'].map((profile) => join(target, profile, name)).filter(existsSync);
  found.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (!found[0]) throw new Error(`${name} is missing: build it with \`cargo build --workspace --bins\``);
  return found[0];
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? done(address.port) : failed(new Error('no free port')),
      );
    });
  });
}

/** Waits for the lines that tell the address and the password of a first start. */
function started(child: ChildProcess): Promise<Platform> {
  return new Promise((done, failed) => {
    let text = '';
    const timer = setTimeout(() => failed(new Error(`the platform did not start:\n${text}`)), START_MS);
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      const url = /^\s*address\s+(https:\S+)/m.exec(text)?.[1];
      const name = /^\s*user\s+(\S+)/m.exec(text)?.[1];
      const password = /^\s*password\s+(\S+)/m.exec(text)?.[1];
      if (!url || !name || !password) return;
      clearTimeout(timer);
      done({ url, name, password });
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('exit', (code) => failed(new Error(`the platform ended with ${code}:\n${text}`)));
  });
}

/** A platform of its own for tests that stop parts of it or need flags; what they start they end. */
export interface OwnPlatform extends Platform {
  /** Where it keeps everything. */
  state: string;
  /** Ends one of its processes at once, by the words of its command line. */
  kill: (...words: string[]) => void;
  stop: () => Promise<void>;
}

/** Process numbers below a process. */
function below(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [root];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found;
}

function commandOf(id: number): string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

const program = () => process.env.E2E_PROGRAM ?? built('opentwin');

/** This environment without what would set options of the platform. */
const environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OPENTWIN_')));

export async function startPlatform(...flags: string[]): Promise<OwnPlatform> {
  const state = mkdtempSync(join(tmpdir(), 'opentwin-e2e-'));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program(), ['up', '--state', state, '--public', address, ...flags], { env: environment() });
  const platform = await started(child);
  return {
    ...platform,
    state,
    kill: (...words) => {
      const found = below(child.pid as number).filter((id) => words.every((word) => commandOf(id).includes(word)));
      if (found.length !== 1) throw new Error(`${found.length} processes are called ${words.join(' ')}`);
      process.kill(found[0] as number, 'SIGKILL');
    },
    stop: async () => {
      const ended = new Promise((done) => child.on('exit', done));
      child.kill('SIGINT');
      await ended;
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Replaces the one-time password of a first start, by the command line. */
function choosePassword({ state, name, password }: OwnPlatform, chosen: string): void {
  const home = join(state, 'login-of-the-tests');
  execFileSync(program(), ['login', '--state', state, '--user', name, '--password-stdin', '--new-password-stdin'], {
    input: `${password}\n${chosen}\n`,
    env: { ...environment(), OPENTWIN_CONFIG_HOME: home },
  });
}

/** A platform of its own whose administrator has a password of the tests' own. */
async function prepared(): Promise<OwnPlatform> {
  const started = await startPlatform();
  const password = 'chosen by the tests 1';
  try {
    choosePassword(started, password);
  } catch (error) {
    await started.stop();
    throw error;
  }
  return { ...started, password };
}

declare module 'vitest' {
  interface ProvidedContext {
    platforms: Platform[];
  }
}

/** For Vitest's `globalSetup`: a platform for each of the workers, so that files of tests never share one at a time. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { E2E_URL: url, E2E_NAME: name, E2E_PASSWORD: password } = process.env;
  if (url && !(name && password)) throw new Error('with E2E_URL, E2E_NAME and E2E_PASSWORD are needed');
  if (url && name && password) {
    project.provide('platforms', [{ url, name, password }]);
    return async () => {};
  }
  const own: OwnPlatform[] = [];
  const stop = async () => {
    await Promise.all(own.map((one) => one.stop()));
  };
  try {
    for (let count = 0; count < project.config.maxWorkers; count++) own.push(await prepared());
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide(
    'platforms',
    own.map(({ url, name, password }) => ({ url, name, password })),
  );
  return stop;
}

/** The platform that the tests of this worker run against. */
export function platform(): Platform {
  const at = inject('platforms')[Number(process.env.VITEST_POOL_ID) - 1];
  if (!at) throw new Error(`worker ${process.env.VITEST_POOL_ID} has no platform`);
  return at;
}
