import type { ShardContent } from '../../weights/types.ts';

/**
 * The contract between the engine and whatever executes graphs. Implemented by onnxruntime-web
 * (WebGPU, wasm) and onnxruntime-node (CPU); nothing outside this folder knows which one runs.
 */

export type TensorType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool';

/** float16 values are held as their bit patterns. */
export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

/** A tensor in this process's memory, row-major. */
export interface HostTensor {
  readonly location: 'host';
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A tensor that stays on the device. Its owner calls `dispose` once; a second call does nothing. */
export interface DeviceTensor {
  readonly location: 'device';
  readonly type: TensorType;
  readonly shape: readonly number[];
  read(): Promise<HostTensor>;
  dispose(): void;
}

export type Tensor = HostTensor | DeviceTensor;

/** A graph as bytes without weights, and the byte ranges its external initializers point to. */
export interface GraphModel {
  readonly name: string;
  /** A serialized ONNX ModelProto. */
  readonly bytes: Uint8Array;
  /** Every shard file the graph refers to by `external_data` location. */
  readonly shards: readonly string[];
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
}

export interface GraphPort {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
}

export interface RunOptions {
  /** Names of outputs that may stay on the device (`DeviceTensor`); the rest come to the host. */
  readonly keepOnDevice?: readonly string[];
}

/** One loaded graph. The one who created it disposes it; `dispose` is idempotent. */
export interface Session {
  readonly model: GraphModel;
  /** Throws AppError 'internal' naming the port if an input is missing, extra, or of another type or shape. */
  run(
    inputs: Readonly<Record<string, Tensor>>,
    options?: RunOptions,
  ): Promise<Readonly<Record<string, Tensor>>>;
  dispose(): Promise<void>;
}

/** What runs, and why it was chosen; shown to the user as it is. */
export interface DeviceReport {
  readonly provider: 'cpu' | 'wasm' | 'webgpu';
  /** "hardware WebGPU", "software WebGPU", "wasm, 2 threads", ... */
  readonly label: string;
  readonly reason: string;
  readonly threads: number;
  readonly float16: boolean;
  /** True only where the numeric self-check of the fused kernel passed on this adapter. */
  readonly fusedAttention: boolean;
}

/** Tensors copied to the device once, or left as they are where graphs run in this process's memory. */
export interface Uploaded {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Frees the copies; a second call does nothing. */
  release(): Promise<void>;
}

/**
 * Gives a shard as bytes, which the runtime may copy to the device and drop, or the folder that holds it as a file;
 * all shards of a graph in the same way.
 */
export type ReadShard = (shard: string) => Promise<ShardContent>;

export interface Runtime {
  readonly report: DeviceReport;
  /** Whether shards may be files, which then are never whole in this process's memory. */
  readonly readsFiles: boolean;
  createSession(model: GraphModel, readShard: ReadShard): Promise<Session>;
  /** Puts tensors that many runs will be fed where those runs need them. */
  upload(tensors: Readonly<Record<string, Tensor>>): Promise<Uploaded>;
  dispose(): Promise<void>;
}

export function hostTensor(type: TensorType, shape: readonly number[], data: TensorData): HostTensor {
  return { location: 'host', type, shape, data };
}

/** For runtimes whose graphs read this process's memory. */
export function keepOnHost(tensors: Readonly<Record<string, Tensor>>): Promise<Uploaded> {
  return Promise.resolve({ tensors, release: () => Promise.resolve() });
}
