import { type GenerationRequest } from '../../shared/request.ts';

/**
 * A picture that was asked for and is not being made: it waits for its turn, or it failed while others
 * waited behind it. The one being made is the job itself.
 */
export type QueueEntry =
  | { readonly kind: 'waiting'; readonly id: string; readonly request: GenerationRequest }
  | {
      readonly kind: 'failed';
      readonly id: string;
      readonly request: GenerationRequest;
      readonly message: string;
    };

export type WaitingEntry = Extract<QueueEntry, { kind: 'waiting' }>;

/** Pictures of one press at most: a longer row is another press. */
export const MOST_IN_BATCH = 16;

/** Seeds are 32-bit: the one after the last is 0. */
const SEED_COUNT = 2 ** 32;

/** The seeds of a batch: the first one and those that follow it, so that the seed field names the batch. */
export function batchSeeds(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => (first + index) % SEED_COUNT);
}

/** The entry whose turn is next; undefined when none waits. */
export function nextWaiting(queue: readonly QueueEntry[]): WaitingEntry | undefined {
  return queue.find((entry) => entry.kind === 'waiting');
}

export function withoutEntry(queue: readonly QueueEntry[], id: string): readonly QueueEntry[] {
  return queue.filter((entry) => entry.id !== id);
}

/** The queue with an entry one place earlier (-1) or later (1); the same queue at its ends. */
export function moveEntry(
  queue: readonly QueueEntry[],
  id: string,
  direction: 1 | -1,
): readonly QueueEntry[] {
  const from = queue.findIndex((entry) => entry.id === id);
  const moved = queue[from];
  const other = queue[from + direction];
  if (moved === undefined || other === undefined) return queue;
  return queue.with(from, other).with(from + direction, moved);
}

/** The queue after a failed entry was asked for again: it goes first. */
export function retryEntry(queue: readonly QueueEntry[], id: string): readonly QueueEntry[] {
  const entry = queue.find((one) => one.id === id);
  if (entry === undefined) return queue;
  return [{ kind: 'waiting', id, request: entry.request }, ...withoutEntry(queue, id)];
}

/** The queue after everything that needs a pack was refused for one reason. */
export function refusePack(
  queue: readonly QueueEntry[],
  pack: string,
  message: string,
): readonly QueueEntry[] {
  return queue.map((entry) =>
    entry.kind === 'waiting' && entry.request.pack === pack
      ? { kind: 'failed', id: entry.id, request: entry.request, message }
      : entry,
  );
}
