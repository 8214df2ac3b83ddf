import {
  extractPictureSettings,
  pictureFormatOf,
  SIGNATURE_BYTES,
  type PictureFormat,
} from '../../shared/picture-metadata.ts';
import { type GenerationRequest } from '../../shared/request.ts';
import { withoutFewSteps } from '../../weights/few-step.ts';
import { editorFrom } from '../model/request-mapping.ts';
import { convertPicture } from '../photos/encode-picture.ts';
import { findPhoto, photoRefOf } from '../storage/photo-store.ts';
import { forgetPicture, keepPicture, listPictures } from '../storage/picture-store.ts';
import { strings } from '../strings/index.ts';
import { store, type Picture } from './app-state.ts';
import { edit } from './edit-actions.ts';
import { inform } from './notices.ts';
import { relationIn } from './relation-actions.ts';

/** How many pictures the strip shows; older ones stay in the database until their turn comes. */
const MOST_PICTURES = 120;
const RELEASE_DELAY_MS = 60_000;

async function settingsOf(picture: Blob): Promise<GenerationRequest | undefined> {
  return extractPictureSettings(new Uint8Array(await picture.arrayBuffer()));
}

/** The name of the model that a picture was made with, as far as it is known here. */
export function modelTitleOf({ pack }: GenerationRequest): string {
  const { engine, editor } = store.getState();
  return engine.kind === 'ready' && editor.pack === pack ? engine.manifest.title : pack;
}

/** Shows a new picture and keeps it for later visits. */
export async function addPicture(request: GenerationRequest, png: Blob): Promise<void> {
  const stored = { id: crypto.randomUUID(), createdAt: Date.now(), png };
  const picture: Picture = { ...stored, request, url: URL.createObjectURL(png) };
  store.setState(({ pictures }) => ({
    shown: picture,
    pictures: [picture, ...pictures].slice(0, MOST_PICTURES),
  }));
  if (!(await keepPicture(stored))) inform(strings().notices.notKept);
}

/** Reads the pictures of earlier visits into the strip. */
export async function loadPictures(): Promise<void> {
  const stored = await listPictures(MOST_PICTURES);
  const loaded: Picture[] = [];
  for (const { id, createdAt, png } of stored) {
    const request = await settingsOf(png);
    if (request !== undefined) loaded.push({ id, createdAt, png, request, url: URL.createObjectURL(png) });
  }
  store.setState(({ pictures }) => {
    const known = new Set(pictures.map(({ id }) => id));
    return { pictures: [...pictures, ...loaded.filter(({ id }) => !known.has(id))] };
  });
}

export function showPicture(picture: Picture): void {
  store.setState(({ job }) => ({
    shown: picture,
    mix: 1,
    job: job.kind === 'running' ? job : { kind: 'idle' },
  }));
}

export async function deletePicture(id: string): Promise<void> {
  const picture = store.getState().pictures.find((one) => one.id === id);
  store.setState(({ pictures, shown }) => ({
    pictures: pictures.filter((one) => one.id !== id),
    shown: shown?.id === id ? null : shown,
  }));
  await forgetPicture(id);
  if (picture !== undefined) URL.revokeObjectURL(picture.url);
}

/** Puts a picture's settings into the editor, as one step; `newSeed` leaves the editor's own seed. */
export async function restoreSettings(request: GenerationRequest, keepSeed: boolean): Promise<void> {
  const photos = await Promise.all(request.objects.map(({ image }) => findPhoto(image)));
  const found = new Map(
    photos.flatMap((photo) => (photo === undefined ? [] : [[photo.sha256, photoRefOf(photo)] as const])),
  );
  edit({ kind: 'restore' }, (editor) => {
    const restored = editorFrom(request, editor, (sha256) => found.get(sha256) ?? null);
    return keepSeed ? restored : { ...restored, seed: editor.seed, seedLocked: editor.seedLocked };
  });
  const missing = photos.flatMap((photo, index) => (photo === undefined ? [index + 1] : []));
  inform(
    missing.length === 0 ? strings().notices.restored : strings().notices.restoredWithout(missing),
    true,
  );
}

/** A dropped picture that this app made restores its settings and shows itself; false for any other picture. */
export async function restoreFromFile(file: Blob): Promise<boolean> {
  const format = pictureFormatOf(new Uint8Array(await file.slice(0, SIGNATURE_BYTES).arrayBuffer()));
  if (format === undefined) return false;
  const request = await settingsOf(file);
  if (request === undefined) return false;
  const png = format === 'png' ? file : await convertPicture(file, 'png', request, modelTitleOf(request));
  await restoreSettings(request, true);
  store.setState({
    shown: {
      id: crypto.randomUUID(),
      createdAt: Date.now(),
      png,
      request,
      url: URL.createObjectURL(png),
    },
    mix: 1,
  });
  return true;
}

/** Hands a file to the browser's downloads. */
export function offerDownload(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has its own hold on the file by then.
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, RELEASE_DELAY_MS);
}

/** Hands the shown picture to the browser's downloads; the name says relation and seed. */
export async function downloadShown(): Promise<void> {
  const { shown } = store.getState();
  if (shown !== null) offerDownload(shown.png, await fileNameOf(shown.request, 'png'));
}

/** The same as a JPEG or WebP, with the settings inside. */
export async function downloadShownAs(format: Exclude<PictureFormat, 'png'>): Promise<void> {
  const { shown } = store.getState();
  if (shown === null) return;
  const { png, request } = shown;
  offerDownload(
    await convertPicture(png, format, request, modelTitleOf(request)),
    await fileNameOf(request, format),
  );
}

const EXTENSIONS: Readonly<Record<PictureFormat, string>> = { png: 'png', jpeg: 'jpg', webp: 'webp' };

/** By the relation in the picture's own words; by its LoRA where they name none. */
async function fileNameOf(request: GenerationRequest, format: PictureFormat): Promise<string> {
  // Without a reader of the prompt the picture can be saved all the same.
  const named = await relationIn(request.prompt).catch(() => null);
  const relation = named?.id ?? withoutFewSteps(request.relation)[0]?.lora ?? 'scene';
  const safe = relation.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `relationbooth-${safe}-${request.seed}.${EXTENSIONS[format]}`;
}
