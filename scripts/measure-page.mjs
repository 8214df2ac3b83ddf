/**
 * What the built page costs its main thread: `npm run measure-page [runs] [steps or quick]`. Starts the app cold in a browser
 * of its own, makes the example's picture with its default settings, so many steps, or the few-step LoRA, then one more of
 * another seed. Prints how long each took, how long the status line told each stage and, of each part of the visit, the
 * longest main-thread task (Long Tasks API: tasks over 50 ms) and who asked for it (Long Animation Frames API).
 */
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { buildApp } from './build-app.mjs';
import { root } from './ensure-dependencies.mjs';
import { ensureBrowser } from './find-browser.mjs';
import { serveApp } from './serve-app.mjs';

const runs = Number(process.argv[2] ?? 3);
const steps = process.argv[3];
const PARTS = ['start', 'generation', 'picture'];

/* global document, MutationObserver, performance, PerformanceObserver */

/** Runs in the page, before anything of it. */
function observe() {
  const seen = { part: 'start', tasks: [], frames: [] };
  globalThis.measured = seen;
  const note = (list, entry) => list.push({ part: seen.part, ...entry });
  new PerformanceObserver((entries) => {
    for (const { duration, startTime } of entries.getEntries()) note(seen.tasks, { duration, startTime });
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((entries) => {
    for (const { scripts, startTime, renderStart, duration } of entries.getEntries()) {
      const script = scripts.toSorted((a, b) => b.duration - a.duration)[0];
      const who = script ? `${script.invoker} ${script.sourceFunctionName}` : 'style, layout, paint';
      note(seen.frames, { who, startTime, duration, rendering: startTime + duration - renderStart });
    }
  }).observe({ type: 'long-animation-frame', buffered: true });
}

/** Runs in the page: notes when the status line says something else, step numbers apart. */
function observeStages() {
  const line = document.querySelector('[role="status"]');
  const stages = [];
  globalThis.stages = stages;
  const note = () => {
    const name = line.textContent.replaceAll(/[\d.]+( of \d+)?/g, '').trim();
    if (stages.at(-1)?.name !== name) stages.push({ name, from: performance.now() });
  };
  note();
  new MutationObserver(note).observe(line, { characterData: true, childList: true, subtree: true });
}

/** Seconds that each stage was told, the same one twice added up: "Drawing 6.1 s". */
function stageTimes(stages) {
  const seconds = new Map();
  for (const [index, { name, from }] of stages.slice(0, -1).entries()) {
    seconds.set(name, (seconds.get(name) ?? 0) + (stages[index + 1].from - from) / 1000);
  }
  return [...seconds].map(([name, time]) => `${name} ${time.toFixed(1)} s`).join(', ');
}

async function visit(browser, address) {
  const context = await browser.newContext({
    serviceWorkers: 'block',
    viewport: { width: 1440, height: 900 },
  });
  const page = await context.newPage();
  await page.addInitScript(observe);
  await page.goto(address);
  const generate = page.getByRole('button', { name: 'Generate', exact: true });
  await generate.and(page.locator(':enabled')).waitFor({ timeout: 120_000 });
  const times = await page.evaluate(() => ({
    usable: performance.now(),
    painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  }));
  const begin = (part) =>
    page.evaluate((name) => {
      globalThis.measured.part = name;
    }, part);
  if (steps === 'quick') await page.getByRole('switch', { name: /^Quick/ }).check();
  else if (steps !== undefined) {
    const field = page.getByRole('spinbutton', { name: 'Steps', exact: true });
    await field.fill(steps);
    await field.press('Enter');
  }
  await page.evaluate(observeStages);
  await begin('generation');
  await generate.click();
  await page
    .getByRole('status')
    .first()
    .getByText(/^Done in/)
    .waitFor({ timeout: 600_000 });
  const status = (await page.getByRole('status').first().textContent()) ?? '';
  // What follows the picture: saving it, the history, looking at it closely.
  await begin('picture');
  await page.getByRole('button', { name: 'Look at the picture' }).click();
  await page.getByRole('region', { name: 'Picture viewer' }).waitFor();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  const { tasks, frames } = await page.evaluate(() => globalThis.measured);
  const stages = stageTimes(await page.evaluate(() => globalThis.stages));
  const again = await another(page, generate);
  await context.close();
  return { ...times, status, again, stages, tasks, frames };
}

/** Seconds of one more picture, of another seed: photos and words are known by then. */
async function another(page, generate) {
  const started = performance.now();
  await generate.click();
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached', timeout: 600_000 });
  return (performance.now() - started) / 1000;
}

function scriptBytes() {
  const page = readFileSync(path.join(root, 'dist/index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, file]) => file);
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(root, 'dist', file))).length, 0);
}

await buildApp();
const server = await serveApp({ port: 4390, strictPort: false });
const browser = await chromium.launch({
  executablePath: await ensureBrowser(),
  args: ['--no-sandbox', '--disable-gpu'],
});
console.log(
  `Chromium ${browser.version()}, initial JavaScript ${(scriptBytes() / 1000).toFixed(0)} kB gzipped`,
);
try {
  for (let run = 1; run <= runs; run += 1) {
    const { painted, usable, status, again, stages, tasks, frames } = await visit(browser, server.address);
    console.log(
      `run ${run}: painted ${painted.toFixed(0)} ms, usable ${usable.toFixed(0)} ms, ${status}, another ${again.toFixed(1)} s`,
    );
    console.log(`  stages: ${stages}`);
    for (const part of PARTS) {
      const own = tasks.filter((task) => task.part === part).sort((a, b) => b.duration - a.duration);
      const longest = own[0]?.duration.toFixed(0) ?? 'none over 50';
      console.log(`  ${part}: longest task ${longest} ms, ${own.length} over 50 ms`);
      for (const frame of frames.filter((one) => one.part === part && one.duration > 50)) {
        console.log(
          `    frame of ${frame.duration.toFixed(0)} ms at ${frame.startTime.toFixed(0)}: ${frame.who}`,
        );
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
