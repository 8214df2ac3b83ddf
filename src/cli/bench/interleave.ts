/** One thing to be timed beside others. */
export interface Contender {
  readonly name: string;
  run(): Promise<unknown>;
}

export interface Timing {
  readonly name: string;
  readonly runs: number;
  /** Milliseconds. */
  readonly median: number;
  readonly fastest: number;
  /** A quarter of the runs were faster than the first, a quarter slower than the second. */
  readonly quartiles: readonly [number, number];
}

/**
 * Runs each contender once without counting, then all of them in turn, `runs` times: what else the machine
 * does falls on all alike, so that their ratios hold on a busy one too.
 */
export async function interleave(
  contenders: readonly Contender[],
  runs: number,
  onRun?: (done: number) => void,
): Promise<readonly Timing[]> {
  const times = contenders.map((): number[] => []);
  for (const contender of contenders) await contender.run();
  for (let round = 0; round < runs; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const start = performance.now();
      await contender.run();
      times[index]?.push(performance.now() - start);
    }
    onRun?.(round + 1);
  }
  return contenders.map(({ name }, index) => summary(name, times[index] ?? []));
}

function summary(name: string, times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { name, runs: sorted.length, median: at(0.5), fastest: at(0), quartiles: [at(0.25), at(0.75)] };
}
