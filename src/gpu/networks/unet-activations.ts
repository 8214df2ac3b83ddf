import type { UnetConfig } from './unet-config.ts';
import { type BlockPlan, planUnet } from './unet-plan.ts';

/** A transformer's feed-forward layer is this many times as wide as what it takes. */
const FEED_FORWARD_FACTOR = 4;
/**
 * Activations as large as the widest that are alive at once, skips and the runtime's pools included: one row of SDXL at
 * 1024×1024 takes 0.96 GB in float32, 15.3 times its widest (docs/benchmarks.md).
 */
const LIVE_ACTIVATIONS = 16;

/** Bytes of activations that a step's peak takes for each latent cell and row of the batch, in float32. */
export function unetBytesPerCell(config: UnetConfig): number {
  const { down, up } = planUnet(config);
  const widestAt = ({ resnets, transformers }: BlockPlan, level: number): number =>
    Math.max(
      ...resnets.flatMap(({ inChannels, outChannels }) => [inChannels, outChannels]),
      ...transformers.map(({ channels }) => FEED_FORWARD_FACTOR * channels),
    ) /
    4 ** level;
  const widest = Math.max(
    ...down.map(widestAt),
    ...up.map((block, index) => widestAt(block, up.length - 1 - index)),
  );
  return LIVE_ACTIVATIONS * Float32Array.BYTES_PER_ELEMENT * widest;
}
