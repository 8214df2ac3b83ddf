import { useState } from 'react';
import { type Box } from '../../../shared/request.ts';
import { cropInRatio, WHOLE_PHOTO } from '../../model/crop-geometry.ts';

export const CROP_SHAPES = ['free', 'square'] as const;
export type CropShape = (typeof CROP_SHAPES)[number];

export interface Crop {
  readonly box: Box;
  readonly shape: CropShape;
  /** Width over height of a square on this photo, both as parts of it; null while the shape is free. */
  readonly ratio: number | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Steps of the same name in a row are one. */
  readonly change: (box: Box, step: string) => void;
  readonly chooseShape: (shape: CropShape) => void;
  readonly keepAll: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

interface Step {
  readonly box: Box;
  readonly shape: CropShape;
  readonly name: string;
}

interface Steps {
  readonly past: readonly Step[];
  readonly now: Step;
  readonly future: readonly Step[];
}

/** The crop of the photo being edited, with its own steps back and forward. `squareRatio`: height over width. */
export function useCrop(initial: Box | null, squareRatio: number): Crop {
  const [{ past, now, future }, setSteps] = useState<Steps>(() => ({
    past: [],
    now: { box: initial ?? WHOLE_PHOTO, shape: 'free', name: 'start' },
    future: [],
  }));
  const goTo = (next: Step): void => {
    setSteps((steps) => ({
      past: steps.now.name === next.name ? steps.past : [...steps.past, steps.now],
      now: next,
      future: [],
    }));
  };
  return {
    box: now.box,
    shape: now.shape,
    ratio: now.shape === 'square' ? squareRatio : null,
    canUndo: past.length > 0,
    canRedo: future.length > 0,
    change: (box, name) => {
      goTo({ box, shape: now.shape, name });
    },
    chooseShape: (shape) => {
      const box = shape === 'square' ? cropInRatio(now.box, squareRatio) : now.box;
      goTo({ box, shape, name: `shape ${shape}` });
    },
    keepAll: () => {
      goTo({ box: WHOLE_PHOTO, shape: 'free', name: 'all' });
    },
    undo: () => {
      setSteps((steps) => {
        const before = steps.past.at(-1);
        if (before === undefined) return steps;
        return { past: steps.past.slice(0, -1), now: before, future: [steps.now, ...steps.future] };
      });
    },
    redo: () => {
      setSteps((steps) => {
        const [after, ...rest] = steps.future;
        if (after === undefined) return steps;
        return { past: [...steps.past, steps.now], now: after, future: rest };
      });
    },
  };
}
