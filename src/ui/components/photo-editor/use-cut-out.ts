import { useEffect, useRef, useState } from 'react';
import { askPhotoWorker } from '../../photos/photo-service.ts';
import { type MaskChange, type MaskView } from '../../../workers/photo-protocol.ts';
import { openCutOut, type CutOutSession } from '../../photos/cut-out-session.ts';
import { complain } from '../../state/notices.ts';
import { type PhotoSource } from '../../state/photo-edit-actions.ts';

export interface CutOut {
  /** The photo as it is cut out now; null before it is open. */
  readonly view: MaskView | null;
  readonly feather: number;
  readonly change: (change: MaskChange) => void;
  /** The mask to keep with the photo; what came in if the tool was never used, null if everything is kept. */
  readonly finish: () => Promise<PhotoSource['cutOut']>;
}

/** The cut-out of a photo; its pixels are loaded when `wanted` is first true, and let go with the component. */
export function useCutOut({ original, cutOut }: PhotoSource, wanted: boolean): CutOut {
  const [view, setView] = useState<MaskView | null>(null);
  const [feather, setFeather] = useState(cutOut?.feather ?? 0);
  const session = useRef<CutOutSession | null>(null);
  const shown = useRef<MaskView | null>(null);
  const [opened, setOpened] = useState(wanted);
  if (wanted && !opened) setOpened(true);

  useEffect(() => {
    if (!opened) return undefined;
    const started = openCutOut(
      {
        open: () => askPhotoWorker('open-mask', { file: original.blob, cutOut }),
        change: (change) => askPhotoWorker('change-mask', { change }),
        save: async () => (await askPhotoWorker('save-mask', null)).mask,
      },
      (next) => {
        shown.current?.frame.close();
        shown.current = next;
        setView(next);
      },
      complain,
    );
    session.current = started;
    return () => {
      started.close();
      session.current = null;
    };
  }, [opened, original, cutOut]);

  return {
    view,
    feather,
    change: (change) => {
      if (change.kind === 'feather') setFeather(change.feather);
      session.current?.change(change);
    },
    finish: async () => {
      if (session.current === null) return cutOut;
      const mask = await session.current.save();
      return shown.current?.kept === 1 ? null : { mask, feather };
    },
  };
}
