import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { openPack } from '../../src/weights/pack-reader.ts';
import { createInstallHandlers } from '../../src/workers/install-handlers.ts';
import { TINY_CHECKPOINT } from '../support/golden.ts';
import { filesBelow, filesNamed, QUICK_RETRY } from '../support/hub-model.ts';
import { startHubServer } from '../support/hub-server.ts';
import { createMemoryShelf } from '../support/memory-shelf.ts';
import { goldenDescription } from '../support/tiny-pack.ts';

const LORA = 'tests/golden/data/merge/kohya.safetensors';
const run = promisify(execFile);
let folder = '';

/** Runs the command in a process of its own, as a person does. */
async function pack(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  try {
    const { stderr } = await run(process.execPath, ['--import', 'tsx', 'src/cli/pack.ts', ...args]);
    return { code: 0, text: stderr };
  } catch (error) {
    const failure = z.object({ code: z.number(), stderr: z.string() }).parse(error);
    return { code: failure.code, text: failure.stderr };
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'relationbooth-pack-'));
  await writeFile(path.join(folder, 'description.json'), JSON.stringify(goldenDescription.description));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run pack', () => {
  it('makes a pack with a LoRA in it, which a static host serves and the app installs as it is', async () => {
    const out = path.join(folder, 'golden');
    const lcm = path.join(folder, 'my-lcm-lora.safetensors');
    await writeFile(lcm, await readFile(LORA));
    const description = path.join(folder, 'description.json');
    const made = await pack(
      ...['--checkpoint', TINY_CHECKPOINT, '--describe', description, '--out', out],
      ...['--precision', 'q4', '--except', 'resampler=q8', '--merge-lora', `${lcm}=0.75`],
    );
    expect(made).toMatchObject({
      code: 0,
      text: expect.stringMatching(/MB of weights, 2 RelationLoRAs/) as string,
    });

    const server = await startHubServer({ repositories: { 'me/pack': filesBelow(out) }, signedUses: 0 });
    try {
      const shelf = createMemoryShelf();
      const handlers = createInstallHandlers({
        shelf,
        cutOutShelf: createMemoryShelf(),
        openRuntime: () => Promise.resolve(createNodeRuntime({ threads: 1 })),
        retry: QUICK_RETRY,
      });
      const sources = {
        base: { kind: 'url', url: `${server.endpoint}/me/pack/resolve/main` },
        parts: {},
      } as const;
      const context = { signal: new AbortController().signal, emit: () => undefined };
      const offer = await handlers['plan-install']({ sources, keys: {} }, context);
      expect(offer).toMatchObject({ pack: { id: 'golden' }, choices: [{ precision: 'q4' }] });
      const request = { id: 'golden', title: 'Golden', sources, precision: 'q4' } as const;
      await handlers['install-pack']({ request, keys: {} }, context);

      const store = shelf.read('golden');
      const { manifest } = await openPack(store);
      expect(manifest.defaults).toMatchObject({ sampler: 'lcm', steps: 8, guidance: 1 });
      expect(manifest.components.resampler?.precision).toBe('q8');
      expect(manifest.components.unet?.source).toContain('my-lcm-lora.safetensors × 0.75');
      for (const file of ['pack.json', ...filesNamed(manifest)]) {
        const installed = await store.readFile(file);
        expect(Buffer.from(installed).equals(await readFile(path.join(out, file))), file).toBe(true);
      }
    } finally {
      await server.close();
    }
  });

  it('says what is missing, and makes nothing', async () => {
    expect(await pack('--out', path.join(folder, 'none'))).toMatchObject({
      code: 1,
      text: expect.stringContaining('--official, or --checkpoint and --describe') as string,
    });
  });
});
