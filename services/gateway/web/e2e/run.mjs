// Runs the browser tests where a Chromium is found, and otherwise says loudly that it does not.
// BEDSIDE_E2E_REQUIRED=1 makes a missing Chromium a failure.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const chromium =
  process.env.CHROMIUM_PATH ||
  ['/usr/bin/chromium', ...(process.env.PATH ?? '').split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)))].find(executable);

if (!chromium || !executable(chromium)) {
  const required = process.env.BEDSIDE_E2E_REQUIRED === '1';
  console.error(
    [
      '',
      '**********************************************************************',
      `* BROWSER TESTS ${required ? 'FAILED' : 'SKIPPED'}: no Chromium was found.`,
      '* Install it (Debian, Ubuntu: apt-get install chromium) or set',
      '* CHROMIUM_PATH to a Chromium or Chrome, and run them again.',
      '**********************************************************************',
      '',
    ].join('\n'),
  );
  process.exit(required ? 1 : 0);
}

const cli = new URL('../node_modules/@playwright/test/cli.js', import.meta.url).pathname;
const child = spawn(process.execPath, [cli, 'test', ...process.argv.slice(2)], {
  cwd: new URL('..', import.meta.url).pathname,
  stdio: 'inherit',
  env: { ...process.env, CHROMIUM_PATH: chromium },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
