import { AppError, messageOf } from '../../shared/errors.ts';
import { type GenerationRequest } from '../../shared/request.ts';
import { type Editor } from '../model/editor.ts';
import { batchSeeds } from '../model/queue.ts';
import { obstaclesOf, requestFrom, type Obstacle } from '../model/request-mapping.ts';
import { strings, type Strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { changeSettings, endStep, randomSeed, select } from './edit-actions.ts';
import { asksForLongWait } from './long-wait.ts';
import { complain } from './notices.ts';
import { followed, mayFollow, promptIsRead, settleRelation } from './relation-actions.ts';

/**
 * Asks for pictures with the editor's settings as they are now; later edits do not touch them. They are
 * made at once, or after those that were asked for before. A prompt written just now is read first, so that
 * the picture is made with what suits its words.
 */
export function generate(): void {
  const { engine, editor } = store.getState();
  if (engine.kind !== 'ready') return;
  const waits = mayFollow() && !promptIsRead();
  const settled = settleRelation().catch(complain);
  if (!waits) askForPictures(store.getState().editor);
  else
    void settled.then(() => {
      askForPictures(followed(editor));
    });
}

function askForPictures(editor: Editor): void {
  const [obstacle] = obstaclesOf(editor);
  if (obstacle !== undefined) {
    refuse(obstacle);
    return;
  }
  const again = (): void => {
    askForPictures(editor);
  };
  if (asksForLongWait(editor, again)) return;
  const seed = editor.seedLocked ? editor.seed : randomSeed();
  if (seed !== editor.seed) {
    endStep();
    changeSettings({ seed }, 'seed');
    endStep();
  }
  try {
    enqueue(batchSeeds(seed, editor.batch).map((one) => requestFrom(editor, one)));
  } catch (error) {
    if (store.getState().job.kind === 'running') complain(error);
    else
      store.setState({ job: { kind: 'failed', request: null, message: messageOf(error), retryable: false } });
  }
}

/** Puts requests at the end of the queue; the first starts at once if nothing is running. */
function enqueue(requests: readonly GenerationRequest[]): void {
  store.setState(({ queue }) => ({
    queue: [
      ...queue,
      ...requests.map((request) => ({ kind: 'waiting' as const, id: crypto.randomUUID(), request })),
    ],
  }));
}

/** Says what is missing: in the status while nothing runs, as a notice beside a running picture. */
function refuse(obstacle: Obstacle): void {
  const { job, editor } = store.getState();
  if (obstacle.kind !== 'no-prompt') select(editor.objects[obstacle.object]?.id ?? null);
  if (job.kind === 'running') complain(new AppError('bad-request', remedyFor(strings(), obstacle)));
  else store.setState({ job: { kind: 'blocked' } });
}

/** What to do about an obstacle, in a sentence. */
export function remedyFor(text: Strings, obstacle: Obstacle): string {
  return obstacle.kind === 'no-prompt'
    ? text.run.remedies['no-prompt']
    : text.run.remedies[obstacle.kind](obstacle.object + 1);
}
