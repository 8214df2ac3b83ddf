/**
 * `npm test`: installs what is missing (a browser included), then lint, format, types, unit and golden
 * tests, the build, and the browser tests on the built app. Ends with "N passed, M failed".
 * Each suite has a budget in minutes: one that hangs fails instead of holding up the rest.
 * `npm test -- unit e2e` runs the named suites only.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies, root } from './ensure-dependencies.mjs';

ensureDependencies();
const { ensureBrowser } = await import('./find-browser.mjs');

const reports = path.join(root, '.cache', 'reports');
mkdirSync(reports, { recursive: true });
const bin = (name) => path.join(root, 'node_modules', ...name.split('/'));

/** Suites that only read the sources run beside each other, each on one core. */
const suites = [
  {
    name: 'format',
    minutes: 4,
    reads: true,
    args: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  },
  {
    name: 'lint',
    minutes: 8,
    reads: true,
    args: [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'],
  },
  { name: 'types', minutes: 6, reads: true, args: [bin('typescript/bin/tsc'), '-b'] },
  {
    name: 'unit',
    minutes: 8,
    args: [
      bin('vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reports}/unit.json`,
    ],
    count: countVitest,
  },
  { name: 'build', minutes: 2, args: [bin('vite/bin/vite.js'), 'build', '--logLevel', 'warn'] },
  {
    name: 'e2e',
    minutes: 25,
    args: [bin('@playwright/test/cli.js'), 'test'],
    browser: true,
    count: countPlaywright,
  },
];

function readReport(name) {
  const file = path.join(reports, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function countVitest() {
  const report = readReport('unit');
  if (report === undefined) return undefined;
  // A file that fails to load has no tests of its own: it counts as one failure.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken };
}

function countPlaywright() {
  const report = readReport('e2e');
  if (report === undefined) return undefined;
  return {
    passed: report.stats.expected + report.stats.flaky,
    failed: report.stats.unexpected + report.errors.length,
  };
}

/** Runs one suite; resolves to true if it ended by itself with exit code 0. */
function run(suite, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, suite.args, {
      cwd: root,
      stdio: 'inherit',
      env,
      detached: process.platform !== 'win32',
    });
    const timer = setTimeout(() => {
      console.error(`${suite.name}: over its budget of ${suite.minutes} minutes, stopped.`);
      if (process.platform === 'win32') child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    }, suite.minutes * 60_000);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(
    `Unknown suite ${unknown.join(', ')}; there are ${suites.map((suite) => suite.name).join(', ')}.`,
  );
  process.exit(2);
}

let passed = 0;
let failed = 0;

async function runAndCount(suite) {
  const started = Date.now();
  const env = { ...process.env };
  if (suite.browser) env.CHROME_PATH = await ensureBrowser();
  if (suite.count) rmSync(path.join(reports, `${suite.name}.json`), { force: true });
  const ok = await run(suite, env);
  const counts = suite.count?.() ?? { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  // A runner that fails without a failed test (a crash, the budget) is a failure all the same.
  if (!ok && counts.failed === 0) counts.failed = 1;
  passed += counts.passed;
  failed += counts.failed;
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`── ${suite.name}: ${counts.passed} passed, ${counts.failed} failed (${seconds} s)`);
}

const chosen = suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
await Promise.all(chosen.filter(({ reads }) => reads).map(runAndCount));
for (const suite of chosen.filter(({ reads }) => !reads)) await runAndCount(suite);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
