import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const candidates = [
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function installed() {
  return candidates.find((file) => file !== undefined && file !== '' && existsSync(file));
}

function installFromDebian() {
  if (process.platform !== 'linux' || spawnSync('apt-get', ['--version']).status !== 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && spawnSync('sudo', ['-n', 'true']).status !== 0) return;
  console.log("Installing Debian's Chromium ...");
  const run = (args) => {
    const [command, rest] = isRoot ? ['apt-get', args] : ['sudo', ['-n', 'apt-get', ...args]];
    spawnSync(command, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  run(['update', '-qq']);
  run(['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core']);
}

/** Path of a Chrome or Chromium: an installed one first, then Debian's package, then Playwright's download. */
export async function ensureBrowser() {
  let browser = installed();
  if (browser === undefined) {
    installFromDebian();
    browser = installed();
  }
  if (browser === undefined) {
    const { chromium } = await import('@playwright/test');
    if (!existsSync(chromium.executablePath())) {
      console.log("Downloading Playwright's Chromium ...");
      execFileSync(process.execPath, ['node_modules/@playwright/test/cli.js', 'install', 'chromium'], {
        stdio: 'inherit',
      });
    }
    browser = chromium.executablePath();
  }
  return browser;
}
