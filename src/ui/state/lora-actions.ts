import { type LoraSummary } from '../../gpu/pipeline/types.ts';
import { AppError, messageOf, throwIfAborted } from '../../shared/errors.ts';
import { type RelationLoraUse } from '../../shared/request.ts';
import { fewStepDefaults } from '../../weights/few-step.ts';
import { packLoras } from '../../weights/pack-manifest.ts';
import { addLora, removeLora } from '../model/loras.ts';
import { sha256Of } from '../photos/import-photo.ts';
import { type LoraSource, type StoredLora } from '../storage/database.ts';
import { download, type Download, type Received } from '../storage/download.ts';
import { findLora, forgetLora, keepLora, listLoras } from '../storage/lora-store.ts';
import { strings } from '../strings/index.ts';
import { store, type InstalledLora } from './app-state.ts';
import { changeLoras, edit, endStep } from './edit-actions.ts';
import { engine } from './engine-actions.ts';
import { inform } from './notices.ts';

/** Well above any low-rank file: a larger one is a checkpoint. */
const MOST_BYTES = 2 ** 30;

function summaryOf({ id, title, purpose, source, sha256, blob }: StoredLora): InstalledLora {
  return { id, title, purpose, source, sha256, byteLength: blob.size };
}

function show(lora: StoredLora): void {
  store.setState(({ installedLoras }) => ({
    installedLoras: [...installedLoras.filter(({ id }) => id !== lora.id), summaryOf(lora)],
  }));
}

/** Lists the LoRA files of earlier visits. */
export async function loadLoras(): Promise<void> {
  const stored = await listLoras();
  store.setState({ installedLoras: stored.map(summaryOf) });
}

/**
 * Checks a LoRA file against the open pack and keeps it by its content; resolves to its id. Throws
 * AppError 'bad-lora' if it is none or of another model, 'lora-to-merge' if it needs to be a part of the
 * weights; then nothing has changed.
 */
async function install(blob: Blob, name: string, source: LoraSource): Promise<string> {
  if (blob.size > MOST_BYTES) throw new AppError('bad-lora', strings().errors.loraTooLarge(name));
  const sha256 = await sha256Of(blob);
  const stem = name.replace(/\.safetensors$/i, '');
  const slug = stem.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const id = `${slug}-${sha256.slice(0, 12)}`;
  const { ignoredKeys } = await giveToEngine(id, name, blob);
  const { readAbout } = await import('../storage/lora-about-file.ts');
  const { title, purpose } = await readAbout(blob, name);
  const lora = { id, sha256, title: title === '' ? stem : title, purpose, source, blob };
  show(lora);
  store.setState(({ readyLoras }) => ({ readyLoras: new Set([...readyLoras, id]) }));
  if (!(await keepLora(lora))) inform(strings().notices.loraNotKept);
  // Half of a LoRA is another one: whoever uses it must know.
  if (ignoredKeys > 0) inform(strings().notices.loraInPart(lora.title));
  return id;
}

/** The engine reads and checks a file. What it refuses because it must be merged is said in the person's language. */
async function giveToEngine(id: string, name: string, blob: Blob): Promise<LoraSummary> {
  try {
    return await engine().installLora(id, new Uint8Array(await blob.arrayBuffer()));
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'lora-to-merge') throw cause;
    throw new AppError(cause.code, strings().errors.loraToMerge(name), { cause });
  }
}

/**
 * Puts a LoRA on the stack, as a step of its own. One that was distilled for few steps, by the name of its
 * file or its address, brings its sampler, steps and guidance.
 */
export function stackLora(id: string): void {
  const lora = store.getState().installedLoras.find((one) => one.id === id);
  const fewStep = lora === undefined ? undefined : fewStepDefaults([addressOf(lora.source)]);
  endStep();
  changeLoras((loras) => addLora(loras, id), STACKING);
  if (lora !== undefined && fewStep !== undefined) {
    edit({ kind: 'relation', mergeKey: STACKING }, (editor) => ({ ...editor, ...fewStep }));
    inform(strings().notices.fewSteps(lora.title, fewStep.steps), true);
  }
  endStep();
}

/** Joins the LoRA and what it brings into one step. */
const STACKING = 'stack a LoRA';

function addressOf(source: LoraSource): string {
  return source.kind === 'file' ? source.name : source.url;
}

function isStacked(id: string): boolean {
  return store.getState().editor.loras.some((lora) => lora.id === id);
}

export async function installLoraFile(file: File): Promise<void> {
  stackLora(await install(file, file.name, { kind: 'file', name: file.name }));
}

/** How far fetching a LoRA file has come. */
export type LoraFetch =
  { readonly kind: 'asking' } | ({ readonly kind: 'receiving' } & Received) | { readonly kind: 'checking' };

export interface LoraFetchOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (at: LoraFetch) => void;
}

/**
 * Fetches a LoRA file from an address that the person typed, installs it and puts it on the stack. Throws
 * AppError 'bad-lora' or 'network' with what to do; once `signal` fired, nothing is installed any more.
 */
export async function installLoraFrom(address: string, options: LoraFetchOptions = {}): Promise<void> {
  stackLora(await fetchAndInstall(address, options));
}

async function fetchAndInstall(
  address: string,
  { signal = new AbortController().signal, onProgress = () => undefined }: LoraFetchOptions,
): Promise<string> {
  const { errors } = strings();
  const url = fileAddress(address);
  if (url === null) throw new AppError('bad-lora', errors.loraAddress(address));
  const onReceived = (received: Received): void => {
    onProgress({ kind: 'receiving', ...received });
  };
  let fetched: Download;
  try {
    fetched = await download(url, { signal, onReceived, mostBytes: MOST_BYTES });
  } catch (cause) {
    throwIfAborted(signal);
    // A browser does not tell a server that is away from one that allows no other page to read it.
    throw new AppError('network', errors.loraFetch(url.href, messageOf(cause)), { cause });
  }
  throwIfAborted(signal);
  const name = nameIn(url);
  switch (fetched.kind) {
    case 'refused':
      throw new AppError('network', refusal(url, fetched.status));
    case 'too-large':
      throw new AppError('bad-lora', errors.loraTooLarge(name));
    case 'web-page':
      throw new AppError('bad-lora', errors.loraWebPage(url.href));
    case 'done':
      onProgress({ kind: 'checking' });
      return install(fetched.file, name, { kind: 'url', url: url.href });
  }
}

/** The address of the file itself: a model hub shows a page about each file under almost the same one. */
function fileAddress(address: string): URL | null {
  const url = URL.parse(address.trim());
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return null;
  if (url.hostname === 'huggingface.co') url.pathname = url.pathname.replace('/blob/', '/resolve/');
  return url;
}

function nameIn({ pathname, hostname }: URL): string {
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    // A stray % in it: as it stands, then.
    return last;
  }
}

function refusal(url: URL, status: number): string {
  const { errors } = strings();
  if (status === 401 || status === 403) return errors.loraClosed(url.href, status);
  if (status === 404 || status === 410) return errors.loraGone(url.href, status);
  return errors.loraFetch(url.href, errors.serverAnswered(status));
}

/** Takes a LoRA file away, from the stack too; pictures that were made with it stay. */
export async function removeInstalledLora(id: string): Promise<void> {
  await forgetLora(id);
  store.setState(({ installedLoras, readyLoras }) => ({
    installedLoras: installedLoras.filter((lora) => lora.id !== id),
    readyLoras: new Set([...readyLoras].filter((ready) => ready !== id)),
  }));
  if (isStacked(id)) changeLoras((loras) => removeLora(loras, id));
}

/** Fetches a LoRA again from where it came; another content takes its place, on the stack with its weight. */
export async function updateLora({ id, source }: InstalledLora): Promise<void> {
  if (source.kind !== 'url') return;
  const fetched = await fetchAndInstall(source.url, {});
  if (fetched === id) return;
  if (isStacked(id)) {
    changeLoras((loras) =>
      removeLora(loras, fetched).map((lora) => (lora.id === id ? { ...lora, id: fetched } : lora)),
    );
  }
  await removeInstalledLora(id);
}

/**
 * Gives the engine the person's own files that a request names and it does not hold yet. Throws AppError
 * 'bad-lora' for one that is not here, damaged, or of another model, and 'lora-to-merge'.
 */
export async function provideLoras(uses: readonly RelationLoraUse[]): Promise<void> {
  const { engine: state, readyLoras } = store.getState();
  const ofPack: ReadonlyMap<string, unknown> = state.kind === 'ready' ? packLoras(state.manifest) : new Map();
  for (const { lora: id } of uses) {
    if (ofPack.has(id) || readyLoras.has(id)) continue;
    const stored = await findLora(id);
    if (stored === undefined) throw new AppError('bad-lora', strings().errors.loraMissing(id));
    if ((await sha256Of(stored.blob)) !== stored.sha256) {
      throw new AppError('bad-lora', strings().errors.loraDamaged(stored.title));
    }
    await giveToEngine(id, stored.title, stored.blob);
  }
}
