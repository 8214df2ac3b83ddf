import { AppError, throwIfAborted } from '../../shared/errors.ts';
import { ComponentWriter } from '../component-writer.ts';
import { encodingOf, rowsOf } from '../encode-tensor.ts';
import { wrongDigest } from '../file-digest.ts';
import { type LowRank, readMerge } from '../lora-merge.ts';
import type { PackFile, Precision } from '../pack-manifest.ts';
import { DTYPE_BYTES } from '../safetensors.ts';
import { resumeSha256, type Sha256, startSha256 } from '../sha256.ts';
import type { WritableStore } from '../stores.ts';
import type { ByteSource, StoredTensor } from '../types.ts';
import { ZIP_LOCAL_BYTES, zipDataOffset } from '../zip-directory.ts';
import { INLINE_CONVERTER, type SliceConverter } from './convert-slice.ts';
import {
  bytesToRead,
  type InstallFile,
  installFiles,
  type InstallNetwork,
  type InstallPiece,
  mergedFiles,
  planKey,
} from './install-files.ts';
import {
  advance,
  appendJournal,
  continueJournal,
  FRESH,
  HELD_FILE,
  type InstallState,
  type ProgressLine,
  readJournal,
  startJournal,
} from './install-journal.ts';
import { SequentialReader } from './sequential-reader.ts';
import { StepQueue } from './step-queue.ts';

const MIB = 1024 * 1024;
/** Bytes of a file between two lines of the journal. With what is ahead of them, a cut costs less than 16 MiB. */
export const JOURNAL_INTERVAL = 2 * MIB;
/** Bytes that are converted at once: whole rows of at most this much. */
export const SLICE_BYTES = MIB;
/** Bytes that are read and not stored yet: enough for four threads to convert beside each other. */
const CONVERTED_AHEAD = 4 * MIB;

export interface InstallProgress {
  /** Name of the file that is read. */
  readonly file: string;
  readonly component: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface InstallNetworksOptions {
  readonly store: WritableStore;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
  /** Where slices are converted; in the caller's thread if nothing is said. */
  readonly converter?: SliceConverter | undefined;
  /** Smaller in tests. */
  readonly maxShardBytes?: number | undefined;
}

export interface InstalledNetwork {
  readonly shards: readonly PackFile[];
  readonly tensors: readonly StoredTensor[];
}

/**
 * Reads every file once, from front to back, checks it against its SHA-256, and stores its tensors. A
 * journal in the store lets a later call with the same networks go on where this one ended, for whatever
 * reason. Throws AppError 'bad-checkpoint' for a file that is not what its publisher lists (its tensors
 * are dropped), 'network', 'storage-full', and AbortError.
 */
export async function installNetworks(
  networks: readonly InstallNetwork[],
  options: InstallNetworksOptions,
): Promise<ReadonlyMap<string, InstalledNetwork>> {
  const files = installFiles(networks);
  const plan = await planKey(networks, files);
  const found = await readJournal(options.store, plan);
  if (found === undefined) {
    for (const source of mergedFiles(networks)) await checkWhole(source, options.signal);
    await startJournal(options.store, plan);
  } else {
    await continueJournal(options.store);
  }
  const install = new Install(networks, files, options, found?.state ?? FRESH, found?.fileStart ?? FRESH);
  return install.run();
}

/**
 * Reads a file that is merged through once and compares its SHA-256: its parts are read later, in an order
 * of their own. Throws AppError 'bad-checkpoint'.
 */
async function checkWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
  const { digest } = source;
  if (digest?.algorithm !== 'sha256') return;
  const hash = await startSha256();
  const onBytes = (bytes: Uint8Array): void => {
    hash.update(bytes);
  };
  const reader = new SequentialReader(source, 0, { signal, onBytes });
  try {
    await reader.skipTo(source.byteLength);
  } finally {
    reader.dispose();
  }
  const sum = hash.digest();
  if (sum !== digest.hex) throw wrongDigest(source.name, digest, sum);
}

interface WrittenNetwork {
  readonly precision: Precision;
  readonly writer: ComponentWriter;
}

class Install {
  readonly #options: InstallNetworksOptions;
  readonly #files: readonly InstallFile[];
  readonly #networks: ReadonlyMap<string, WrittenNetwork>;
  readonly #converter: SliceConverter;
  readonly #totalBytes: number;
  #state: InstallState;
  #fileStart: InstallState;
  /** Since the last line of the journal. */
  #finished: { component: string; tensor: StoredTensor }[] = [];
  readonly #touched = new Set<string>();
  #heldFor: { readonly piece: string; byteLength: number } | undefined;

  constructor(
    networks: readonly InstallNetwork[],
    files: readonly InstallFile[],
    options: InstallNetworksOptions,
    state: InstallState,
    fileStart: InstallState,
  ) {
    this.#options = options;
    this.#files = files;
    this.#state = state;
    this.#fileStart = fileStart;
    this.#totalBytes = files.reduce((sum, file) => sum + bytesToRead(file), 0);
    this.#converter = options.converter ?? INLINE_CONVERTER;
    this.#networks = new Map(
      networks.map(({ name, precision }) => [
        name,
        { precision, writer: new ComponentWriter(options.store, name, precision, options.maxShardBytes) },
      ]),
    );
  }

  async run(): Promise<ReadonlyMap<string, InstalledNetwork>> {
    await this.#restore();
    for (const [index, file] of this.#files.entries()) {
      if (index < this.#state.file) continue;
      await this.#readFile(index, file);
    }
    return new Map(
      [...this.#networks].map(([name, { writer }]) => [
        name,
        { shards: writer.finish(), tensors: this.#state.tensors.get(name) ?? [] },
      ]),
    );
  }

  /** Brings the writers, and with them the store, to the state. */
  async #restore(): Promise<void> {
    const { store } = this.#options;
    const { writers, open } = this.#state;
    this.#heldFor = undefined;
    for (const [name, { writer }] of this.#networks) {
      const state = writers.get(name) ?? { shards: { closed: [] } };
      const isOpen = open?.component === name && state.open !== undefined;
      const spec = isOpen ? this.#piece(name, state.open.name)?.spec : undefined;
      const heldBytes = isOpen ? state.open.heldBytes : 0;
      const held = heldBytes > 0 ? await store.readFile(HELD_FILE) : new Uint8Array(0);
      await writer.restore(state, spec, held);
      if (isOpen && heldBytes > 0) {
        // What was written after the last line is written again.
        await store.truncateFile(HELD_FILE, heldBytes);
        this.#heldFor = { piece: `${name} ${state.open.name}`, byteLength: heldBytes };
      }
    }
  }

  #piece(component: string, name: string): InstallPiece | undefined {
    return this.#files[this.#state.file]?.pieces.find(
      (piece) => piece.component === component && piece.spec.name === name,
    );
  }

  async #readFile(index: number, file: InstallFile): Promise<void> {
    const { source, pieces } = file;
    const { signal } = this.#options;
    const digest = source.digest?.algorithm === 'sha256' ? source.digest : undefined;
    const saved = this.#state.hash;
    let hash: Sha256 | undefined;
    if (digest !== undefined) hash = saved === undefined ? await startSha256() : await resumeSha256(saved);
    const reader = new SequentialReader(source, this.#state.byteOffset, {
      signal,
      onBytes:
        hash &&
        ((bytes) => {
          hash.update(bytes);
        }),
    });
    const steps = new StepQueue(CONVERTED_AHEAD);
    try {
      await this.#readPieces(index, pieces, reader, hash, steps);
      if (digest !== undefined) await reader.skipTo(source.byteLength);
      await steps.finish();
      const sum = hash?.digest();
      if (digest !== undefined && sum !== undefined && sum !== digest.hex) {
        await appendJournal(this.#options.store, { kind: 'rollback' });
        this.#state = this.#fileStart;
        throw wrongDigest(source.name, digest, sum);
      }
    } finally {
      reader.dispose();
      // Nothing may write any more when this has ended, however it ends.
      await steps.settle();
    }
    await this.#save({ file: index + 1, byteOffset: 0 });
    this.#fileStart = this.#state;
  }

  /** Reads and hashes ahead; what is stored follows in `steps`, in the order of the file. */
  async #readPieces(
    index: number,
    pieces: readonly InstallPiece[],
    reader: SequentialReader,
    hash: Sha256 | undefined,
    steps: StepQueue,
  ): Promise<void> {
    let saved = reader.position;
    /** Data of ZIP members by their header: several tensors may share one. */
    const members = new Map<number, number>();
    const isFinished = this.#finishedPieces();
    for (const piece of pieces) {
      if (isFinished(piece)) continue;
      const { component, spec, tensor } = piece;
      const { writer, precision } = this.#network(component);
      const encoding = encodingOf(spec, precision);
      const resumed = this.#resumedAt(piece);
      const dataOffset = resumed?.dataOffset ?? (await this.#dataOffset(piece, reader, members));
      const { rows, columns } = rowsOf(spec);
      const rowBytes = columns * DTYPE_BYTES[tensor.dtype];
      const transposed = tensor.place.transposed === true;
      let row = resumed?.rows ?? 0;
      if (dataOffset + row * rowBytes < reader.position) {
        throw new AppError(
          'bad-checkpoint',
          `"${tensor.name}" of "${tensor.place.source.name}" shares its data with another tensor. Save the checkpoint again.`,
        );
      }
      if (resumed === undefined) await steps.add(() => writer.begin(spec));
      const merges: LowRank[] = [];
      for (const merge of piece.merges) merges.push(await readMerge(merge, this.#options.signal));
      await reader.skipTo(dataOffset + row * rowBytes);
      // The transpose has no whole row before its last byte.
      const step = transposed ? rows : Math.max(1, Math.floor(SLICE_BYTES / rowBytes));
      let isSavedInside = resumed !== undefined;
      while (row < rows) {
        throwIfAborted(this.#options.signal);
        const count = Math.min(step, rows - row);
        const bytes = await reader.take(count * rowBytes);
        const { name, dtype } = tensor;
        const slice = { spec, encoding, name, dtype, bytes, firstRow: row, transposed, merges };
        const converted = this.#converter.convert(slice);
        // Awaited in its turn; until then a failure is no unhandled one.
        converted.catch(() => undefined);
        const { position } = reader;
        await steps.add(async () => {
          await writer.append(await converted, count);
          this.#touched.add(component);
          this.#report(index, position, piece);
        }, bytes.length);
        row += count;
        if (row < rows && position - saved >= JOURNAL_INTERVAL) {
          const at = {
            file: index,
            byteOffset: position,
            hash: hash?.save(),
            open: { component, dataOffset },
          };
          await steps.add(async () => {
            await this.#saveHeld(piece, writer);
            await this.#save(at);
          });
          saved = position;
          isSavedInside = true;
        }
      }
      await steps.add(async () => {
        this.#finished.push({ component, tensor: await writer.end() });
      });
      // Before another piece takes its place in the file of what is held, the journal must know that this one ended.
      if (isSavedInside || reader.position - saved >= JOURNAL_INTERVAL) {
        const at = { file: index, byteOffset: reader.position, hash: hash?.save() };
        await steps.add(() => this.#save(at));
        saved = reader.position;
      }
    }
  }

  async #dataOffset(
    { tensor }: InstallPiece,
    reader: SequentialReader,
    members: Map<number, number>,
  ): Promise<number> {
    const { byteOffset, zipMember, source } = tensor.place;
    if (zipMember === undefined) return byteOffset;
    let data = members.get(byteOffset);
    if (data === undefined) {
      let header: Uint8Array;
      if (reader.position <= byteOffset) {
        await reader.skipTo(byteOffset);
        header = await reader.take(ZIP_LOCAL_BYTES);
      } else {
        // After a cut the reader stands behind it.
        header = await source.read(byteOffset, ZIP_LOCAL_BYTES, this.#options.signal);
      }
      data = byteOffset + zipDataOffset(source, header);
      members.set(byteOffset, data);
    }
    return data + zipMember.byteOffset;
  }

  /** What an earlier call has finished. */
  #finishedPieces(): (piece: InstallPiece) => boolean {
    const names = new Map(
      [...this.#state.tensors].map(([component, tensors]) => [
        component,
        new Set(tensors.map(({ name }) => name)),
      ]),
    );
    return ({ component, spec }) => names.get(component)?.has(spec.name) === true;
  }

  #resumedAt({
    component,
    spec,
  }: InstallPiece): { readonly rows: number; readonly dataOffset: number } | undefined {
    const { open, writers } = this.#state;
    const tensor = writers.get(component)?.open;
    if (open?.component !== component || tensor?.name !== spec.name) return undefined;
    return { rows: tensor.rows, dataOffset: open.dataOffset };
  }

  #network(component: string): WrittenNetwork {
    const network = this.#networks.get(component);
    if (network === undefined) throw new AppError('internal', `There is no writer for ${component}.`);
    return network;
  }

  /** Stores what the tensor in work holds, as far as it is not stored yet. */
  async #saveHeld({ component, spec }: InstallPiece, writer: ComponentWriter): Promise<void> {
    const { store } = this.#options;
    const held = writer.held();
    const piece = `${component} ${spec.name}`;
    let known = 0;
    if (this.#heldFor?.piece === piece) known = this.#heldFor.byteLength;
    else if ((await store.byteLength(HELD_FILE)) === undefined)
      await store.writeFile(HELD_FILE, new Uint8Array(0));
    // The journal's last line is of a piece that ended, and needs nothing of this file any more.
    else await store.truncateFile(HELD_FILE, 0);
    await store.appendFile(HELD_FILE, held.subarray(known));
    this.#heldFor = { piece, byteLength: held.length };
  }

  async #save(at: Pick<ProgressLine, 'file' | 'byteOffset' | 'hash' | 'open'>): Promise<void> {
    const writers = Object.fromEntries(
      [...this.#touched].map((name) => [name, this.#network(name).writer.state()]),
    );
    const line: ProgressLine = {
      kind: 'progress',
      ...at,
      writers,
      tensors: this.#finished,
      doneBytes: this.#done(at.file, at.byteOffset),
      totalBytes: this.#totalBytes,
    };
    await appendJournal(this.#options.store, line);
    this.#state = advance(this.#state, line);
    this.#finished = [];
    this.#touched.clear();
  }

  /** Bytes read so far, at a place in a file. */
  #done(file: number, byteOffset: number): number {
    const before = this.#files.slice(0, file).reduce((sum, one) => sum + bytesToRead(one), 0);
    return Math.min(before + byteOffset, this.#totalBytes);
  }

  #report(file: number, byteOffset: number, { component, tensor }: InstallPiece): void {
    this.#options.onProgress?.({
      file: tensor.place.source.name,
      component,
      doneBytes: this.#done(file, byteOffset),
      totalBytes: this.#totalBytes,
    });
  }
}
