/**
 * Installs a U-Net with SDXL's names and shapes, 5.1 GB of float16 that a local server makes as it is read, in Node
 * or in Chromium, and prints a JSON report: seconds, throughput, peak memory, bytes stored. Nothing but the pack is
 * stored, and that only while the command runs.
 *
 *   npm run install-bench -- [--browser] [--precision q4] [--megabytes 500] [--one-thread] [--profile] [--step]
 *
 * With --browser a page of this repository installs into the private storage of Chromium (CHROME_PATH, else Debian's; Linux
 * alone: memory and processor time come from /proc). With --one-thread nothing is converted in threads beside the one that reads and stores. With
 * --profile, in Node, the report tells what the seconds of the thread that reads and stores went to. With
 * --megabytes the file ends after the first tensors of that size together. With --step, in Node, the installed network
 * then computes one step at 1024 × 1024.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { build, preview } from 'vite';
import { z } from 'zod';
import { stepMemory } from '../../src/cli/bench/step-memory.ts';
import { noteStoredNetwork } from '../../src/cli/bench/stored-network.ts';
import { openConvertThreads } from '../../src/cli/convert-threads.ts';
import { createFolderStore } from '../../src/weights/node-store.ts';
import { PRECISIONS } from '../../src/weights/pack-manifest.ts';
import { type CpuShares, withCpuShares } from './cpu-shares.ts';
import { descendants } from './process-tree.ts';
import { officialUnet } from './synthetic-unet.ts';
import { installUnet, type UnetInstall } from './unet-install.ts';

const SAMPLE_MS = 50;
/** Of 1024 × 1024 pixels. */
const LATENT_SIDE = 128;

const Arguments = z.object({
  browser: z.boolean().default(false),
  precision: z.enum(PRECISIONS).default('q4'),
  megabytes: z.coerce.number().positive().optional(),
  'one-thread': z.boolean().default(false),
  profile: z.boolean().default(false),
  step: z.boolean().default(false),
});
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const { values } = parseArgs({
  options: { browser: flag, precision: text, megabytes: text, 'one-thread': flag, profile: flag, step: flag },
});
const {
  browser,
  precision,
  megabytes: limit,
  'one-thread': oneThread,
  profile,
  step,
} = Arguments.parse(values);
if (step && (browser || limit !== undefined)) {
  throw new Error('--step needs the whole network in Node: leave --browser and --megabytes out.');
}

/** What one install took. */
interface Measured {
  readonly tensors: number;
  readonly shards: readonly { readonly file: string; readonly byteLength: number }[];
  readonly downloadedBytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Resident memory before it began, and at its peak. */
  readonly startBytes: number;
  readonly peakBytes: number;
  /** What ran it. */
  readonly host: string;
  readonly shares?: CpuShares | undefined;
}

async function inNode(job: UnetInstall, folder: string): Promise<Measured> {
  const converter = job.threads ? openConvertThreads() : undefined;
  const before = process.cpuUsage();
  const startBytes = process.memoryUsage().rss;
  let peakBytes = startBytes;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
  }, SAMPLE_MS);
  const store = createFolderStore(folder);
  const install = (): ReturnType<typeof installUnet> => installUnet(job, store, converter);
  const { result, shares } = profile
    ? await withCpuShares(install)
    : { result: await install(), shares: undefined };
  const { networks, ...rest } = result;
  clearInterval(sampler);
  converter?.dispose();
  const { user, system } = process.cpuUsage(before);
  const unet = networks.get('unet');
  if (step && unet !== undefined) {
    const config = officialUnet().config;
    await noteStoredNetwork({ config, precision, source: 'the local server', ...unet }, store);
  }
  const installed = [...networks.values()];
  return {
    ...rest,
    tensors: installed.reduce((sum, { tensors }) => sum + tensors.length, 0),
    shards: installed.flatMap(({ shards }) => shards),
    cpuSeconds: (user + system) / 1e6,
    startBytes,
    peakBytes,
    host: `Node ${process.version}`,
    shares,
  };
}

/** Memory is that of the page's process, which holds its workers; processor time that of all of Chromium's. */
async function inChromium(job: UnetInstall, folder: string): Promise<Measured> {
  const configFile = path.join(import.meta.dirname, 'install-page/vite.config.ts');
  await build({ configFile, logLevel: 'warn' });
  const server = await preview({ configFile, logLevel: 'warn' });
  // A profile on the disk: private storage of a window without one lies in memory.
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
    args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
  try {
    const page = await context.newPage();
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    const ofBrowser = (): ReturnType<typeof descendants> =>
      descendants().filter(({ command }) => !command.includes('serve-unet'));
    const cpu = (): number => ofBrowser().reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    const pages = (): number[] =>
      ofBrowser()
        .filter(({ command }) => command.includes('--type=renderer'))
        .map(({ residentBytes }) => residentBytes);
    const before = cpu();
    const startBytes = Math.max(0, ...pages());
    let peakBytes = startBytes;
    const sampler = setInterval(() => {
      peakBytes = Math.max(peakBytes, ...pages());
    }, SAMPLE_MS);
    const outcome = await page.evaluate((given) => window.installUnet(given), job);
    clearInterval(sampler);
    if (outcome.kind === 'failed') throw new Error(outcome.message);
    const host = `Chromium ${context.browser()?.version() ?? ''}`.trim();
    return { ...outcome, cpuSeconds: cpu() - before, startBytes, peakBytes, host };
  } finally {
    await context.close();
    await server.close();
  }
}

const server = fork(
  new URL('serve-unet.ts', import.meta.url),
  limit === undefined ? [] : [String(limit * 1e6)],
  { execArgv: process.execArgv },
);
const folder = await mkdtemp(path.join(os.tmpdir(), 'relationbooth-install-'));
try {
  const endpoint = await new Promise<string>((resolve, reject) => {
    server.once('message', (message) => {
      resolve(z.string().parse(message));
    });
    server.once('exit', () => {
      reject(new Error('The server ended before it was ready.'));
    });
  });
  const job = { endpoint, precision, threads: !oneThread };
  const measured = await (browser ? inChromium(job, folder) : inNode(job, folder));
  const { tensors, shards, downloadedBytes, seconds, cpuSeconds, startBytes, peakBytes, host, shares } =
    measured;
  const megabytes = downloadedBytes / 1e6;
  const report = {
    host,
    precision,
    tensors,
    downloadMegabytes: Math.round(megabytes),
    storedMegabytes: Math.round(shards.reduce((sum, { byteLength }) => sum + byteLength, 0) / 1e6),
    shards: shards.map(({ file, byteLength }) => ({ file, byteLength })),
    seconds: Number(seconds.toFixed(1)),
    cpuSeconds: Number(cpuSeconds.toFixed(1)),
    megabytesPerSecond: Math.round(megabytes / seconds),
    megabytesPerSecondPerCore: Math.round(megabytes / cpuSeconds),
    startMegabytes: Math.round(startBytes / 1e6),
    peakMegabytes: Math.round(peakBytes / 1e6),
    processor: os.cpus()[0]?.model,
    cores: os.cpus().length,
    secondsBy: shares,
    step: step
      ? await stepMemory(folder, {
          provider: 'cpu',
          threads: os.cpus().length,
          latentHeight: LATENT_SIDE,
          latentWidth: LATENT_SIDE,
          batch: 1,
          memoryPattern: false,
          runs: 1,
        })
      : undefined,
  };
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  server.kill();
  await rm(folder, { recursive: true, force: true });
}
