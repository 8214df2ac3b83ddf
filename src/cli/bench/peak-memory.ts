import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export interface Phase {
  readonly seconds: number;
  /** Memory of the process before the work, and its highest during the work. */
  readonly startBytes: number;
  readonly peakBytes: number;
}

export interface Measured<T> extends Phase {
  readonly result: T;
}

const SAMPLE_MILLISECONDS = 20;
/** Linux: writing 5 here makes the current memory the highest so far. */
const RESET_PEAK = '/proc/self/clear_refs';
const STATUS = '/proc/self/status';

/**
 * Times work and finds the process's highest memory in it, mapped files included. onnxruntime-node loads and runs
 * inside one turn of the event loop, so that only the system sees the peak: Linux keeps it and can start again;
 * elsewhere the process's memory is looked at in between, and a peak inside one call is missed.
 */
export async function measurePeak<T>(work: () => Promise<T>): Promise<Measured<T>> {
  const startBytes = process.memoryUsage.rss();
  const kept = existsSync(RESET_PEAK);
  if (kept) writeFileSync(RESET_PEAK, '5');
  let seen = startBytes;
  const look = (): void => {
    seen = Math.max(seen, process.memoryUsage.rss());
  };
  const timer = setInterval(look, SAMPLE_MILLISECONDS);
  const start = performance.now();
  try {
    const result = await work();
    const seconds = (performance.now() - start) / 1000;
    look();
    return { result, seconds, startBytes, peakBytes: Math.max(seen, kept ? highestMemory() : 0) };
  } finally {
    clearInterval(timer);
  }
}

/** Since the last reset. */
function highestMemory(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

export const phaseOf = ({ seconds, startBytes, peakBytes }: Measured<unknown>): Phase => ({
  seconds,
  startBytes,
  peakBytes,
});
