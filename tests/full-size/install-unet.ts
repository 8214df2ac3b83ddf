/**
 * Installs a U-Net with SDXL's names and shapes, 5.1 GB of float16 that a local server makes as it is read, and
 * prints a JSON report: seconds, throughput, peak memory, bytes stored. Nothing but the pack is stored.
 *
 *   npm run install-bench -- [--precision q4] [--out FOLDER] [--megabytes 500] [--one-thread]
 *
 * With --one-thread nothing is converted in threads beside the one that reads and stores. With --megabytes the file ends after the first tensors of that size together.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openConvertThreads } from '../../src/cli/convert-threads.ts';
import { openWeights, readJson } from '../../src/gpu/packing/checkpoint-folder.ts';
import { parseUnetConfig } from '../../src/gpu/networks/unet-config.ts';
import { crossAttentionParameters, unetParameters } from '../../src/gpu/networks/unet-parameters.ts';
import { PRECISIONS } from '../../src/weights/pack-manifest.ts';
import { installNetworks } from '../../src/weights/install/install-networks.ts';
import { createFolderStore } from '../../src/weights/node-store.ts';
import { openHub } from '../../src/weights/sources/hub.ts';

const Arguments = z.object({
  precision: z.enum(PRECISIONS).default('q4'),
  out: z.string().optional(),
  megabytes: z.coerce.number().positive().optional(),
  'one-thread': z.boolean().default(false),
});
const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: { precision: text, out: text, megabytes: text, 'one-thread': { type: 'boolean' } },
});
const { precision, out, megabytes: limit, 'one-thread': oneThread } = Arguments.parse(values);

const server = fork(
  new URL('serve-unet.ts', import.meta.url),
  limit === undefined ? [] : [String(limit * 1e6)],
  { execArgv: process.execArgv },
);
const folder = out ?? (await mkdtemp(path.join(os.tmpdir(), 'relationbooth-install-')));
try {
  const endpoint = await new Promise<string>((resolve, reject) => {
    server.once('message', (message) => {
      resolve(z.string().parse(message));
    });
    server.once('exit', () => {
      reject(new Error('The server ended before it was ready.'));
    });
  });
  const model = (await openHub('test/sdxl', 'main', { endpoint })).folder();
  const config = parseUnetConfig(await readJson(model, 'unet/config.json', z.unknown()));
  const { tensors } = await openWeights(model, 'unet', 'diffusion_pytorch_model');
  // The adapter's keys and values are no part of this file.
  const ofText = crossAttentionParameters(config).filter(({ name }) => !name.includes('_ip.'));
  const networks = [
    { name: 'unet', parameters: unetParameters(config), tensors, precision },
    { name: 'cross_attention', parameters: ofText, tensors, precision },
  ];

  const converter = oneThread ? undefined : openConvertThreads();
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  let downloaded = 0;
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
  }, 50);
  const installed = await installNetworks(networks, {
    store: createFolderStore(folder),
    converter,
    onProgress: ({ totalBytes }) => {
      downloaded = totalBytes;
    },
  });
  clearInterval(sampler);
  converter?.dispose();
  const seconds = (performance.now() - started) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const shards = [...installed.values()].flatMap((network) => network.shards);
  const megabytes = downloaded / 1e6;
  const report = {
    precision,
    tensors: [...installed.values()].reduce((sum, network) => sum + network.tensors.length, 0),
    downloadMegabytes: Math.round(megabytes),
    storedMegabytes: Math.round(shards.reduce((sum, { byteLength }) => sum + byteLength, 0) / 1e6),
    shards: shards.map(({ file, byteLength }) => ({ file, byteLength })),
    seconds: Number(seconds.toFixed(1)),
    cpuSeconds: Number(cpuSeconds.toFixed(1)),
    megabytesPerSecond: Math.round(megabytes / seconds),
    megabytesPerSecondPerCore: Math.round(megabytes / cpuSeconds),
    peakMegabytes: Math.round(peakBytes / 1e6),
    processor: os.cpus()[0]?.model,
    cores: os.cpus().length,
    node: process.version,
  };
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  server.kill();
  if (out === undefined) await rm(folder, { recursive: true, force: true });
}
