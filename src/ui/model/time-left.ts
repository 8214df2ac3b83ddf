import { type GenerateProgress } from '../../gpu/pipeline/types.ts';

/** Where a run is; `loading` until the engine reports a stage of its own. */
export type Progress = GenerateProgress | { readonly stage: 'loading' };

/** When the beginnings of drawing steps were reported, in milliseconds of one clock. */
export interface StepClock {
  readonly firstStep: number;
  readonly firstAt: number;
  readonly lastStep: number;
  readonly lastAt: number;
}

/** The clock after one more report; other stages leave it alone. */
export function tick(clock: StepClock | null, progress: Progress, now: number): StepClock | null {
  if (progress.stage !== 'drawing' || progress.step < 1) return clock;
  if (clock === null) return { firstStep: progress.step, firstAt: now, lastStep: progress.step, lastAt: now };
  return { ...clock, lastStep: progress.step, lastAt: now };
}

/** Developing takes about as long as this many drawing steps: a guess until a run was measured. */
const DEVELOPING_STEPS = 2;

/** Steps that must be measured before a forecast is worth showing: the first one also warms up. */
const MEASURED_STEPS = 2;

/** Seconds left by the mean of the measured steps; null before there are enough of them. */
export function secondsLeft(clock: StepClock | null, progress: Progress, now: number): number | null {
  if (clock === null || progress.stage !== 'drawing') return null;
  const measured = clock.lastStep - clock.firstStep;
  if (measured < MEASURED_STEPS) return null;
  const perStep = (clock.lastAt - clock.firstAt) / measured;
  const unfinished = progress.steps - clock.lastStep + 1;
  return Math.max(0, (unfinished + DEVELOPING_STEPS) * perStep - (now - clock.lastAt)) / 1000;
}

/** The share of a run that is done, 0 to 1; drawing is most of it. */
export function fractionDone(progress: Progress): number {
  switch (progress.stage) {
    case 'loading':
      return 0.02;
    case 'photos':
      return 0.05;
    case 'words':
      return 0.08;
    case 'drawing':
      return 0.1 + (0.82 * Math.max(0, progress.step - 1)) / progress.steps;
    case 'developing':
      return 0.94;
  }
}
