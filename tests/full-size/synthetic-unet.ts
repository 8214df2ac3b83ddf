import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { createRandom } from '../../src/shared/random.ts';
import { floatToHalf } from '../../src/weights/half.ts';
import type { ServedFile } from '../support/hub-server.ts';

const officialSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  tensors: z.record(z.string(), z.array(z.number().int().positive())),
});
export type OfficialNetwork = z.infer<typeof officialSchema>;

/** Configuration, names and shapes of SDXL's U-Net, from the official class (tests/golden/make_full_size.py). */
export function officialUnet(): OfficialNetwork {
  const file = new URL('../golden/full-size/unet.json.gz', import.meta.url);
  return officialSchema.parse(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')));
}

/** Values that repeat after a length that no shape divides, so that neighbouring rows differ. */
const PATTERN_VALUES = 4_194_301;
/** Standard deviation of SDXL's weights is of this size. */
const DEVIATION = 0.02;

function pattern(): Uint8Array {
  const random = createRandom(1);
  const values = new Uint16Array(PATTERN_VALUES);
  for (let at = 0; at < values.length; at += 1) {
    // The sum of three uniform numbers is near enough to a normal one.
    const sum = random.uniform(-1, 1) + random.uniform(-1, 1) + random.uniform(-1, 1);
    values[at] = floatToHalf(DEVIATION * sum);
  }
  return new Uint8Array(values.buffer);
}

function fill(target: Uint8Array, source: Uint8Array, start: number): void {
  let at = 0;
  let from = start % source.length;
  while (at < target.length) {
    const part = source.subarray(from, from + target.length - at);
    target.set(part, at);
    at += part.length;
    from = 0;
  }
}

/** A float16 safetensors file of tensors with these shapes; its bytes are made as they are read. */
export function syntheticFile(shapes: Readonly<Record<string, readonly number[]>>): ServedFile {
  let end = 0;
  const entries = Object.entries(shapes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, shape]) => {
      const begin = end;
      end += 2 * shape.reduce((product, size) => product * size, 1);
      return [name, { dtype: 'F16', shape, data_offsets: [begin, end] }] as const;
    });
  const text = JSON.stringify(Object.fromEntries(entries));
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const head = Buffer.alloc(8 + json.length);
  head.writeBigUInt64LE(BigInt(json.length));
  json.copy(head, 8);

  const values = pattern();
  const byteLength = head.length + end;
  const read = (byteOffset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(Math.min(length, byteLength - byteOffset));
    const fromHead = head.subarray(byteOffset, byteOffset + bytes.length);
    bytes.set(fromHead);
    fill(bytes.subarray(fromHead.length), values, Math.max(0, byteOffset - head.length));
    return bytes;
  };
  const hash = createHash('sha256');
  const step = 64 * 1024 * 1024;
  for (let at = 0; at < byteLength; at += step) hash.update(read(at, step));
  return { byteLength, sha256: hash.digest('hex'), read };
}

/** SDXL's U-Net, 5.1 GB; with a limit it ends with the tensor at which it holds that many bytes. */
export function syntheticUnet(limitBytes = Infinity): ServedFile {
  const { tensors } = officialUnet();
  const shapes: Record<string, readonly number[]> = {};
  let bytes = 0;
  for (const [name, shape] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (bytes >= limitBytes) break;
    shapes[name] = shape;
    bytes += 2 * shape.reduce((product, size) => product * size, 1);
  }
  return syntheticFile(shapes);
}
