import { AbortError, messageOf } from '../../shared/errors.ts';
import { cutOutFiles, type CutOutType } from '../../weights/cut-out-model.ts';
import { formatSourceSpec } from '../../weights/sources/source-spec.ts';
import { type CutOutOffer, type CutOutRequest } from '../../workers/cut-out-protocol.ts';
import { type Keys } from '../../workers/install-basics.ts';
import { cutOutEndpoint, type CutOutForm, cutOutSource } from '../model/cut-out-form.ts';
import { withSample } from '../model/install-pace.ts';
import { endSegmentWorker } from '../photos/segment-service.ts';
import { strings } from '../strings/index.ts';
import { cutOutModelStore } from './cut-out-model-state.ts';
import { library, refreshLibrary } from './library-actions.ts';
import { attempt } from './notices.ts';

/** How to stop the install that this page runs. */
let stop: AbortController | null = null;
/** Only the latest question may set the offer. */
let asking = 0;

/** Looks at what is installed. */
export async function refreshCutOutModel(): Promise<void> {
  cutOutModelStore.setState({ model: await library().cutOut.find() });
}

function keys(): Keys {
  const { folder } = cutOutModelStore.getState();
  return folder === null ? {} : { folder };
}

function fail(thrown: unknown): void {
  cutOutModelStore.setState({ step: { kind: 'form' }, fault: messageOf(thrown) });
}

/** Changes the source; what it offers must be asked again. */
export function changeCutOutForm(change: Partial<CutOutForm>): void {
  asking += 1;
  cutOutModelStore.setState(({ form }) => ({
    form: { ...form, ...change },
    step: { kind: 'form' },
    fault: '',
  }));
}

/** Takes files of a model on this machine as its source, and looks at what they offer. */
export function takeCutOutFiles(files: readonly File[]): void {
  const [first] = files;
  if (first === undefined) return;
  const name = first.webkitRelativePath.split('/')[0] ?? '';
  const folder = {
    name: name === '' ? strings().cutOutModel.ownFiles : name,
    files: cutOutFiles(files.map((file) => [file.name, file])),
  };
  cutOutModelStore.setState({ folder });
  changeCutOutForm({ source: formatSourceSpec({ kind: 'local', name: folder.name }) });
  askCutOutOffer();
}

/** Asks the source what it offers: sizes and licence, no weights. */
export function askCutOutOffer(): void {
  asking += 1;
  const turn = asking;
  const { form } = cutOutModelStore.getState();
  const source = cutOutSource(form);
  if (source === undefined) {
    cutOutModelStore.setState({ fault: strings().cutOutModel.badSource });
    return;
  }
  cutOutModelStore.setState({ step: { kind: 'asking' }, fault: '' });
  library()
    .cutOut.plan(source, cutOutEndpoint(form), keys())
    .then(
      (offer) => {
        if (turn === asking) cutOutModelStore.setState({ step: { kind: 'offer', offer } });
      },
      (thrown: unknown) => {
        if (turn === asking) fail(thrown);
      },
    );
}

/** Installs one of the choices that were offered. */
export function installCutOutOffer({ title, source, licence }: CutOutOffer, type: CutOutType): void {
  const { form } = cutOutModelStore.getState();
  runCutOutInstall({ title, source, licence, type, endpoint: cutOutEndpoint(form) });
}

/** Installs, or goes on; ends in what is installed then. */
export function runCutOutInstall(request: CutOutRequest): void {
  if (stop !== null) return;
  const controller = new AbortController();
  stop = controller;
  const { title } = request;
  cutOutModelStore.setState({
    step: { kind: 'installing', title, doneBytes: 0, totalBytes: 0, pace: [] },
    fault: '',
  });
  // Without it the browser may clear the storage when the device runs short. It asks nobody in Chromium.
  void navigator.storage.persist();
  attempt(async () => {
    try {
      await library().cutOut.install(request, keys(), {
        signal: controller.signal,
        onEvent({ doneBytes, totalBytes }) {
          const sample = { at: performance.now(), doneBytes };
          cutOutModelStore.setState(({ step }) =>
            step.kind === 'installing'
              ? { step: { ...step, doneBytes, totalBytes, pace: withSample(step.pace, sample) } }
              : {},
          );
        },
      });
      // It may still hold the model before.
      endSegmentWorker();
      cutOutModelStore.setState({ step: { kind: 'form' } });
    } catch (thrown) {
      if (thrown instanceof AbortError) cutOutModelStore.setState({ step: { kind: 'form' } });
      else fail(thrown);
    } finally {
      stop = null;
      await refreshCutOutModel();
      refreshLibrary();
    }
  });
}

/** Stops the install; what is stored stays, and it can go on later, also after the page was closed. */
export function stopCutOutInstall(): void {
  stop?.abort();
}

/** Takes the model, or what there is of it, away. */
export function removeCutOutModel(): void {
  attempt(async () => {
    endSegmentWorker();
    await library().cutOut.remove();
    cutOutModelStore.setState({ fault: '' });
    await refreshCutOutModel();
    refreshLibrary();
  });
}
