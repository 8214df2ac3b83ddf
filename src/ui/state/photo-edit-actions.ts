import { AppError } from '../../shared/errors.ts';
import { type Box } from '../../shared/request.ts';
import { type EditorObject, type PhotoEdit, type PhotoRef } from '../model/editor.ts';
import { sha256Of } from '../photos/import-photo.ts';
import { askPhotoWorker } from '../photos/photo-service.ts';
import { type StoredPhoto } from '../storage/database.ts';
import { findPhoto, keepPhoto, photoRefOf } from '../storage/photo-store.ts';
import { strings } from '../strings/index.ts';
import { store, type PhotoTool } from './app-state.ts';
import { changeObject } from './edit-actions.ts';
import { inform } from './notices.ts';

export function openPhotoTool(objectId: string, tool: PhotoTool): void {
  store.setState({ photoTool: { objectId, tool } });
}

export function closePhotoTool(): void {
  store.setState({ photoTool: null });
}

/** A photo to work on: the one that came in, and what was done to it so far. */
export interface PhotoSource {
  readonly original: StoredPhoto;
  readonly crop: Box | null;
  readonly cutOut: { readonly mask: Blob; readonly feather: number } | null;
}

/**
 * The original of an object's photo with its edit; a photo whose original this browser lacks is an original
 * itself. Throws AppError 'bad-image' if the photo is not here at all.
 */
export async function photoSourceOf({ photo }: EditorObject): Promise<PhotoSource> {
  const edit = photo?.edit;
  const original = edit === undefined ? undefined : await findPhoto(edit.original);
  if (edit === undefined || original === undefined) {
    const here = photo === null ? undefined : await findPhoto(photo.sha256);
    if (here === undefined) throw new AppError('bad-image', strings().photoTools.gone);
    return { original: here, crop: null, cutOut: null };
  }
  const mask = edit.cutOut === null ? undefined : await findPhoto(edit.cutOut.mask);
  return {
    original,
    crop: edit.crop,
    cutOut:
      mask === undefined || edit.cutOut === null ? null : { mask: mask.blob, feather: edit.cutOut.feather },
  };
}

/**
 * Gives an object its photo cropped and cut out, as one step to undo. The original and the mask stay in the
 * store, so that both can be changed again.
 */
export async function finishPhotoEdit(
  objectId: string,
  { original, crop, cutOut }: PhotoSource,
): Promise<void> {
  if (crop === null && cutOut === null) {
    changePhoto(objectId, photoRefOf(original));
    return;
  }
  const { file } = await askPhotoWorker('render', { file: original.blob, crop, cutOut });
  let mask: string | null = null;
  if (cutOut !== null) {
    mask = await sha256Of(cutOut.mask);
    await keepPhoto({ sha256: mask, name: `${original.name} (mask)`, blob: cutOut.mask });
  }
  const edit: PhotoEdit = {
    original: original.sha256,
    crop,
    cutOut: mask === null || cutOut === null ? null : { mask, feather: cutOut.feather },
  };
  const made: StoredPhoto = { sha256: await sha256Of(file), name: original.name, blob: file, edit };
  const kept = await keepPhoto(made);
  changePhoto(objectId, photoRefOf(made));
  if (!kept) inform(strings().notices.photoNotKept);
}

/** The photo as it came in, in place of the edited one. */
export async function restoreOriginal(object: EditorObject): Promise<void> {
  const edit = object.photo?.edit;
  if (edit === undefined) return;
  const original = await findPhoto(edit.original);
  if (original === undefined) throw new AppError('bad-image', strings().photoTools.gone);
  changePhoto(object.id, photoRefOf(original));
}

/** A photo that came out as it was is no step. */
function changePhoto(objectId: string, photo: PhotoRef): void {
  const before = store.getState().editor.objects.find(({ id }) => id === objectId)?.photo;
  if (before?.sha256 === photo.sha256) return;
  changeObject(objectId, { kind: 'photo' }, { photo });
}
