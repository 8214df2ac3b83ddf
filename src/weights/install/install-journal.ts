import { z } from 'zod';
import type { ComponentWriterState } from '../component-writer.ts';
import { packFileSchema, shardRangeSchema, storedTensorSchema } from '../pack-manifest.ts';
import type { WritableStore } from '../stores.ts';
import type { StoredTensor } from '../types.ts';

/**
 * What an install has done, line by line, each written after the bytes it speaks of. A pack's folder with
 * a journal in it is an install under way, whatever else lies there.
 */
export const JOURNAL_FILE = 'install.journal';
/** What the tensor in work holds back; its length is in the journal. */
export const HELD_FILE = 'install-held.bin';
const VERSION = 1;

const count = z.number().int().nonnegative();
const writerStateSchema = z.object({
  shards: z.object({
    closed: z.array(packFileSchema).readonly(),
    open: z.object({ file: z.string(), byteLength: count, hash: z.string() }).optional(),
  }),
  open: z
    .object({ name: z.string(), rows: count, data: shardRangeSchema.optional(), heldBytes: count })
    .optional(),
});
const lineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('install'), version: z.literal(VERSION), plan: z.string() }),
  z.object({
    kind: z.literal('progress'),
    /** Index of the file that is read. */
    file: count,
    byteOffset: count,
    /** State of the file's SHA-256, if it is checked. */
    hash: z.string().optional(),
    /** Writers that changed. */
    writers: z.record(z.string(), writerStateSchema),
    /** Tensors finished since the line before. */
    tensors: z.array(z.object({ component: z.string(), tensor: storedTensorSchema })),
    /** The tensor in work, and where in the file its first byte is. */
    open: z.object({ component: z.string(), dataOffset: count }).optional(),
    /** Of everything that is read. */
    doneBytes: count,
    totalBytes: count,
  }),
  /** The file was not what it should be: everything is again as it was when the file was begun. */
  z.object({ kind: z.literal('rollback') }),
]);
export type JournalLine = z.infer<typeof lineSchema>;
export type ProgressLine = Extract<JournalLine, { kind: 'progress' }>;

/** How far an install is. */
export interface InstallState {
  readonly file: number;
  readonly byteOffset: number;
  readonly hash: string | undefined;
  readonly writers: ReadonlyMap<string, ComponentWriterState>;
  readonly tensors: ReadonlyMap<string, readonly StoredTensor[]>;
  readonly open: { readonly component: string; readonly dataOffset: number } | undefined;
}

export const FRESH: InstallState = {
  file: 0,
  byteOffset: 0,
  hash: undefined,
  writers: new Map(),
  tensors: new Map(),
  open: undefined,
};

/** The state after one more line of progress. */
export function advance(state: InstallState, line: ProgressLine): InstallState {
  const tensors = new Map(state.tensors);
  for (const { component, tensor } of line.tensors) {
    tensors.set(component, [...(tensors.get(component) ?? []), tensor]);
  }
  return {
    file: line.file,
    byteOffset: line.byteOffset,
    hash: line.hash,
    writers: new Map([...state.writers, ...Object.entries(line.writers)]),
    tensors,
    open: line.open,
  };
}

export interface ReadJournal {
  readonly state: InstallState;
  /** The state in which the file that is read was begun. */
  readonly fileStart: InstallState;
}

function parseLine(text: string): JournalLine | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // The last line was cut off as it was written.
    return undefined;
  }
}

async function readText(store: WritableStore): Promise<string> {
  const length = await store.byteLength(JOURNAL_FILE);
  return length === undefined ? '' : new TextDecoder().decode(await store.readFile(JOURNAL_FILE));
}

/** Every byte that the state speaks of is there. Losing power may lose what was written last. */
async function isStored(store: WritableStore, state: InstallState): Promise<boolean> {
  for (const { shards } of state.writers.values()) {
    for (const { file, byteLength } of [
      ...shards.closed,
      ...(shards.open === undefined ? [] : [shards.open]),
    ]) {
      if (((await store.byteLength(file)) ?? 0) < byteLength) return false;
    }
  }
  const open = state.open && state.writers.get(state.open.component)?.open;
  return (
    open === undefined || open.heldBytes === 0 || ((await store.byteLength(HELD_FILE)) ?? 0) >= open.heldBytes
  );
}

/**
 * What a store holds of an install of `plan`, or undefined if it holds none, one of another plan, or one
 * whose bytes are not all there.
 */
export async function readJournal(store: WritableStore, plan: string): Promise<ReadJournal | undefined> {
  const [first, ...rest] = (await readText(store)).split('\n');
  const head = parseLine(first ?? '');
  if (head?.kind !== 'install' || head.plan !== plan) return undefined;
  let state = FRESH;
  let fileStart = FRESH;
  for (const text of rest) {
    const line = parseLine(text);
    if (line === undefined) break;
    if (line.kind === 'rollback') state = fileStart;
    if (line.kind !== 'progress') continue;
    const next = advance(state, line);
    if (next.file !== state.file) fileStart = next;
    state = next;
  }
  return (await isStored(store, state)) ? { state, fileStart } : undefined;
}

const encode = (line: JournalLine): Uint8Array => new TextEncoder().encode(`${JSON.stringify(line)}\n`);

/** How much of an install a journal's bytes say is done; nothing if they say nothing. */
export function lastProgress(journal: Uint8Array): {
  readonly doneBytes: number;
  readonly totalBytes: number;
} {
  const lines = new TextDecoder().decode(journal).split('\n').map(parseLine);
  const last = lines.findLast((line) => line?.kind === 'progress');
  if (last?.kind !== 'progress') return { doneBytes: 0, totalBytes: 0 };
  return { doneBytes: last.doneBytes, totalBytes: last.totalBytes };
}

/** Begins a journal; what an earlier install left is nobody's from now on. */
export function startJournal(store: WritableStore, plan: string): Promise<void> {
  return store.writeFile(JOURNAL_FILE, encode({ kind: 'install', version: VERSION, plan }));
}

/** Takes up a journal: a line that was cut off must not swallow the next one. */
export async function continueJournal(store: WritableStore): Promise<void> {
  const text = await readText(store);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length)
    await store.truncateFile(JOURNAL_FILE, new TextEncoder().encode(whole).length);
}

export function appendJournal(store: WritableStore, line: JournalLine): Promise<void> {
  return store.appendFile(JOURNAL_FILE, encode(line));
}

/** Whether a folder holds an install that has not ended. */
export async function isUnfinished(store: WritableStore): Promise<boolean> {
  return (await store.byteLength(JOURNAL_FILE)) !== undefined;
}

/** The last step of an install, or of giving it up: the folder is a pack, or nothing. */
export async function endJournal(store: WritableStore): Promise<void> {
  await store.removeFile(HELD_FILE);
  await store.removeFile(JOURNAL_FILE);
}
