import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const CHILD = fileURLToPath(new URL('./step-memory-child.ts', import.meta.url));

const phaseSchema = z
  .object({ seconds: z.number(), startBytes: z.number(), peakBytes: z.number() })
  .readonly();

export const stepMemorySchema = z
  .object({
    /** Reading the shards and making the session. */
    load: phaseSchema,
    /** Each run by itself: the first also fills the runtime's memory pools. */
    steps: z.array(phaseSchema).readonly(),
    /** Root mean square of the prediction: neither 0 nor infinite where every layer did its work. */
    predictionRms: z.number(),
  })
  .readonly();

export type StepMemory = z.output<typeof stepMemorySchema>;

export const stepMemoryOptionsSchema = z.object({
  provider: z.enum(['cpu', 'wasm']),
  threads: z.number().int(),
  latentHeight: z.number().int(),
  latentWidth: z.number().int(),
  /** 2: a guided step. 1: its conditional row. */
  batch: z.union([z.literal(1), z.literal(2)]),
  /** onnxruntime's: one block for a whole run beside the pool that the first run filled. */
  memoryPattern: z.boolean(),
  runs: z.number().int(),
});

export type StepMemoryOptions = z.output<typeof stepMemoryOptionsSchema>;

/** Time and memory of a process that loads one stored U-Net, runs it, and does nothing else. */
export async function stepMemory(folder: string, options: StepMemoryOptions): Promise<StepMemory> {
  const args = ['--import', 'tsx', CHILD, folder, JSON.stringify(stepMemoryOptionsSchema.parse(options))];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stepMemorySchema.parse(JSON.parse(stdout));
}

/** The highest memory of all runs over what the process had before it loaded anything. */
export function runPeakBytes({ load, steps }: StepMemory): number {
  return Math.max(...steps.map(({ peakBytes }) => peakBytes)) - load.startBytes;
}
