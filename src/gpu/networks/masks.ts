import { invariant } from '../../shared/errors.ts';
import { MAX_OBJECTS, type Box } from '../../shared/request.ts';
import { hostTensor, type HostTensor } from '../runtime/runtime.ts';
import type { AttentionResolution } from './cross-attention-layout.ts';

/** Tokens that the Resampler gives for one object (MS-Diffusion: 16 queries). */
export const TOKENS_PER_OBJECT = 16;
/** Image tokens of the step graph: always four objects, the absent ones masked. */
export const IMAGE_TOKENS = MAX_OBJECTS * TOKENS_PER_OBJECT;

/** Added to the scores of objects that do not cover a position; e^-10000 is 0 in float32 and float16. */
const MASKED_SCORE = -10000;

/**
 * Products that differ from a whole number by less are that number: 0.55 × 20 is 11.000000000000002 in
 * double precision, and would cover a twelfth cell.
 */
const CELL_TOLERANCE = 1e-6;

/** Cells [x0, x1) × [y0, y1) of a grid. */
export interface CellRange {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The cells a box touches: floor of its start, ceiling of its end (MS-Diffusion's box masks). */
export function boxCells([x0, y0, x1, y1]: Box, { height, width }: AttentionResolution): CellRange {
  return {
    x0: Math.max(0, Math.floor(x0 * width + CELL_TOLERANCE)),
    y0: Math.max(0, Math.floor(y0 * height + CELL_TOLERANCE)),
    x1: Math.min(width, Math.ceil(x1 * width - CELL_TOLERANCE)),
    y1: Math.min(height, Math.ceil(y1 * height - CELL_TOLERANCE)),
  };
}

export interface MaskedObject {
  readonly box: Box;
  /** Strength of this object's identity relative to γ. */
  readonly weight: number;
}

/**
 * Inputs of the step graph that steer the image branch. For each resolution k with P = height · width
 * positions (row-major): `imageBias.{k}` [1,1,P,64] is 0 where the token's object covers the position
 * and −10000 elsewhere; `imageGain.{k}` [1,P,1] is γ where at least one box covers the position and 0
 * in the background. `objectWeight` [1,1,64,1] scales each object's values, 0 for absent ones.
 * So a covered position does one joint softmax over the tokens of exactly the objects that cover it,
 * and the background receives text attention only (RelationBooth, arXiv 2410.23280, eq. 6).
 */
export function imageMaskInputs(
  objects: readonly MaskedObject[],
  identityScale: number,
  resolutions: readonly AttentionResolution[],
): Readonly<Record<string, HostTensor>> {
  invariant(
    objects.length <= MAX_OBJECTS,
    () => `At most ${MAX_OBJECTS} objects fit, got ${objects.length}.`,
  );
  const inputs: Record<string, HostTensor> = {};
  resolutions.forEach((resolution, k) => {
    const positions = resolution.height * resolution.width;
    const bias = new Float32Array(positions * IMAGE_TOKENS).fill(MASKED_SCORE);
    const gain = new Float32Array(positions);
    objects.forEach(({ box }, object) => {
      const { x0, y0, x1, y1 } = boxCells(box, resolution);
      for (let y = y0; y < y1; y += 1) {
        for (let x = x0; x < x1; x += 1) {
          const position = y * resolution.width + x;
          const first = position * IMAGE_TOKENS + object * TOKENS_PER_OBJECT;
          bias.fill(0, first, first + TOKENS_PER_OBJECT);
          gain[position] = identityScale;
        }
      }
    });
    inputs[`imageBias.${k}`] = hostTensor('float32', [1, 1, positions, IMAGE_TOKENS], bias);
    inputs[`imageGain.${k}`] = hostTensor('float32', [1, positions, 1], gain);
  });
  const weights = new Float32Array(IMAGE_TOKENS);
  objects.forEach(({ weight }, object) => {
    weights.fill(weight, object * TOKENS_PER_OBJECT, (object + 1) * TOKENS_PER_OBJECT);
  });
  inputs['objectWeight'] = hostTensor('float32', [1, 1, IMAGE_TOKENS, 1], weights);
  return inputs;
}
