import { AppError } from '../../shared/errors.ts';
import type { Checkpoint } from '../../weights/types.ts';
import { FOURIER_FREQUENCIES } from '../networks/fourier.ts';

/** Width of a head in every published MS-Diffusion adapter; the file does not tell it. */
const HEAD_WIDTH = 64;
const LAYER = /^image_proj\.layers\.(\d+)\.0\.to_q\.weight$/;

/**
 * The Resampler's sizes from its tensors, for `ms_adapter.bin` as published, without a configuration.
 * Throws AppError 'bad-checkpoint' if the tensors are not there.
 */
export function resamplerConfigOf(adapter: Checkpoint): Record<string, number> {
  const size = (name: string, axis: number): number => {
    const extent = adapter.tensors.get(`image_proj.${name}`)?.shape[axis];
    if (extent !== undefined) return extent;
    throw new AppError(
      'bad-checkpoint',
      `"${adapter.name}" has no "image_proj.${name}", so it is no MS-Diffusion adapter. Use its ms_adapter.bin.`,
    );
  };
  const dim = size('latent_norm.weight', 0);
  return {
    dim,
    depth: [...adapter.tensors.keys()].filter((name) => LAYER.test(name)).length,
    dim_head: HEAD_WIDTH,
    heads: size('layers.0.0.to_q.weight', 0) / HEAD_WIDTH,
    num_queries: size('latent_proj.2.weight', 0) / dim,
    embedding_dim: size('proj_in.weight', 1),
    output_dim: size('proj_out.weight', 0),
    ff_mult: size('layers.0.1.1.weight', 0) / dim,
    phrase_embeddings_dim: size('latent_proj.0.weight', 1) - 8 * FOURIER_FREQUENCIES,
  };
}
