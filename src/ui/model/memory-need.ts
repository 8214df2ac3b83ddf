import { type Footprint } from '../../gpu/pipeline/footprint.ts';
import { DEFAULT_RESIDENT_BYTES } from '../../gpu/pipeline/residency.ts';
import { DEFAULT_DECODER_BYTES, tileSize } from '../../gpu/pipeline/tiles.ts';
import { type DeviceReport } from '../../gpu/runtime/runtime.ts';
import { type PictureSize } from './work-estimate.ts';

const GIB = 2 ** 30;
/** A WebAssembly heap ends here, whatever the machine has. */
const WASM_HEAP_BYTES = 4 * GIB;
/** A browser that uses more of the machine than this drives everything else out. */
const USABLE_SHARE = 0.5;
/** The most that Chromium's Device Memory API says, in older and in newer versions: a machine may have more. */
const LARGEST_TOLD_BYTES: readonly number[] = [8 * GIB, 32 * GIB];

export interface MemoryNeed {
  /** At the peak: while a network's file is handed to the runtime, or while it runs. */
  readonly peakBytes: number;
  /** While it runs: with less there is no picture at all. */
  readonly runningBytes: number;
}

/**
 * Memory that a pack with networks of these sizes takes at least: the weights that stay loaded, or its largest network
 * where that is larger, and on top that network once more while its file is handed to the runtime, or what it computes.
 */
export function memoryNeed(networkBytes: readonly number[], activationBytes = 0): MemoryNeed {
  const all = networkBytes.reduce((sum, bytes) => sum + bytes, 0);
  const largest = Math.max(0, ...networkBytes);
  const weights = Math.max(largest, Math.min(all, DEFAULT_RESIDENT_BYTES));
  return {
    peakBytes: weights + Math.max(largest, activationBytes),
    runningBytes: weights + activationBytes,
  };
}

export interface ActivationCase extends PictureSize {
  /** 2 with guidance: both rows are computed at once. */
  readonly rows: 1 | 2;
  /** Whether the U-Net computes in float16; the decoder never does. */
  readonly float16: boolean;
}

/** Bytes of what the U-Net or the decoder computes at its peak, whichever takes more; 0 where it cannot be told. */
export function activationBytes(
  { activations, passWork }: Pick<Footprint, 'activations' | 'passWork'>,
  { width, height, rows, float16 }: ActivationCase,
): number {
  if (activations === null || passWork === null) return 0;
  const latent = { latentWidth: width / passWork.cellSide, latentHeight: height / passWork.cellSide };
  const tile = tileSize(latent, activations.decoder, DEFAULT_DECODER_BYTES);
  const unet = rows * latent.latentWidth * latent.latentHeight * activations.unet * (float16 ? 0.5 : 1);
  return Math.max(unet, tile.latentWidth * tile.latentHeight * activations.decoder);
}

/** What the machine offers: bytes of memory, null where the browser does not say. */
export interface MemoryOffer {
  readonly deviceBytes: number | null;
  readonly provider: DeviceReport['provider'];
}

/** `tight` is a warning, not a refusal: browsers round what they tell. `exceeds` is certain. */
export type MemoryVerdict = 'fits' | 'tight' | 'exceeds';

/** Whether a pack is likely to fit. */
export function memoryVerdict(
  { peakBytes, runningBytes }: MemoryNeed,
  { deviceBytes, provider }: MemoryOffer,
): MemoryVerdict {
  const heap = provider === 'wasm' ? WASM_HEAP_BYTES : Infinity;
  const machine = deviceBytes === null || LARGEST_TOLD_BYTES.includes(deviceBytes) ? Infinity : deviceBytes;
  if (runningBytes > Math.min(heap, machine)) return 'exceeds';
  if (peakBytes > heap) return 'tight';
  return deviceBytes !== null && peakBytes > deviceBytes * USABLE_SHARE ? 'tight' : 'fits';
}
