import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
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
