import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { encodeSafetensors, type SafetensorsInput } from '../../src/weights/safetensors.ts';
import { safetensorsFile } from '../../src/weights/test-support.ts';
import type { PhotoFile } from './photos.ts';

const headerSchema = z.record(z.string(), z.unknown());

/** A RelationLoRA of the embedded pack as somebody else would publish it: another name, words of its own. */
export async function publishedLora(
  relation: string,
  name: string,
  metadata: Readonly<Record<string, string>>,
): Promise<PhotoFile> {
  const folder = path.join(import.meta.dirname, '../../public/models/toybox/relation-loras');
  const bytes = await readFile(path.join(folder, `${relation}.safetensors`));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = headerSchema.parse(JSON.parse(bytes.subarray(8, 8 + length).toString('utf8')));
  const file = safetensorsFile({ ...header, __metadata__: metadata }, bytes.subarray(8 + length));
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(file) };
}

const manifestSchema = z.object({
  components: z.object({
    unet: z.object({ tensors: z.array(z.object({ name: z.string(), shape: z.array(z.number()) })) }),
  }),
});

/**
 * A LoRA of rank 1 in kohya's names on the embedded pack's feed-forward layers, which no RelationLoRA changes;
 * with `convolution` on a kernel too.
 */
export async function styleLora(name: string, { convolution = false } = {}): Promise<PhotoFile> {
  const pack = path.join(import.meta.dirname, '../../public/models/toybox/pack.json');
  const { tensors } = manifestSchema.parse(JSON.parse(await readFile(pack, 'utf8'))).components.unet;
  const lora = new Map<string, SafetensorsInput>();
  for (const { name: weight, shape } of tensors) {
    const [outWidth = 0, inWidth = 0, ...kernel] = shape;
    const wanted = convolution ? weight === 'conv_in.weight' : /\.ff\.net\.\d.*\.weight$/.test(weight);
    if (!wanted) continue;
    const key = `lora_unet_${weight.replace('.weight', '').replaceAll('.', '_')}`;
    const size = kernel.reduce((product, side) => product * side, inWidth);
    lora.set(`${key}.lora_down.weight`, {
      shape: [1, inWidth, ...kernel],
      data: new Float32Array(size).fill(0.02),
    });
    lora.set(`${key}.lora_up.weight`, {
      shape: [outWidth, 1, ...kernel.map(() => 1)],
      data: new Float32Array(outWidth).fill(0.02),
    });
  }
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(encodeSafetensors(lora)) };
}
