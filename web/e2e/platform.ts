// A platform to test against: the one that the environment names, or one started for these tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Platform {
  url: string;
  name: string;
  password: string;
}

const START_MS = 60_000;

function program(): string {
  const root = resolve(import.meta.dirname, '../..');
  const built = ['release', 'debug'].map((profile) => join(root, 'target', profile, 'opentwin')).filter(existsSync);
  built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const found = process.env.E2E_PROGRAM ?? built[0];
  if (!found)
    throw new Error('there is no program to test: build it with `cargo build -p opentwin -p modeling --bins`');
  return found;
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

/** For Vitest's `globalSetup`: the platform's address goes to the tests in the environment. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.E2E_URL) return undefined;
  const state = mkdtempSync(join(tmpdir(), 'opentwin-e2e-'));
  const child = spawn(program(), ['up', '--state', state, '--public', `127.0.0.1:${await freePort()}`]);
  const platform = await started(child);
  process.env.E2E_URL = platform.url;
  process.env.E2E_NAME = platform.name;
  process.env.E2E_FIRST = platform.password;
  process.env.E2E_PASSWORD = 'chosen by the tests 1';
  return async () => {
    const ended = new Promise((done) => child.on('exit', done));
    child.kill('SIGINT');
    await ended;
    rmSync(state, { recursive: true, force: true });
  };
}

/** The platform that the tests run against. */
export function platform(): Platform & { first: string | undefined } {
  const { E2E_URL: url, E2E_NAME: name, E2E_PASSWORD: password, E2E_FIRST: first } = process.env;
  if (!url || !name || !password) throw new Error('E2E_URL, E2E_NAME and E2E_PASSWORD are needed');
  return { url, name, password, first };
}
