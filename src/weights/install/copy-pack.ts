import { AppError, throwIfAborted } from '../../shared/errors.ts';
import { wrongDigest } from '../file-digest.ts';
import { type PackFile, type PackManifest } from '../pack-manifest.ts';
import { MANIFEST_FILE, parseManifest } from '../pack-reader.ts';
import { resumeSha256, sha256, startSha256 } from '../sha256.ts';
import type { WritableStore } from '../stores.ts';
import type { CheckpointFolder } from '../types.ts';
import {
  appendJournal,
  continueJournal,
  endJournal,
  FRESH,
  type ProgressLine,
  readJournal,
  startJournal,
} from './install-journal.ts';
import { JOURNAL_INTERVAL, type InstallProgress, SLICE_BYTES } from './install-networks.ts';
import { SequentialReader } from './sequential-reader.ts';

/** A pack as it lies somewhere else: made before, for this app. */
export interface HostedPack {
  readonly folder: CheckpointFolder;
  readonly manifest: PackManifest;
  readonly manifestBytes: Uint8Array;
}

/** The pack in a folder, or undefined if there is none. Throws AppError 'bad-pack' if its manifest is unsound. */
export async function openHostedPack(
  folder: CheckpointFolder,
  signal?: AbortSignal,
): Promise<HostedPack | undefined> {
  const source = await folder.open(MANIFEST_FILE, signal);
  if (source === undefined) return undefined;
  const manifestBytes = await source.read(0, source.byteLength, signal);
  return { folder, manifest: parseManifest(folder.name, manifestBytes), manifestBytes };
}

/** Every file that a manifest lists, each once. */
export function packFiles({ components, tokenizers, relationLoras }: PackManifest): readonly PackFile[] {
  const listed = [
    ...Object.values(components).flatMap(({ shards }) => shards),
    ...tokenizers.flatMap(({ vocab, merges }) => [vocab, merges]),
    ...relationLoras.map(({ file }) => file),
  ];
  return [...new Map(listed.map((file) => [file.file, file])).values()];
}

export interface CopyPackOptions {
  readonly store: WritableStore;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
}

/**
 * Copies a hosted pack file by file, each checked against the manifest's SHA-256, or goes on where an
 * earlier call ended. Like an install it is complete or no pack. Throws AppError 'bad-pack' for a file that
 * is missing or of another length, 'bad-checkpoint' (retryable) for a wrong checksum, 'network',
 * 'storage-full', and AbortError.
 */
export async function copyPack(
  { folder, manifest, manifestBytes }: HostedPack,
  { store, signal, onProgress }: CopyPackOptions,
): Promise<void> {
  const files = packFiles(manifest);
  const totalBytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const plan = await sha256(manifestBytes);
  await store.removeFile(MANIFEST_FILE);
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
  await store.writeFile(MANIFEST_FILE, manifestBytes);
  await endJournal(store);
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
  { file, byteLength, sha256: expected }: PackFile,
  store: WritableStore,
  { byteOffset, hash: saved, signal, onBytes, save }: CopyFileOptions,
): Promise<void> {
  const source = await folder.open(file, signal);
  if (source?.byteLength !== byteLength) {
    throw new AppError(
      'bad-pack',
      `The pack at ${folder.name} has ${source === undefined ? 'no' : 'another'} "${file}" than its manifest lists. Tell its publisher.`,
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
  if (sum === expected) return;
  await appendJournal(store, { kind: 'rollback' });
  throw wrongDigest(`${folder.name}${file}`, { algorithm: 'sha256', hex: expected }, sum);
}
