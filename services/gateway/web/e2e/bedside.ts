import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from '@playwright/test';

/** Where the signed-in cookie of the test run is kept. */
export const sessionFile = join(tmpdir(), `bedside-e2e-session-${process.env.BEDSIDE_E2E_RUN ?? process.pid}.json`);

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const startup = 90_000;

/**
 * Starts a Bedside of its own for the test run, with its state in a new directory, or takes the one that
 * BEDSIDE_E2E_URL, BEDSIDE_E2E_EMAIL and BEDSIDE_E2E_PASSWORD name. Signs in once for all tests but the one of signing in.
 */
export default async function setUp(): Promise<() => Promise<void>> {
  process.env.BEDSIDE_E2E_RUN = String(process.pid);
  const stop = process.env.BEDSIDE_E2E_URL ? async () => undefined : await start();
  try {
    const { url, email, password } = running();
    const api = await request.newContext({ baseURL: url });
    const answer = await api.post('/api/v1/session', { data: { email, password } });
    if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}: ${await answer.text()}`);
    await api.storageState({ path: sessionFile });
    await api.dispose();
  } catch (error) {
    await stop();
    throw error;
  }
  return async () => {
    rmSync(sessionFile, { force: true });
    await stop();
  };
}

/** The Bedside of this run. */
export function running(): { url: string; email: string; password: string } {
  const { BEDSIDE_E2E_URL: url, BEDSIDE_E2E_EMAIL: email, BEDSIDE_E2E_PASSWORD: password } = process.env;
  if (!url || !email || !password) throw new Error('set BEDSIDE_E2E_URL, BEDSIDE_E2E_EMAIL and BEDSIDE_E2E_PASSWORD, or none of them');
  return { url: url.replace(/\/$/, ''), email, password };
}

async function start(): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), 'bedside-e2e-'));
  const [program = '', ...args] = (process.env.BEDSIDE_E2E_COMMAND ?? '../../../bin/bedside up').split(/\s+/).filter(Boolean);
  const password = 'e2e correct horse battery'.replaceAll(' ', '-');
  // Settings of the surrounding shell are not those of this Bedside, which refuses the ones it does not know.
  const outside = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(BEDSIDE|KAFKA)_/.test(name)));
  const child = spawn(program, args, {
    cwd: web,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...outside, BEDSIDE_LISTEN: `127.0.0.1:${await freePort()}`, BEDSIDE_DATA: data, BEDSIDE_DEMO_PASSWORD: password },
  });
  const stop = async () => {
    await end(child);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const [url, email] = await ready(child);
    process.env.BEDSIDE_E2E_URL = url;
    process.env.BEDSIDE_E2E_EMAIL = email;
    process.env.BEDSIDE_E2E_PASSWORD = password;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Waits for the one line that says where Bedside is and as whom to sign in; keeps the end of its log for a failure. */
function ready(child: ChildProcess): Promise<[url: string, email: string]> {
  return new Promise((resolve, reject) => {
    let out = '';
    let log = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`${why}\n${(out + log).slice(-4000)}`));
    };
    const timer = setTimeout(() => fail('Bedside was not ready in time.'), startup);
    child.once('error', (error) => fail(`Bedside could not be started: ${error.message}. Run "make build" first.`));
    child.once('exit', (code) => fail(`Bedside ended with code ${code} before it was ready.`));
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-8000);
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      out = (out + chunk.toString()).slice(-8000);
      const found = /Bedside is ready: (\S+)\s+sign in as (\S+) \//.exec(out);
      if (!found?.[1] || !found[2]) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve([found[1], found[2]]);
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve();
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
