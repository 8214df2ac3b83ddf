import { AbortError, AppError, messageOf } from '../../shared/errors.ts';
import { type GenerationRequest } from '../../shared/request.ts';
import { type Preview } from '../../gpu/pipeline/types.ts';
import { obstaclesOf, requestFrom } from '../model/request-mapping.ts';
import { tick, type Progress } from '../model/time-left.ts';
import { encodePicture } from '../photos/encode-picture.ts';
import { findPhoto } from '../storage/photo-store.ts';
import { strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { changeSettings, endStep, randomSeed, select } from './edit-actions.ts';
import { engine } from './engine-actions.ts';
import { addPicture } from './picture-actions.ts';

let controller: AbortController | undefined;

/** Starts a run with the editor's settings as they are now; later edits do not touch it. */
export function generate(): void {
  const { job, engine: state, editor } = store.getState();
  if (job.kind === 'running' || state.kind !== 'ready') return;
  const [obstacle] = obstaclesOf(editor);
  if (obstacle !== undefined) {
    store.setState({ job: { kind: 'blocked' } });
    if (obstacle.kind !== 'no-prompt') select(editor.objects[obstacle.object]?.id ?? null);
    return;
  }
  const seed = editor.seedLocked ? editor.seed : randomSeed();
  if (seed !== editor.seed) {
    endStep();
    changeSettings({ seed }, 'seed');
    endStep();
  }
  let request: GenerationRequest;
  try {
    request = requestFrom(editor, seed);
  } catch (error) {
    fail(error);
    return;
  }
  const run = new AbortController();
  controller = run;
  store.setState({
    job: {
      kind: 'running',
      request,
      progress: { stage: 'loading' },
      clock: null,
      preview: null,
      cancelling: false,
    },
  });
  const startedAt = performance.now();
  work(request, run.signal, startedAt).catch((error: unknown) => {
    if (error instanceof AbortError || run.signal.aborted) stop();
    else fail(error);
  });
}

/** Ends the run at the next step; what is on the canvas stays there. */
export function cancel(): void {
  const { job } = store.getState();
  if (job.kind !== 'running') return;
  store.setState({ job: { ...job, cancelling: true } });
  controller?.abort();
}

async function work(request: GenerationRequest, signal: AbortSignal, startedAt: number): Promise<void> {
  const photos = new Map(
    await Promise.all(
      request.objects.map(async ({ image }, index) => [image, await photoOf(image, index)] as const),
    ),
  );
  const picture = await engine().generate(request, photos, { signal, onProgress, onPreview });
  const { engine: state } = store.getState();
  const title = state.kind === 'ready' ? state.manifest.title : request.pack;
  const png = await encodePicture(picture, request, title);
  store.setState(({ readyLoras }) => ({
    job: { kind: 'done', seconds: (performance.now() - startedAt) / 1000, cutTexts: picture.cutTexts },
    mix: 1,
    selection: null,
    readyLoras: new Set([...readyLoras, ...request.relation.map(({ lora }) => lora)]),
  }));
  await addPicture(request, png);
}

async function photoOf(sha256: string, index: number): Promise<Blob> {
  const photo = await findPhoto(sha256);
  if (photo !== undefined) return photo.blob;
  throw new AppError('bad-request', strings().errors.photoMissing(index + 1));
}

function onProgress(progress: Progress): void {
  store.setState(({ job }) =>
    job.kind === 'running'
      ? { job: { ...job, progress, clock: tick(job.clock, progress, performance.now()) } }
      : {},
  );
}

function onPreview(preview: Preview): void {
  store.setState(({ job }) => (job.kind === 'running' ? { job: { ...job, preview }, mix: 1 } : {}));
}

function stop(): void {
  store.setState(({ job }) => {
    if (job.kind !== 'running') return {};
    const atStep = job.progress.stage === 'drawing' ? job.progress.step : 0;
    return { job: { kind: 'cancelled', preview: job.preview, atStep } };
  });
}

function fail(error: unknown): void {
  const retryable = error instanceof AppError && error.retryable;
  store.setState({ job: { kind: 'failed', message: messageOf(error), retryable } });
}
