import type { StageTimings } from './types.ts';

export type TimedStage = Exclude<keyof StageTimings, 'total'>;

export interface Stopwatch {
  /** Runs the work and adds its time to the stage. */
  time<T>(stage: TimedStage, work: () => Promise<T>): Promise<T>;
  /** Milliseconds so far; `total` counts from the stopwatch's start. */
  timings(): StageTimings;
}

export function createStopwatch(now: () => number = () => performance.now()): Stopwatch {
  const start = now();
  const spent: Record<TimedStage, number> = { photos: 0, words: 0, drawing: 0, developing: 0 };
  return {
    async time(stage, work) {
      const from = now();
      try {
        return await work();
      } finally {
        spent[stage] += now() - from;
      }
    },
    timings: () => ({ ...spent, total: now() - start }),
  };
}
