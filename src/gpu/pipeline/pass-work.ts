import { z } from 'zod';
import type { ComponentName } from '../../weights/pack-manifest.ts';

/** Blocks of a diffusers network: level 0 has its own size, each further one half of it. */
const channelsSchema = z.object({ block_out_channels: z.array(z.number()).min(1) });
/** Prompt tokens that cross-attention looks at. */
const TEXT_TOKENS = 77;

/** Multiply-adds of one unguided pass of a U-Net as a polynomial in the number of latent cells. */
export const passWorkSchema = z
  .object({
    /** Side of a latent cell, pixels. */
    cellSide: z.number().positive(),
    /** Whatever the size: time, pooled text, keys and values of the prompt. */
    fixed: z.number().nonnegative(),
    /** Weights that are applied at every position. */
    perCell: z.number().nonnegative(),
    /** Scores and weighted sums of self-attention. */
    perCellSquared: z.number().nonnegative(),
  })
  .readonly();
export type PassWork = z.infer<typeof passWorkSchema>;

/** At which level a weight is applied, or for how many positions whatever the size. */
function placeOf(name: string, levels: number): { readonly level: number } | { readonly positions: number } {
  if (/\.attn2\.to_[kv](_ip)?\./.test(name)) return { positions: TEXT_TOKENS };
  if (/time_emb|add_embedding/.test(name)) return { positions: 1 };
  const down = /^down_blocks\.(\d+)\./.exec(name)?.[1];
  const up = /^up_blocks\.(\d+)\./.exec(name)?.[1];
  if (down !== undefined) return { level: Number(down) + (name.includes('downsamplers') ? 1 : 0) };
  if (up !== undefined) return { level: levels - 1 - Number(up) - (name.includes('upsamplers') ? 1 : 0) };
  return { level: name.startsWith('mid_block') ? levels - 1 : 0 };
}

/** A network's official configuration and the shapes of its weights. */
export interface NetworkShapes {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** From the shapes of a pack's weights; null where its networks have no blocks to count. */
export function passWorkOf({
  components,
}: {
  readonly components: Readonly<Partial<Record<ComponentName, NetworkShapes | undefined>>>;
}): PassWork | null {
  const unet = channelsSchema.safeParse(components.unet?.config);
  const vae = channelsSchema.safeParse(components.vae?.config);
  if (!unet.success || !vae.success) return null;
  const work = { fixed: 0, perCell: 0, perCellSquared: 0 };
  for (const { name, shape } of components.unet?.tensors ?? []) {
    if (shape.length < 2) continue;
    const weights = shape.reduce((product, extent) => product * extent, 1);
    const place = placeOf(name, unet.data.block_out_channels.length);
    if ('positions' in place) {
      work.fixed += weights * place.positions;
      continue;
    }
    const share = 1 / 4 ** place.level;
    work.perCell += weights * share;
    if (name.endsWith('attn1.to_q.weight')) work.perCellSquared += 2 * share ** 2 * (shape[0] ?? 0);
  }
  return { cellSide: 2 ** (vae.data.block_out_channels.length - 1), ...work };
}
