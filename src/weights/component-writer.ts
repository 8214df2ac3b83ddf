import { invariant } from '../shared/errors.ts';
import {
  encodedBytes,
  type EncodedRows,
  encodeRows,
  type Encoding,
  encodingOf,
  finishTensor,
  rowsOf,
} from './encode-tensor.ts';
import { type PackFile, type Precision } from './pack-manifest.ts';
import { BLOCK } from './kernels.ts';
import { ShardWriter, type ShardWriterState } from './shard-writer.ts';
import type { WritableStore } from './stores.ts';
import type { ParameterSpec, ShardRange, StoredTensor } from './types.ts';

interface OpenTensor {
  readonly spec: ParameterSpec;
  readonly encoding: Encoding;
  /** Undefined while all of its values are held. */
  readonly data: ShardRange | undefined;
  rows: number;
  readonly held: Uint8Array;
  heldBytes: number;
}

/** How far the tensor in work is; what it holds is beside this, since it may be large. */
export interface OpenTensorState {
  readonly name: string;
  readonly rows: number;
  readonly data?: ShardRange | undefined;
  readonly heldBytes: number;
}

export interface ComponentWriterState {
  readonly shards: ShardWriterState;
  readonly open?: OpenTensorState | undefined;
}

/**
 * Converts the tensors of one network, each in slices of whole rows, and writes its shards. Memory is
 * bounded by a slice and by what the largest tensor holds back: its scales, or all its values where dense
 * linear weights are turned. It can go on from a state, with what was written until then.
 */
export class ComponentWriter {
  readonly #shards: ShardWriter;
  readonly #precision: Precision;
  #open: OpenTensor | undefined;

  constructor(store: WritableStore, name: string, precision: Precision, maxShardBytes?: number) {
    this.#shards = new ShardWriter(store, name, maxShardBytes);
    this.#precision = precision;
  }

  /** `spec` and `held` are those of the tensor that was in work, if one was. */
  async restore(
    state: ComponentWriterState,
    spec: ParameterSpec | undefined,
    held: Uint8Array,
  ): Promise<void> {
    await this.#shards.restore(state.shards);
    this.#open = undefined;
    if (state.open === undefined || spec === undefined) return;
    const open = this.#opened(spec, state.open.data);
    open.held.set(held.subarray(0, state.open.heldBytes));
    open.heldBytes = state.open.heldBytes;
    open.rows = state.open.rows;
    this.#open = open;
  }

  state(): ComponentWriterState {
    const open = this.#open;
    return {
      shards: this.#shards.state(),
      open: open && { name: open.spec.name, rows: open.rows, data: open.data, heldBytes: open.heldBytes },
    };
  }

  /** What the tensor in work holds so far. */
  held(): Uint8Array {
    return this.#open?.held.subarray(0, this.#open.heldBytes) ?? new Uint8Array(0);
  }

  async begin(spec: ParameterSpec): Promise<void> {
    const encoding = encodingOf(spec, this.#precision);
    const isHeld = encoding.kind === 'dense' && encoding.transposed;
    const data = isHeld ? undefined : await this.#shards.begin(encodedBytes(spec, encoding).data);
    this.#open = this.#opened(spec, data);
  }

  /** The next rows of the tensor that was begun. */
  async write(values: Float32Array): Promise<void> {
    const { spec, encoding } = this.#current();
    await this.append(encodeRows(spec, encoding, values), values.length / rowsOf(spec).columns);
  }

  /** The next `rows` rows, converted already. */
  async append({ data, held }: EncodedRows, rows: number): Promise<void> {
    const open = this.#current();
    if (data.length > 0) await this.#shards.append(data);
    open.held.set(held, open.heldBytes);
    open.heldBytes += held.length;
    open.rows += rows;
  }

  /** Ends the tensor after its last row. */
  async end(): Promise<StoredTensor> {
    const { spec, encoding, data, rows, held } = this.#current();
    invariant(rows === rowsOf(spec).rows, () => `Tensor "${spec.name}" ended after ${rows} rows.`);
    this.#open = undefined;
    const last = finishTensor(spec, encoding, held);
    const added = last.length > 0 ? await this.#shards.add(last) : undefined;
    const range = data ?? added;
    invariant(range !== undefined, () => `Tensor "${spec.name}" has no bytes.`);
    const shared = { name: spec.name, shape: spec.shape, data: range };
    if (encoding.kind === 'dense') {
      return { ...shared, kind: 'dense', type: encoding.type, transposed: encoding.transposed };
    }
    invariant(added !== undefined, () => `Tensor "${spec.name}" has no scales.`);
    return encoding.kind === 'matmul-nbits'
      ? { ...shared, kind: 'matmul-nbits', bits: encoding.bits, block: BLOCK, scales: added }
      : { ...shared, kind: 'conv-int8', scales: added };
  }

  finish(): readonly PackFile[] {
    return this.#shards.finish();
  }

  #opened(spec: ParameterSpec, data: ShardRange | undefined): OpenTensor {
    const encoding = encodingOf(spec, this.#precision);
    const sizes = encodedBytes(spec, encoding);
    const held = new Uint8Array(data === undefined ? sizes.data : sizes.scales);
    return { spec, encoding, data, rows: 0, held, heldBytes: 0 };
  }

  #current(): OpenTensor {
    invariant(this.#open !== undefined, () => 'No tensor was begun.');
    return this.#open;
  }
}
