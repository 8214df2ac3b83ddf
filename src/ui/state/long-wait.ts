import { type Editor } from '../model/editor.ts';
import { secondsOnProcessor } from '../model/work-estimate.ts';
import { store } from './app-state.ts';

/** Waits that nobody starts by mistake need no question. */
const ASK_FROM_SECONDS = 15 * 60;
/** What was agreed to in this visit: the longest wait, by pack. */
const accepted = new Map<string, number>();
let goOn: (() => void) | undefined;

/** Whether the person must be asked before an editor's pictures are drawn; `then` is done if they agree. */
export function asksForLongWait(editor: Editor, then: () => void): boolean {
  const { engine } = store.getState();
  const pass = engine.kind === 'ready' ? engine.manifest.passWork : null;
  if (engine.kind !== 'ready' || pass === null) return false;
  const { steps, guidance, width, height, batch: pictures } = editor;
  const work = { steps, guidance, width, height, pictures };
  const seconds = secondsOnProcessor(pass, engine.device, work);
  if (seconds === null || seconds < ASK_FROM_SECONDS) return false;
  if (seconds <= (accepted.get(engine.pack) ?? 0)) return false;
  goOn = () => {
    accepted.set(engine.pack, seconds);
    then();
  };
  store.setState({ longWait: seconds });
  return true;
}

export function acceptLongWait(): void {
  const start = goOn;
  declineLongWait();
  start?.();
}

export function declineLongWait(): void {
  goOn = undefined;
  store.setState({ longWait: null });
}
