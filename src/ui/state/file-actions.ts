import { AppError } from '../../shared/errors.ts';
import { importPhoto, looksLikePicture } from '../photos/import-photo.ts';
import { strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { addObject, select, setPhoto } from './edit-actions.ts';
import { installLoraFile } from './lora-actions.ts';
import { inform } from './notices.ts';
import { restoreFromFile } from './picture-actions.ts';
import { openProject } from './project-actions.ts';

/** A file for one object: always its photo, even a picture made here. */
export async function setPhotoFile(id: string, file: File): Promise<void> {
  const { photo, kept } = await importPhoto(file, file.name);
  setPhoto(id, photo);
  select(id);
  if (!kept) inform(strings().notices.photoNotKept);
}

/**
 * Files dropped or pasted anywhere: a picture made here restores its settings, a LoRA file is installed, a
 * project is opened, a photo goes to the given object, or to the first without one, else to the first.
 */
export async function takeFiles(files: readonly File[], objectId?: string): Promise<void> {
  const { objects } = store.getState().editor;
  let target = Math.max(
    0,
    objects.findIndex(({ id }) => id === objectId),
  );
  let given = objectId !== undefined;
  for (const file of files) {
    if (/\.safetensors$/i.test(file.name)) await installLoraFile(file);
    else if (/\.zip$/i.test(file.name)) await openProject(file);
    else if (!file.type.startsWith('image/') && !(await looksLikePicture(file)))
      throw new AppError('bad-image', strings().errors.fileUnknown(file.name));
    else if (!(await restoreFromFile(file))) {
      target = await takePhoto(file, target, given);
      given = false;
    }
  }
}

/** Returns where the next photo of the same drop goes when every object has one. */
async function takePhoto(file: File, from: number, given: boolean): Promise<number> {
  const { photo, kept } = await importPhoto(file, file.name);
  const { editor, selection } = store.getState();
  const { objects } = editor;
  const free = objects.findIndex((object) => object.photo === null);
  const index = free >= 0 && !given ? free : from;
  const id = objects[index]?.id ?? addObject();
  if (id === null) return index;
  setPhoto(id, photo);
  // Unasked it would draw the next paste to itself, away from the next free place.
  select(given ? id : selection);
  inform(strings().notices.replacedFirst(index + 1), true);
  if (!kept) inform(strings().notices.photoNotKept);
  return index + 1;
}
