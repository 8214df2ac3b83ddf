/** One report of an install: when (milliseconds of one clock) and how many bytes were done. */
export interface PaceSample {
  readonly at: number;
  readonly doneBytes: number;
}

/** Reports of the last seconds, oldest first: a line's speed changes, so older ones say nothing. */
export type Pace = readonly PaceSample[];

const WINDOW_MS = 15_000;
/** A forecast from less would jump about. */
const MEASURED_MS = 2000;

export function withSample(pace: Pace, sample: PaceSample): Pace {
  return [...pace.filter(({ at }) => sample.at - at <= WINDOW_MS), sample];
}

/** Bytes a second over the window; null before there is enough of it. */
export function bytesPerSecond(pace: Pace): number | null {
  const [first] = pace;
  const last = pace.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < MEASURED_MS) return null;
  return (1000 * (last.doneBytes - first.doneBytes)) / (last.at - first.at);
}

/** Seconds until everything is done at that speed; null where nothing can be said. */
export function secondsToGo(pace: Pace, totalBytes: number): number | null {
  const speed = bytesPerSecond(pace);
  const last = pace.at(-1);
  if (speed === null || speed <= 0 || last === undefined) return null;
  return (totalBytes - last.doneBytes) / speed;
}
