import { z } from 'zod';
import { editorSchema, photoEditSchema } from '../model/editor.ts';

/**
 * What a project file says of itself. The file is a zip: `project.json`, this manifest, and beside it the
 * photos and LoRA files that the editor names, each under the SHA-256 of its bytes.
 */
export const PROJECT_FORMAT = 'relationbooth-project';
export const PROJECT_VERSION = 1;
export const MANIFEST_NAME = 'project.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Enough to tell a file of this app from others, and its age, before the rest is read. */
export const projectHeadSchema = z.object({ format: z.literal(PROJECT_FORMAT), version: z.number() });

export const projectManifestSchema = z
  .object({
    format: z.literal(PROJECT_FORMAT),
    version: z.literal(PROJECT_VERSION),
    editor: editorSchema,
    photos: z
      .array(
        z.object({ sha256, name: z.string(), type: z.string(), edit: photoEditSchema.optional() }).readonly(),
      )
      .readonly(),
    loras: z
      .array(
        z
          .object({
            id: z.string().min(1),
            sha256,
            title: z.string(),
            purpose: z.string(),
            source: z.discriminatedUnion('kind', [
              z.object({ kind: z.literal('file'), name: z.string() }).readonly(),
              z.object({ kind: z.literal('url'), url: z.url() }).readonly(),
            ]),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type ProjectManifest = z.infer<typeof projectManifestSchema>;

export function photoPath(hash: string): string {
  return `photos/${hash}`;
}

export function loraPath(hash: string): string {
  return `loras/${hash}.safetensors`;
}
