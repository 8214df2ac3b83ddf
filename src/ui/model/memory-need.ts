/** Weights that the engine keeps loaded between stages; a larger stage is loaded alone. */
const RESIDENT_BYTES = 512 * 2 ** 20;
/** A WebAssembly heap ends here, whatever the machine has. */
const WASM_HEAP_BYTES = 4 * 2 ** 30;
/** A browser that uses more of the machine than this drives everything else out. */
const USABLE_SHARE = 0.5;

/**
 * Bytes of memory that a pack with networks of these sizes takes at least: the weights that stay loaded, or its largest network where
 * that is larger, and that network once more while its file is handed to the runtime. Activations come on top.
 */
export function memoryNeed(networkBytes: readonly number[]): number {
  const all = networkBytes.reduce((sum, bytes) => sum + bytes, 0);
  const largest = Math.max(0, ...networkBytes);
  return Math.max(largest, Math.min(all, RESIDENT_BYTES)) + largest;
}

/** What the machine offers: bytes of memory, null where the browser does not say. */
export interface MemoryOffer {
  readonly deviceBytes: number | null;
  readonly provider: 'cpu' | 'wasm' | 'webgpu';
}

/** Whether a pack is likely to fit; `tight` is a warning, not a refusal: browsers round what they tell. */
export function memoryVerdict(need: number, { deviceBytes, provider }: MemoryOffer): 'fits' | 'tight' {
  if (provider === 'wasm' && need > WASM_HEAP_BYTES) return 'tight';
  return deviceBytes !== null && need > deviceBytes * USABLE_SHARE ? 'tight' : 'fits';
}
