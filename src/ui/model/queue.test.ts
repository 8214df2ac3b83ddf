import { describe, expect, it } from 'vitest';
import { testRequest } from '../../workers/test-support.ts';
import {
  batchSeeds,
  moveEntry,
  nextWaiting,
  refusePack,
  retryEntry,
  withoutEntry,
  type QueueEntry,
} from './queue.ts';

const waiting = (id: string, pack = 'toybox'): QueueEntry => ({
  kind: 'waiting',
  id,
  request: { ...testRequest, pack },
});
const failed = (id: string): QueueEntry => ({
  kind: 'failed',
  id,
  request: testRequest,
  message: 'no memory',
});
const ids = (queue: readonly QueueEntry[]): string => queue.map(({ id }) => id).join('');

describe('a batch', () => {
  it('takes the first seed and those after it, around the end of the range', () => {
    expect(batchSeeds(7, 3)).toEqual([7, 8, 9]);
    expect(batchSeeds(4294967295, 2)).toEqual([4294967295, 0]);
  });
});

describe('the queue', () => {
  it('passes failed entries by', () => {
    expect(nextWaiting([failed('a'), waiting('b'), waiting('c')])?.id).toBe('b');
    expect(nextWaiting([failed('a')])).toBeUndefined();
  });

  it('moves an entry by one place and stops at its ends', () => {
    const queue = [waiting('a'), waiting('b'), waiting('c')];
    expect(ids(moveEntry(queue, 'c', -1))).toBe('acb');
    expect(ids(moveEntry(queue, 'a', 1))).toBe('bac');
    expect(moveEntry(queue, 'a', -1)).toBe(queue);
    expect(moveEntry(queue, 'c', 1)).toBe(queue);
  });

  it('drops one entry and keeps the order of the others', () => {
    expect(ids(withoutEntry([waiting('a'), waiting('b'), failed('c')], 'b'))).toBe('ac');
  });

  it('puts a failed entry first when it is tried again', () => {
    const queue = retryEntry([waiting('a'), failed('b')], 'b');
    expect(ids(queue)).toBe('ba');
    expect(queue.every(({ kind }) => kind === 'waiting')).toBe(true);
  });

  it('refuses only what needs the pack that cannot be opened', () => {
    const queue = refusePack([waiting('a', 'gone'), waiting('b'), failed('c')], 'gone', 'no such pack');
    expect(queue.map(({ kind }) => kind)).toEqual(['failed', 'waiting', 'failed']);
    expect(queue[0]).toMatchObject({ message: 'no such pack' });
  });
});
