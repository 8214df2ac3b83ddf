import { expect, it } from 'vitest';
import { fractionDone, secondsLeft, tick, type Progress, type StepClock } from './time-left.ts';

const drawing = (step: number): Progress => ({ stage: 'drawing', step, steps: 10 });

function clockAfter(times: readonly number[]): StepClock | null {
  return times.reduce<StepClock | null>((clock, now, index) => tick(clock, drawing(index + 1), now), null);
}

it('says nothing before two steps were measured', () => {
  expect(secondsLeft(clockAfter([0]), drawing(1), 100)).toBeNull();
  expect(secondsLeft(clockAfter([0, 1000]), drawing(2), 1100)).toBeNull();
});

it('counts the unfinished steps and the developing at the measured pace', () => {
  // Steps 3 to 10 are unfinished, developing counts as two: ten steps of one second.
  expect(secondsLeft(clockAfter([0, 1000, 2000]), drawing(3), 2000)).toBeCloseTo(10);
  expect(secondsLeft(clockAfter([0, 1000, 2000]), drawing(3), 2500)).toBeCloseTo(9.5);
});

it('never goes below zero', () => {
  expect(secondsLeft(clockAfter([0, 10, 20]), drawing(3), 9000)).toBe(0);
});

it('leaves the clock alone outside the drawing', () => {
  const clock = clockAfter([0, 5]);
  expect(tick(clock, { stage: 'developing' }, 99)).toBe(clock);
});

it('the bar only ever moves forward through the stages', () => {
  const stages: readonly Progress[] = [
    { stage: 'loading' },
    { stage: 'photos' },
    { stage: 'words' },
    drawing(1),
    drawing(10),
    { stage: 'developing' },
  ];
  const shares = stages.map(fractionDone);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(Math.max(...shares)).toBeLessThan(1);
});
