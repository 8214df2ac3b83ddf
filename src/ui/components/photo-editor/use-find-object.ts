import { useEffect, useRef, useState } from 'react';
import { AbortError, messageOf } from '../../../shared/errors.ts';
import { type Box } from '../../../shared/request.ts';
import { type SegmentStage } from '../../../workers/segment-protocol.ts';
import { cropOrNull } from '../../model/crop-geometry.ts';
import { askSegmentWorker, endSegmentWorker } from '../../photos/segment-service.ts';
import { refreshCutOutModel } from '../../state/cut-out-model-actions.ts';
import { cutOutModelStore } from '../../state/cut-out-model-state.ts';
import { attempt } from '../../state/notices.ts';
import { type CutOut } from './use-cut-out.ts';

/** Less of the photo than this is nothing, and all but this is everything. */
const SMALLEST_SHARE = 0.002;

export type Finding =
  | { readonly kind: 'idle' }
  /** Waits for a model; the dialog that offers one is open. */
  | { readonly kind: 'wants-model' }
  | { readonly kind: 'running'; readonly stage: SegmentStage }
  /** `kept`: the part of what is shown of the photo that is left, 0..1. */
  | { readonly kind: 'found'; readonly kept: number }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'everything' }
  | { readonly kind: 'failed'; readonly message: string };

export interface FindObject {
  readonly finding: Finding;
  readonly start: () => void;
  /** Ends the search, or the wait for a model. */
  readonly stop: () => void;
}

const isInstalled = (): boolean => cutOutModelStore.getState().model?.kind === 'installed';

/**
 * Looks for the object in what the crop leaves of a photo; what it finds is one more step of the cut-out. The
 * search ends with the component.
 */
export function useFindObject(file: Blob, crop: Box, cutOut: CutOut): FindObject {
  const [finding, setFinding] = useState<Finding>({ kind: 'idle' });
  const endWait = useRef<() => void>(() => undefined);
  useEffect(
    () => () => {
      endWait.current();
      endSegmentWorker();
    },
    [],
  );

  const find = async (): Promise<void> => {
    const part = cropOrNull(crop);
    setFinding({ kind: 'running', stage: 'opening' });
    try {
      const { kept, ...found } = await askSegmentWorker(
        'find-object',
        { file, crop: part },
        {
          onEvent: ({ stage }) => {
            setFinding({ kind: 'running', stage });
          },
        },
      );
      if (kept < SMALLEST_SHARE) setFinding({ kind: 'nothing' });
      else if (kept > 1 - SMALLEST_SHARE) setFinding({ kind: 'everything' });
      else {
        cutOut.change({ kind: 'object', found, crop: part });
        setFinding({ kind: 'found', kept });
      }
    } catch (thrown) {
      setFinding(
        thrown instanceof AbortError ? { kind: 'idle' } : { kind: 'failed', message: messageOf(thrown) },
      );
    }
  };

  /** Who waited for the model wants what it is for. */
  const waitForModel = (): void => {
    setFinding({ kind: 'wants-model' });
    endWait.current();
    endWait.current = cutOutModelStore.subscribe(() => {
      if (!isInstalled()) return;
      endWait.current();
      attempt(find);
    });
  };

  return {
    finding,
    start: () => {
      attempt(async () => {
        await refreshCutOutModel();
        if (isInstalled()) await find();
        else waitForModel();
      });
    },
    stop: () => {
      endWait.current();
      if (finding.kind === 'running') endSegmentWorker();
      setFinding({ kind: 'idle' });
    },
  };
}
