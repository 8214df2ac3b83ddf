const MINUTE = 60;
const HOUR = 60 * MINUTE;

export interface DurationWords {
  readonly seconds: (n: number) => string;
  readonly minutes: (n: number) => string;
  readonly hours: (n: number) => string;
}

/** A duration in the largest unit of which there are at least two. */
export function durationOf(words: DurationWords, seconds: number): string {
  if (seconds < 2 * MINUTE) return words.seconds(Math.max(1, Math.round(seconds)));
  return seconds < 2 * HOUR
    ? words.minutes(Math.round(seconds / MINUTE))
    : words.hours(Math.round(seconds / HOUR));
}
