import { AppError, throwIfAborted } from '../../shared/errors.ts';
import { wrongDigest } from '../file-digest.ts';
import { resumeSha256, startSha256 } from '../sha256.ts';
import type { WritableStore } from '../stores.ts';
import type { CheckpointFolder } from '../types.ts';
import {
  appendJournal,
  continueJournal,
  FRESH,
  type ProgressLine,
  readJournal,
  startJournal,
} from './install-journal.ts';
import { JOURNAL_INTERVAL, type InstallProgress, SLICE_BYTES } from './install-networks.ts';
import { SequentialReader } from './sequential-reader.ts';

/** A file to copy as it is. */
export interface ListedFile {
  readonly file: string;
  readonly byteLength: number;
  /** Undefined where its publisher says none; then its length must do. */
  readonly sha256?: string | undefined;
  /** Changes with the content, where its publisher says so: a part of the plan. */
  readonly version?: string | undefined;
}

export interface CopyFilesOptions {
  readonly store: WritableStore;
  /** Names what is copied: a copy of the same plan goes on where it ended, one of another begins anew. */
  readonly plan: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
}

/**
 * Copies files of a folder one after the other, each checked against its length and its SHA-256, or goes on
 * where an earlier call ended. The journal stays open: whoever calls ends it once the rest is written too.
 * Throws AppError 'bad-pack' for a file that is missing or of another length, 'bad-checkpoint' (retryable)
 * for a wrong checksum, 'network', 'storage-full', and AbortError.
 */
export async function copyFiles(
  folder: CheckpointFolder,
  files: readonly ListedFile[],
  { store, plan, signal, onProgress }: CopyFilesOptions,
): Promise<void> {
  const totalBytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const found = await readJournal(store, plan);
  if (found === undefined) await startJournal(store, plan);
  else await continueJournal(store);
  const { state } = found ?? { state: FRESH };
  let doneBefore = 0;
  for (const [index, entry] of files.entries()) {
    if (index >= state.file) {
      const resumed = index === state.file ? state : FRESH;
      const save = (
        at: Pick<ProgressLine, 'file' | 'byteOffset' | 'hash'>,
        doneBytes: number,
      ): Promise<void> =>
        appendJournal(store, { kind: 'progress', ...at, writers: {}, tensors: [], doneBytes, totalBytes });
      const base = doneBefore;
      await copyFile(folder, entry, store, {
        byteOffset: resumed.byteOffset,
        hash: resumed.hash,
        signal,
        onBytes: (byteOffset) => {
          onProgress?.({ file: entry.file, component: entry.file, doneBytes: base + byteOffset, totalBytes });
        },
        save: (byteOffset, hash) => save({ file: index, byteOffset, hash }, base + byteOffset),
      });
      await save({ file: index + 1, byteOffset: 0 }, base + entry.byteLength);
    }
    doneBefore += entry.byteLength;
  }
  throwIfAborted(signal);
}

interface CopyFileOptions {
  readonly byteOffset: number;
  readonly hash: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (byteOffset: number) => void;
  readonly save: (byteOffset: number, hash: string) => Promise<void>;
}

async function copyFile(
  folder: CheckpointFolder,
  { file, byteLength, sha256: expected }: ListedFile,
  store: WritableStore,
  { byteOffset, hash: saved, signal, onBytes, save }: CopyFileOptions,
): Promise<void> {
  const source = await folder.open(file, signal);
  if (source?.byteLength !== byteLength) {
    throw new AppError(
      'bad-pack',
      `${folder.name} has ${source === undefined ? 'no' : 'another'} "${file}" than is listed. Tell its publisher.`,
    );
  }
  const stored = (await store.byteLength(file)) ?? 0;
  // What was lost with the power is fetched again.
  const isWhole = saved !== undefined && stored >= byteOffset;
  const hash = isWhole ? await resumeSha256(saved) : await startSha256();
  const start = isWhole ? byteOffset : 0;
  if (start > 0) await store.truncateFile(file, start);
  else await store.writeFile(file, new Uint8Array(0));
  const reader = new SequentialReader(source, start, {
    signal,
    onBytes: (bytes) => {
      hash.update(bytes);
    },
  });
  try {
    let savedAt = start;
    while (reader.position < byteLength) {
      throwIfAborted(signal);
      await store.appendFile(file, await reader.take(Math.min(SLICE_BYTES, byteLength - reader.position)));
      onBytes(reader.position);
      if (reader.position - savedAt < JOURNAL_INTERVAL) continue;
      await save(reader.position, hash.save());
      savedAt = reader.position;
    }
  } finally {
    reader.dispose();
  }
  const sum = hash.digest();
  if (expected === undefined || sum === expected) return;
  await appendJournal(store, { kind: 'rollback' });
  throw wrongDigest(folder.origin?.(file) ?? file, { algorithm: 'sha256', hex: expected }, sum);
}
