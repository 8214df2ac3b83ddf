import { AbortError, AppError, messageOf } from '../../shared/errors.ts';
import { type Precision } from '../../weights/pack-manifest.ts';
import { type InstallClient } from '../../workers/install-client.ts';
import { type Keys } from '../../workers/install-basics.ts';
import { type InstallOffer, type InstallRequest } from '../../workers/install-protocol.ts';
import { formatSourceSpec } from '../../weights/sources/source-spec.ts';
import { EMBEDDED_PACK } from '../model/editor.ts';
import { idOf, type InstallForm, localFileName, partsOf, sourcesOf } from '../model/install-form.ts';
import { withSample } from '../model/install-pace.ts';
import { droppedFiles } from '../storage/dropped-files.ts';
import { strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { choosePack, packUrl } from './engine-actions.ts';
import { libraryStore, type RunningInstall } from './library-state.ts';
import { attempt } from './notices.ts';

let client: InstallClient | undefined;
/** How to stop what this page runs. */
const stops = new Map<string, AbortController>();
/** Only the latest question may set the offer. */
let asking = 0;

export function connectLibrary(connected: InstallClient): void {
  client = connected;
}

/** The library's worker. */
export function library(): InstallClient {
  if (client === undefined) throw new AppError('internal', 'The library was asked before it was connected.');
  return client;
}

/** Looks at what is installed, and once at what came with the app. */
export function refreshLibrary(): void {
  attempt(async () => {
    libraryStore.setState({ contents: await library().list() });
  });
  if (libraryStore.getState().embedded !== null) return;
  attempt(async () => {
    libraryStore.setState({ embedded: await library().describe(packUrl(EMBEDDED_PACK)) });
  });
}

/** Changes the sources; what they cost must be asked again. */
export function changeForm(change: Partial<InstallForm>): void {
  asking += 1;
  libraryStore.setState(({ form }) => ({ form: { ...form, ...change }, offer: { kind: 'none' } }));
}

/** Takes a picked or dropped folder as the base; its parts are looked for in it first. Paths begin with its name. */
export function takeFolder(list: Iterable<readonly [path: string, file: File]>): void {
  const files = new Map<string, Blob>();
  let name = '';
  for (const [whole, file] of list) {
    const [top = '', ...path] = whole.split('/');
    name = top;
    files.set(path.join('/'), file);
  }
  if (name === '') return;
  libraryStore.setState({ folder: { name, files } });
  changeForm({ title: name, base: formatSourceSpec({ kind: 'local', name }), parts: partsOf(() => '') });
}

/** Takes single files: a whole checkpoint as the weights of the base, LoRAs to merge. */
export function takeFiles(list: readonly File[]): void {
  attempt(async () => {
    const { kindOfModelFile } = await import('../storage/model-file-kind.ts');
    for (const file of list) {
      const kind = await kindOfModelFile(file);
      const name = localFileName(file.name);
      const source = formatSourceSpec({ kind: 'local', name });
      const { form, files } = libraryStore.getState();
      libraryStore.setState({ files: new Map([...files, [name, file]]) });
      if (kind === 'lora') {
        changeForm({ mergeLoras: [form.mergeLoras.trim(), source].filter((text) => text !== '').join(', ') });
      } else changeForm({ title: name.replace(/\.safetensors$/, ''), singleFile: source });
    }
  });
}

/** Takes what was dropped on the library: a folder as the base, or single files. */
export function takeDropped(dropped: DataTransfer): void {
  const reading = droppedFiles(dropped);
  attempt(async () => {
    const files = await reading;
    const single = files.filter(([path]) => !path.includes('/')).map(([, file]) => file);
    if (single.length === 0) takeFolder(files);
    else takeFiles(single);
  });
}

/** Asks a repository of the hub which LoRA files it has. */
export function listRepository(repository: string): void {
  libraryStore.setState({ shelf: { kind: 'asking' } });
  const name = repository.trim().replace(/^hub:/, '');
  library()
    .listLoras(name, endpointOf(libraryStore.getState().form), keys())
    .then(
      (shelf) => {
        libraryStore.setState({ shelf: { kind: 'ready', ...shelf } });
      },
      (thrown: unknown) => {
        libraryStore.setState({ shelf: { kind: 'failed', message: messageOf(thrown) } });
      },
    );
}

function endpointOf({ endpoint }: InstallForm): string | undefined {
  const text = endpoint.trim();
  return text === '' ? undefined : text;
}

/** What this page alone holds. */
function keys(): Keys {
  const { form, folder, files } = libraryStore.getState();
  const token = form.token.trim();
  return { ...(token === '' ? {} : { token }), ...(folder === null ? {} : { folder }), files };
}

/** Asks the sources what installing them would cost. */
export function askOffer(): void {
  asking += 1;
  const turn = asking;
  const { form } = libraryStore.getState();
  const read = sourcesOf(form);
  if (read.kind === 'fault') {
    const { library: text } = strings();
    const message = text.badSource(text.fields[read.field]);
    libraryStore.setState({ offer: { kind: 'failed', message } });
    return;
  }
  libraryStore.setState({ offer: { kind: 'asking' } });
  library()
    .plan(read.sources, endpointOf(form), keys())
    .then(
      (offer) => {
        if (turn === asking) libraryStore.setState({ offer: { kind: 'ready', offer } });
      },
      (thrown: unknown) => {
        if (turn === asking) libraryStore.setState({ offer: { kind: 'failed', message: messageOf(thrown) } });
      },
    );
}

function setRunning(id: string, change: (running: RunningInstall) => RunningInstall): void {
  libraryStore.setState(({ running }) => {
    const known = running.get(id);
    return known === undefined ? {} : { running: new Map([...running, [id, change(known)]]) };
  });
}

function without<Value>(map: ReadonlyMap<string, Value>, id: string): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([key]) => key !== id));
}

/** Installs, or goes on; ends in the list of what is installed. */
export function runInstall(request: InstallRequest): void {
  const { id, title } = request;
  if (stops.has(id)) return;
  const stop = new AbortController();
  stops.set(id, stop);
  libraryStore.setState(({ running, faults }) => ({
    running: new Map([...running, [id, { title, doneBytes: 0, totalBytes: 0, pace: [] }]]),
    faults: without(faults, id),
  }));
  // Without it the browser may clear the storage when the device runs short. It asks nobody in Chromium.
  void navigator.storage.persist();
  library()
    .install(request, keys(), {
      signal: stop.signal,
      onEvent({ doneBytes, totalBytes }) {
        const sample = { at: performance.now(), doneBytes };
        setRunning(id, ({ pace, ...rest }) => ({
          ...rest,
          doneBytes,
          totalBytes,
          pace: withSample(pace, sample),
        }));
      },
    })
    .catch((thrown: unknown) => {
      if (thrown instanceof AbortError) return;
      libraryStore.setState(({ faults }) => ({ faults: new Map([...faults, [id, messageOf(thrown)]]) }));
    })
    .finally(() => {
      stops.delete(id);
      libraryStore.setState(({ running }) => ({ running: without(running, id) }));
      refreshLibrary();
    });
}

/** Installs what was offered, in one of its precisions. A pack that was made before keeps its name. */
export function installOffer({ pack }: InstallOffer, precision: Precision): void {
  const { form } = libraryStore.getState();
  const read = sourcesOf(form);
  if (read.kind === 'fault') return;
  const { id, title } = pack ?? { id: idOf(form.title), title: form.title.trim() };
  runInstall({ id, title, sources: read.sources, precision, endpoint: endpointOf(form) });
  libraryStore.setState({ offer: { kind: 'none' } });
}

/** Stops an install; what is stored stays, and it can go on later, also after the page was closed. */
export function pauseInstall(id: string): void {
  stops.get(id)?.abort();
}

/** Takes a model, or what there is of it, away. */
export function removePack(id: string): void {
  // The engine must not hold what is taken away.
  if (store.getState().editor.pack === id) choosePack(EMBEDDED_PACK);
  attempt(async () => {
    await library().remove(id);
    libraryStore.setState(({ faults }) => ({ faults: without(faults, id) }));
    refreshLibrary();
  });
}
