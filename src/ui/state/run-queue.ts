import { AbortError, AppError, messageOf } from '../../shared/errors.ts';
import { type GenerationRequest } from '../../shared/request.ts';
import { type Preview } from '../../gpu/pipeline/types.ts';
import { nextWaiting, refusePack, withoutEntry, type QueueEntry, type WaitingEntry } from '../model/queue.ts';
import { tick, type Progress } from '../model/time-left.ts';
import { encodePicture } from '../photos/encode-picture.ts';
import { findPhoto } from '../storage/photo-store.ts';
import { strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { engine, openEngine } from './engine-actions.ts';
import { provideLoras } from './lora-actions.ts';
import { addPicture, modelTitleOf } from './picture-actions.ts';

let controller: AbortController | undefined;

/**
 * Makes the pictures of the queue one after the other, from now on: whenever nothing runs and the engine
 * is ready, the next one starts. However a picture ends, the one behind it has its turn. The engine holds
 * the pack that the next picture needs, and the editor's where none waits.
 */
export function startQueue(): void {
  store.subscribe((state, before) => {
    const calm =
      state.job === before.job &&
      state.queue === before.queue &&
      state.engine === before.engine &&
      state.editor.pack === before.editor.pack;
    if (!calm) advance();
  });
}

function advance(): void {
  const { job, engine: state, queue, editor } = store.getState();
  if (job.kind === 'running' || state.kind === 'starting') return;
  const next = nextWaiting(queue);
  const wanted = next?.request.pack ?? editor.pack;
  if (state.kind === 'failed') {
    // The editor's own pack is reported and retried by the person; a queued one must not hold up the rest.
    if (state.pack === editor.pack) return;
    store.setState({
      queue: refusePack(queue, state.pack, state.message),
      engine: { kind: 'starting' },
    });
    openEngine();
  } else if (state.pack !== wanted) openEngine(wanted);
  else if (next !== undefined) start(next);
}

function start({ id, request }: WaitingEntry): void {
  const run = new AbortController();
  controller = run;
  store.setState(({ queue }) => ({
    queue: withoutEntry(queue, id),
    job: {
      kind: 'running',
      request,
      progress: { stage: 'loading' },
      clock: null,
      preview: null,
      cancelling: false,
    },
  }));
  const startedAt = performance.now();
  work(request, run.signal, startedAt).catch((error: unknown) => {
    if (error instanceof AbortError || run.signal.aborted) stop();
    else fail(request, error);
  });
}

/** Ends the run at the next step; what is on the canvas stays there until the next one draws. */
export function cancel(): void {
  const { job } = store.getState();
  if (job.kind !== 'running') return;
  store.setState({ job: { ...job, cancelling: true } });
  controller?.abort();
}

/** Ends the run and forgets everything behind it. */
export function cancelAll(): void {
  store.setState({ queue: [] });
  cancel();
}

/** Makes the picture that failed, with the settings it had. */
export function retry(): void {
  const { job } = store.getState();
  if (job.kind !== 'failed' || job.request === null) return;
  const entry: QueueEntry = { kind: 'waiting', id: crypto.randomUUID(), request: job.request };
  store.setState(({ queue }) => ({ queue: [entry, ...queue] }));
}

async function work(request: GenerationRequest, signal: AbortSignal, startedAt: number): Promise<void> {
  const photos = new Map(
    await Promise.all(
      request.objects.map(async ({ image }, index) => [image, await photoOf(image, index)] as const),
    ),
  );
  await provideLoras(request.relation);
  const picture = await engine().generate(request, photos, { signal, onProgress, onPreview });
  const png = await encodePicture(picture, request, modelTitleOf(request));
  // The picture first, so that it is there when the run is over.
  const kept = addPicture(request, png);
  store.setState(({ job, mix, selection, readyLoras }) => {
    // Who went back to the boxes while it was drawn is at work there.
    const looking = mix > 0 || (job.kind === 'running' && job.preview === null);
    return {
      job: { kind: 'done', seconds: (performance.now() - startedAt) / 1000, cutTexts: picture.cutTexts },
      mix: looking ? 1 : mix,
      selection: looking ? null : selection,
      readyLoras: new Set([...readyLoras, ...request.relation.map(({ lora }) => lora)]),
    };
  });
  await kept;
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

/** The first preview comes to the front; afterwards the person decides what is in view. */
function onPreview(preview: Preview): void {
  store.setState(({ job, mix }) =>
    job.kind === 'running' ? { job: { ...job, preview }, mix: job.preview === null ? 1 : mix } : {},
  );
}

function stop(): void {
  store.setState(({ job }) => {
    if (job.kind !== 'running') return {};
    const atStep = job.progress.stage === 'drawing' ? job.progress.step : 0;
    return { job: { kind: 'cancelled', preview: job.preview, atStep } };
  });
}

/** A failure is the job's own where nothing waits; otherwise it stays in the queue and the next one starts. */
function fail(request: GenerationRequest, error: unknown): void {
  const message = messageOf(error);
  const retryable = error instanceof AppError && error.retryable;
  store.setState(({ queue }) => {
    if (nextWaiting(queue) === undefined) return { job: { kind: 'failed', request, message, retryable } };
    const failed: QueueEntry = { kind: 'failed', id: crypto.randomUUID(), request, message };
    return { job: { kind: 'idle' }, queue: [failed, ...queue] };
  });
}
