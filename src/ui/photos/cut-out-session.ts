import { type MaskChange } from '../../workers/photo-protocol.ts';

/** Who holds the pixels of the one photo that is cut out; answers with the photo as it is then. */
export interface MaskWorker<View> {
  open(): Promise<View>;
  change(change: MaskChange): Promise<View>;
  save(): Promise<Blob>;
}

export interface CutOutSession {
  /** Sends a change to the worker; while one is under way, changes of the same kind wait as one. */
  change(change: MaskChange): void;
  /** Resolves to the mask when every change is done; rejects with AppError. */
  save(): Promise<Blob>;
  /** Drops the changes that wait: the worker may be on another photo by then. */
  close(): void;
}

/** A change that two in a row come to, or null where each is one of its own. */
function joined(first: MaskChange | undefined, second: MaskChange): MaskChange | null {
  if (first?.kind === 'feather' && second.kind === 'feather') return second;
  const goesOn =
    first?.kind === 'stroke' &&
    second.kind === 'stroke' &&
    !second.begins &&
    first.keep === second.keep &&
    first.radius === second.radius;
  return goesOn ? { ...first, points: [...first.points, ...second.points] } : null;
}

/**
 * Cutting one photo out. `onView` gets the photo when it is open and after each change, `onError` an
 * AppError that ended one.
 */
export function openCutOut<View>(
  worker: MaskWorker<View>,
  onView: (view: View) => void,
  onError: (error: unknown) => void,
): CutOutSession {
  const waiting: MaskChange[] = [];
  let busy = true;

  async function workOff(): Promise<void> {
    for (let change = waiting.shift(); change !== undefined; change = waiting.shift()) {
      await worker.change(change).then(onView, onError);
    }
    busy = false;
  }

  let working: Promise<void> = worker.open().then(onView, onError).then(workOff);
  return {
    change(change) {
      const together = joined(waiting.at(-1), change);
      if (together === null) waiting.push(change);
      else waiting.splice(-1, 1, together);
      if (busy) return;
      busy = true;
      working = workOff();
    },
    async save() {
      await working;
      return worker.save();
    },
    close() {
      waiting.length = 0;
    },
  };
}
