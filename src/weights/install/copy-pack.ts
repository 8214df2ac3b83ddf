import { type PackFile, packLoras, type PackManifest } from '../pack-manifest.ts';
import { MANIFEST_FILE, parseManifest } from '../pack-reader.ts';
import { sha256 } from '../sha256.ts';
import type { WritableStore } from '../stores.ts';
import type { CheckpointFolder } from '../types.ts';
import { copyFiles } from './copy-files.ts';
import { endJournal } from './install-journal.ts';
import { type InstallProgress } from './install-networks.ts';

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
export function packFiles(manifest: PackManifest): readonly PackFile[] {
  const listed = [
    ...Object.values(manifest.components).flatMap(({ shards }) => shards),
    ...manifest.tokenizers.flatMap(({ vocab, merges }) => [vocab, merges]),
    ...packLoras(manifest).values(),
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
  await store.removeFile(MANIFEST_FILE);
  const plan = await sha256(manifestBytes);
  await copyFiles(folder, packFiles(manifest), { store, plan, signal, onProgress });
  await store.writeFile(MANIFEST_FILE, manifestBytes);
  await endJournal(store);
}
