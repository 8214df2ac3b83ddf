import { type Footprint } from '../../gpu/pipeline/footprint.ts';
import { type DeviceReport } from '../../gpu/runtime/runtime.ts';
import { activationBytes, memoryNeed, memoryVerdict, type MemoryVerdict } from './memory-need.ts';
import { type PictureSize, secondsOnProcessor } from './work-estimate.ts';

/** SDXL's own area in two shapes, and two smaller ones for small machines. */
const SDXL_SIZES: readonly PictureSize[] = [
  { width: 512, height: 512 },
  { width: 768, height: 768 },
  { width: 832, height: 1216 },
  { width: 1024, height: 1024 },
];

/** The numbers with which a pack is drawn. */
export interface FitDefaults extends PictureSize {
  readonly steps: number;
  readonly guidance: number;
}

/** A pack, or one of the precisions in which it can be installed. */
export interface FitCandidate {
  readonly id: string;
  readonly title: string;
  readonly footprint: Footprint;
  readonly defaults: FitDefaults;
}

export interface FitMachine {
  readonly device: Pick<DeviceReport, 'provider' | 'threads' | 'float16'>;
  /** Bytes of the machine; null where the browser does not say. */
  readonly deviceBytes: number | null;
}

export interface FitCell {
  readonly verdict: MemoryVerdict;
  readonly peakBytes: number;
  /** Of one picture, at least; null where nothing tells it beforehand. */
  readonly seconds: number | null;
}

export interface FitTable {
  readonly columns: readonly FitCandidate[];
  readonly rows: readonly { readonly size: PictureSize; readonly cells: readonly FitCell[] }[];
}

/** Sizes worth looking at: a small model's own alone, of others SDXL's up to their own. */
export function sizesFor({ width, height }: PictureSize): readonly PictureSize[] {
  const own = { width, height };
  const smaller = SDXL_SIZES.filter((size) => size.width * size.height <= width * height);
  const isListed = smaller.some((size) => size.width === width && size.height === height);
  return isListed ? smaller : [...smaller, own];
}

/** One picture of a size with the pack's own steps and guidance. */
export function fitOf(
  { footprint, defaults }: Pick<FitCandidate, 'footprint' | 'defaults'>,
  size: PictureSize,
  { device, deviceBytes }: FitMachine,
): FitCell {
  const { provider, float16 } = device;
  const { steps, guidance } = defaults;
  const rows = guidance > 1 ? 2 : 1;
  const need = memoryNeed(footprint.networkBytes, activationBytes(footprint, { ...size, rows, float16 }));
  const { passWork } = footprint;
  return {
    verdict: memoryVerdict(need, { deviceBytes, provider }),
    peakBytes: need.peakBytes,
    seconds:
      passWork === null
        ? null
        : secondsOnProcessor(passWork, device, { ...size, steps, guidance, pictures: 1 }),
  };
}

/** What fits this machine: candidates of the same sizes beside each other, others in a table of their own. */
export function fitTables(candidates: readonly FitCandidate[], machine: FitMachine): readonly FitTable[] {
  const groups = new Map<string, { readonly sizes: readonly PictureSize[]; columns: FitCandidate[] }>();
  for (const candidate of candidates) {
    const sizes = sizesFor(candidate.defaults);
    const key = sizes.map(({ width, height }) => `${width}x${height}`).join();
    const group = groups.get(key) ?? { sizes, columns: [] };
    group.columns.push(candidate);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ sizes, columns }) => ({
    columns,
    rows: sizes.map((size) => ({
      size,
      cells: columns.map((candidate) => fitOf(candidate, size, machine)),
    })),
  }));
}
