import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/shared/errors.ts';
import { embedSettings, extractSettings } from '../../src/shared/png-metadata.ts';
import { createRandom, type Random } from '../../src/shared/random.ts';
import { encodePng } from '../../src/cli/node-images.ts';
import { readLora } from '../../src/weights/lora.ts';
import { decodeNpy, encodeNpy } from '../../src/weights/npy.ts';
import { openPack } from '../../src/weights/pack-reader.ts';
import { openSafetensors } from '../../src/weights/safetensors.ts';
import { bytesSource } from '../../src/weights/sources.ts';
import { createMemoryStore } from '../../src/weights/stores.ts';
import { readFloats } from '../../src/weights/tensor-values.ts';
import { openTorchCheckpoint } from '../../src/weights/torch-checkpoint.ts';
import { dict, PLAIN, rebuild, torchFile } from '../../src/weights/test-torch-file.ts';
import type { Checkpoint } from '../../src/weights/types.ts';
import { caseRequest, goldenBytes } from '../support/golden.ts';

/** Changes to each file; `npm run test:full` tries many more. */
const CHANGES = Number(process.env['FUZZ_CHANGES'] ?? 200);

/** One to four random changes of a file: bytes set, ranges cut out, doubled or overwritten, the end cut off. */
function damage(original: Uint8Array, random: Random): Uint8Array {
  let bytes = original.slice();
  for (let change = random.int(4); change >= 0 && bytes.length > 0; change -= 1) {
    // Headers are where a reader can be misled: half of the changes go there.
    const at = random.chance(0.5) ? random.int(Math.min(512, bytes.length)) : random.int(bytes.length);
    const length = 1 + random.int(16);
    const kind = random.int(5);
    if (kind === 0) bytes[at] = random.int(256);
    else if (kind === 1) bytes.fill(random.pick([0, 0xff, 0x7f, 0x80]), at, at + length);
    else if (kind === 2) bytes = join(bytes.subarray(0, at), bytes.subarray(at + length));
    else if (kind === 3) bytes = join(bytes.subarray(0, at + length), bytes.subarray(at));
    else if (random.chance(0.3)) bytes = bytes.slice(0, at);
  }
  return bytes;
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

async function readAll(checkpoint: Checkpoint): Promise<void> {
  for (const tensor of checkpoint.tensors.values()) await readFloats(tensor);
}

const LORA = goldenBytes('lora/diffusers-peft/pytorch_lora_weights.safetensors');
const PICTURE = embedSettings(
  encodePng({ width: 4, height: 4, data: new Uint8ClampedArray(64).fill(200) }),
  caseRequest('two'),
  'Toybox',
);

const readers: readonly {
  readonly name: string;
  readonly file: Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
}[] = [
  {
    name: 'safetensors',
    file: goldenBytes('text.safetensors'),
    read: async (bytes) => readAll(await openSafetensors(bytesSource('file', bytes))),
  },
  {
    name: 'PyTorch checkpoint',
    file: torchFile(dict({ 'a.weight': rebuild(PLAIN) })),
    read: async (bytes) => readAll(await openTorchCheckpoint(bytesSource('file', bytes))),
  },
  { name: 'LoRA', file: LORA, read: (bytes) => readLora(bytes, 'lora') },
  {
    name: 'NumPy array',
    file: encodeNpy('f4', [3, 5], new Float32Array(15)),
    read: (bytes) => decodeNpy(bytes),
  },
  { name: 'PNG with settings', file: PICTURE, read: (bytes) => extractSettings(bytes) },
  {
    name: 'pack manifest',
    file: new TextEncoder().encode(JSON.stringify({ format: 'relationbooth-pack', version: 1, id: 'x' })),
    async read(bytes) {
      const store = createMemoryStore('pack');
      await store.writeFile('pack.json', bytes);
      await openPack(store);
    },
  },
];

describe.each(readers)('a damaged $name', ({ name, file, read }) => {
  it('is read or refused with the project’s own error, never anything else', async () => {
    const random = createRandom(7);
    for (let change = 0; change < CHANGES; change += 1) {
      const bytes = damage(file, random.fork(`${change}`));
      try {
        await read(bytes);
      } catch (thrown) {
        if (thrown instanceof AppError && thrown.code !== 'internal') continue;
        expect.fail(`${name}, change ${change}: ${String(thrown)}`);
      }
    }
  });
});
