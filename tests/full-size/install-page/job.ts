import { z } from 'zod';
import type { UnetInstall } from '../unet-install.ts';

/** What the page's worker answers: what was installed, or why not. */
export const installOutcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    tensors: z.number(),
    shards: z.array(z.object({ file: z.string(), byteLength: z.number() })),
    downloadedBytes: z.number(),
    seconds: z.number(),
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
export type InstallOutcome = z.output<typeof installOutcomeSchema>;

declare global {
  interface Window {
    installUnet: (job: UnetInstall) => Promise<InstallOutcome>;
  }
}
