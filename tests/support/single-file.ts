import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { fileSource } from '../../src/weights/node-source.ts';
import { transposeBytes } from '../../src/weights/quantize.ts';
import { DTYPE_BYTES, openSafetensors } from '../../src/weights/safetensors.ts';
import { safetensorsFile } from '../../src/weights/test-support.ts';
import type { CheckpointTensor } from '../../src/weights/types.ts';
import { TINY_CHECKPOINT } from './golden.ts';

const entrySchema = z.tuple([
  z.string(),
  z.enum(['unet', 'text_encoder', 'text_encoder_2', 'vae']),
  z.array(z.string()).min(1),
  z.boolean(),
]);
/** Original name, network, names in the official class, whether the file holds the transpose. */
export type SingleFileEntry = z.infer<typeof entrySchema>;

const namesSchema = z.object({ tiny: z.array(entrySchema), full: z.array(entrySchema) });

/** What tests/golden/make_single_file_names.py wrote, checked there against diffusers' converters. */
export function singleFileNames(): z.infer<typeof namesSchema> {
  const file = new URL('../golden/data/single-file-names.json.gz', import.meta.url);
  return namesSchema.parse(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')));
}

const FILES: Readonly<Record<SingleFileEntry[1], string>> = {
  unet: 'unet/diffusion_pytorch_model.safetensors',
  text_encoder: 'text_encoder/model.safetensors',
  text_encoder_2: 'text_encoder_2/model.safetensors',
  vae: 'vae/diffusion_pytorch_model.safetensors',
};

async function tinyTensors(network: SingleFileEntry[1]): Promise<(name: string) => CheckpointTensor> {
  const { tensors } = await openSafetensors(await fileSource(path.join(TINY_CHECKPOINT, FILES[network])));
  return (name) => {
    // transformers 5 leaves the prefix out.
    const tensor = tensors.get(name) ?? tensors.get(name.replace(/^text_model\./, ''));
    if (tensor === undefined) throw new Error(`The golden checkpoint has no ${name}.`);
    return tensor;
  };
}

/** The golden checkpoint's U-Net, text encoders and VAE in one file with the original names. */
export async function tinySingleFile(): Promise<Uint8Array> {
  const networks = {
    unet: await tinyTensors('unet'),
    text_encoder: await tinyTensors('text_encoder'),
    text_encoder_2: await tinyTensors('text_encoder_2'),
    vae: await tinyTensors('vae'),
  };
  const parts: Uint8Array[] = [];
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [original, network, names, transposed] of singleFileNames().tiny) {
    const tensors = names.map(networks[network]);
    const [first] = tensors;
    if (first === undefined) continue;
    const [rows = 0, ...rest] = first.shape;
    const begin = end;
    for (const tensor of tensors) {
      const raw = await tensor.read();
      const bytes = transposed ? transposeBytes(raw, rows, rest[0] ?? 0, DTYPE_BYTES[first.dtype]) : raw;
      parts.push(bytes);
      end += bytes.length;
    }
    const isConvolution = /first_stage_model\.\w+\.mid\.attn_1\.(q|k|v|proj_out)\.weight/.test(original);
    const shape = transposed ? first.shape.toReversed() : [rows * tensors.length, ...rest];
    header[original] = {
      dtype: first.dtype,
      shape: isConvolution ? [...shape, 1, 1] : shape,
      data_offsets: [begin, end],
    };
  }
  return safetensorsFile(header, new Uint8Array(Buffer.concat(parts)));
}
