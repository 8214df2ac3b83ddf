import type { DeviceReport } from '../runtime/runtime.ts';

/** Where a generation is, in the order in which it happens; stages whose results are cached are passed by. */
export type GenerateProgress =
  | { readonly stage: 'photos' }
  | { readonly stage: 'words' }
  /** `step` of `steps` is about to be computed, counted from 1; 0 while the network is being loaded. */
  | { readonly stage: 'drawing'; readonly step: number; readonly steps: number }
  | { readonly stage: 'developing' };

/** A cheap look at the unfinished picture, one pixel per latent cell. */
export interface Preview {
  readonly step: number;
  readonly width: number;
  readonly height: number;
  /** RGBA, 4 · width · height values. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** What of a text did not fit into CLIP's 77 tokens. */
export interface CutText {
  readonly field: 'prompt' | 'negativePrompt' | 'phrase';
  /** Index of the object whose phrase was cut; 0 for the prompts. */
  readonly index: number;
  /** The words that were left out. */
  readonly text: string;
}

/** Milliseconds per stage; 0 where the stage was answered from its cache. */
export interface StageTimings {
  readonly photos: number;
  readonly words: number;
  readonly drawing: number;
  readonly developing: number;
  readonly total: number;
}

export interface GenerationResult {
  readonly width: number;
  readonly height: number;
  /** RGBA, opaque, 4 · width · height values. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly timings: StageTimings;
  readonly cutTexts: readonly CutText[];
  readonly device: DeviceReport;
}

/** Tokens of a text, without start and end, and how many of them the model reads. */
export interface TokenCount {
  readonly count: number;
  readonly capacity: number;
}

/** What a LoRA file turned out to be. */
export interface LoraSummary {
  readonly rank: number;
  /** Number of linear layers of the U-Net and the text encoders that it changes. */
  readonly layers: number;
  /** Keys of anything else, which have no effect: embeddings, the text encoders' projections. */
  readonly ignoredKeys: number;
}
