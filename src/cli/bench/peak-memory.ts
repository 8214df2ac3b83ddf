export interface Measured<T> {
  readonly result: T;
  readonly seconds: number;
  /** Memory of the process before the work, and the most that was seen during it. */
  readonly startBytes: number;
  readonly peakBytes: number;
}

const SAMPLE_MILLISECONDS = 20;

/** Times work and watches the process's memory while it runs off the main thread. */
export async function measurePeak<T>(work: () => Promise<T>): Promise<Measured<T>> {
  const startBytes = process.memoryUsage.rss();
  let peakBytes = startBytes;
  const look = (): void => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  };
  const timer = setInterval(look, SAMPLE_MILLISECONDS);
  const start = performance.now();
  try {
    const result = await work();
    look();
    return { result, seconds: (performance.now() - start) / 1000, startBytes, peakBytes };
  } finally {
    clearInterval(timer);
  }
}
