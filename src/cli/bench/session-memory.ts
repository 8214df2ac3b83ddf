import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { BenchProvider } from './compare.ts';

const CHILD = fileURLToPath(new URL('./session-memory-child.ts', import.meta.url));

const sessionMemorySchema = z
  .object({
    /** Before anything of the network is read. */
    startBytes: z.number(),
    loadPeakBytes: z.number(),
    /** Over three runs: the first fills the runtime's memory pools. */
    runPeakBytes: z.number(),
  })
  .readonly();

export type SessionMemory = z.output<typeof sessionMemorySchema>;

export interface SessionMemoryOptions {
  readonly provider: BenchProvider;
  readonly threads: number;
  readonly latentHeight: number;
  readonly latentWidth: number;
}

/** Memory of a process that loads and runs one stored U-Net and nothing else. */
export async function sessionMemory(folder: string, options: SessionMemoryOptions): Promise<SessionMemory> {
  const { provider, threads, latentHeight, latentWidth } = options;
  const args = [folder, provider, threads, latentHeight, latentWidth].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', CHILD, ...args]);
  return sessionMemorySchema.parse(JSON.parse(stdout));
}
