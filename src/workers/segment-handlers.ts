import type { Segmenter } from '../gpu/segmentation/segmenter.ts';
import { clearHaze } from '../images/mask-haze.ts';
import { keptShare } from '../images/mask.ts';
import { AppError } from '../shared/errors.ts';
import type { CutOutManifest } from '../weights/cut-out-model.ts';
import type { decodePhoto } from './photo-decoder.ts';
import { LOOK_SIDE, type SegmentCalls } from './segment-protocol.ts';
import type { HandlersOf } from './serve-calls.ts';

export interface SegmentEnvironment {
  /** What is installed; undefined if nothing is. */
  readonly readManifest: () => Promise<CutOutManifest | undefined>;
  readonly openSegmenter: (manifest: CutOutManifest) => Promise<Segmenter>;
  readonly decodePhoto: typeof decodePhoto;
}

/** Loads the model with the first question and keeps it: whoever installs another one ends the worker. */
export function createSegmentHandlers(environment: SegmentEnvironment): HandlersOf<SegmentCalls> {
  let opened: Promise<Segmenter> | undefined;

  async function open(): Promise<Segmenter> {
    const manifest = await environment.readManifest();
    if (manifest !== undefined) return environment.openSegmenter(manifest);
    throw new AppError('bad-request', 'No model that finds objects is installed. Install one first.');
  }

  return {
    async 'find-object'({ file, crop }, { emit }) {
      const photo = await environment.decodePhoto(file, { maxSide: LOOK_SIDE, crop });
      emit({ stage: 'opening' });
      const opening = (opened ??= open());
      const segmenter = await opening.catch((error: unknown) => {
        // A failed opening is forgotten: the next question tries again.
        opened = undefined;
        throw error;
      });
      emit({ stage: 'looking' });
      const found = clearHaze(await segmenter.find(photo));
      return { ...found, kept: keptShare(found) };
    },
  };
}
