/**
 * Blocks of the original ("SGM", "LDM") U-Net naming: input and output blocks are numbered through, each
 * level taking as many as it has resnets, and one more on the way down for the down-sampler.
 */
export interface SgmPlace {
  readonly block: number;
  readonly layer: number;
}

/** Input block 0 is conv_in; the last layer of a level is its down-sampler. */
export function sgmInputBlock(index: number, resnets: number): SgmPlace {
  const place = index - 1;
  return { block: Math.floor(place / (resnets + 1)), layer: place % (resnets + 1) };
}

/** On the way up each level has one resnet more, and the up-sampler shares the last one's block. */
export function sgmOutputBlock(index: number, resnets: number): SgmPlace {
  return { block: Math.floor(index / (resnets + 1)), layer: index % (resnets + 1) };
}
