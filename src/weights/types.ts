/**
 * Narrow contracts of the weights room: bytes by range, tensors of a checkpoint, tensors of a pack.
 * Readers, quantizer and stores implement them; the graph builder only sees {@link StoredComponent}.
 */

/** A checksum in hexadecimal digits. Git hashes `blob <size>\0` and the content. */
export interface FileDigest {
  readonly algorithm: 'sha256' | 'git-sha1';
  readonly hex: string;
}

/** Bytes that are read by range: a file, a `Blob`, an HTTP resource. Never held whole. */
export interface ByteSource {
  /** For messages: file name or URL, the stable one where there are several. */
  readonly name: string;
  readonly byteLength: number;
  /** What the publisher says of the content; whoever reads all of it compares. */
  readonly digest?: FileDigest | undefined;
  /** Changes when the content does: an ETag, a time of change. Undefined where nobody says. */
  readonly version?: string | undefined;
  /** Exactly `byteLength` bytes from `byteOffset`, or an error; never fewer. */
  read(byteOffset: number, byteLength: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** A model in the official layouts of diffusers and transformers: on disk, dropped in, or on a hub. */
export interface CheckpointFolder {
  readonly name: string;
  /** The file, or undefined if there is none of that path. */
  open(path: string, signal?: AbortSignal): Promise<ByteSource | undefined>;
  /** Names of the sub-folders of a folder; none if it does not exist, or if the place cannot list. */
  listFolders(path: string): Promise<readonly string[]>;
  /** Where a file is published, in words that name one state of it: "owner/name@commit". */
  readonly origin?: ((path: string) => string | undefined) | undefined;
}

export type CheckpointDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** Where a tensor's bytes lie in its file, for readers that go through the file once. */
export interface TensorPlace {
  readonly source: ByteSource;
  /** Of the first byte; with `zipMember`, of the local header, whose length only it tells, before the member. */
  readonly byteOffset: number;
  readonly byteLength: number;
  /** Byte in the ZIP member at which the tensor begins. */
  readonly zipMember?: { readonly byteOffset: number };
  /** The file holds the transpose, [columns, rows]. */
  readonly transposed?: true;
}

/** One tensor of an original checkpoint file, read when asked for. */
export interface CheckpointTensor {
  readonly name: string;
  readonly dtype: CheckpointDtype;
  readonly shape: readonly number[];
  readonly place: TensorPlace;
  /** Raw little-endian bytes in row-major order. */
  read(signal?: AbortSignal): Promise<Uint8Array>;
}

/** A set of named tensors: one safetensors file, a sharded index, a torch pickle. */
export interface Checkpoint {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** How a parameter is used decides how it may be stored. */
export type ParameterRole =
  /** Weight of a linear layer, checkpoint shape [out, in]: may be block-quantized. */
  | 'linear'
  /** Weight of a convolution, shape [out, in, kh, kw]: may be 8-bit per output channel. */
  | 'conv'
  /** Embedding tables: dense. */
  | 'embedding'
  /** Norms, biases, time embeddings, first and last convolution: always dense fp32. */
  | 'exact';

/** What a network asks of its checkpoint: every tensor, none left over. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterRole;
}

/** A byte range of one shard file of a pack. Offsets are multiples of 64. */
export interface ShardRange {
  readonly shard: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** A shard's whole bytes, or the absolute path of a folder that holds it as a file of its name. */
export type ShardContent = Uint8Array | { readonly folder: string };

/** How a tensor lies in a pack. `shape` is always the checkpoint's logical shape. */
export type StoredTensor =
  | {
      readonly kind: 'dense';
      readonly name: string;
      readonly shape: readonly number[];
      readonly type: 'float32' | 'float16';
      /** Linear weights are stored transposed, [in, out], as ONNX MatMul takes them. */
      readonly transposed: boolean;
      readonly data: ShardRange;
    }
  | {
      /** `com.microsoft.MatMulNBits`: data uint8 [out, ceil(in/block), block·bits/8], scales float32 [out·ceil(in/block)], symmetric (zero point 2^(bits-1)). */
      readonly kind: 'matmul-nbits';
      readonly name: string;
      readonly shape: readonly number[];
      readonly bits: 4 | 8;
      readonly block: number;
      readonly data: ShardRange;
      readonly scales: ShardRange;
    }
  | {
      /** int8 convolution weight [out, in, kh, kw], one float32 scale per output channel, zero point 0. */
      readonly kind: 'conv-int8';
      readonly name: string;
      readonly shape: readonly number[];
      readonly data: ShardRange;
      readonly scales: ShardRange;
    };

/** The tensors of one network as a pack holds them. */
export interface StoredComponent {
  readonly name: string;
  /** The network's official `config.json`, parsed by the network's own schema. */
  readonly config: unknown;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Files that others may open by themselves. */
export interface StoreFolder {
  /** Absolute. */
  readonly path: string;
  /** One file by range; throws AppError 'bad-pack' if it is missing. */
  open(file: string): Promise<ByteSource>;
}

/** Where a pack's files are: a folder (Node), OPFS, or files served beside the app. */
export interface WeightStore {
  readonly name: string;
  /** The folder in which the operating system has the files under their names; absent where there is none. */
  readonly folder?: StoreFolder;
  /** The whole file; throws AppError 'bad-pack' if it is missing. */
  readFile(path: string, signal?: AbortSignal): Promise<Uint8Array>;
}
