import { photoHashesOf, type Editor } from '../model/editor.ts';
import { keepLora, findLora } from '../storage/lora-store.ts';
import { findPhoto, keepPhoto } from '../storage/photo-store.ts';
import { strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { edit, select } from './edit-actions.ts';
import { loadLoras } from './lora-actions.ts';
import { inform } from './notices.ts';
import { offerDownload } from './picture-actions.ts';

/** Project files and links, loaded when first needed: most visits need neither. */
const projectKit = async () => import('../project/project-kit.ts');

const isHere = <Value>(value: Value | undefined): value is Value => value !== undefined;

/** Puts the whole work into one file: settings, photos, and the LoRA files that did not come with the pack. */
export async function saveProject(): Promise<void> {
  const { editor } = store.getState();
  const { writeProject } = await projectKit();
  const photos = await Promise.all([...new Set(photoHashesOf(editor))].map(findPhoto));
  const loras = await Promise.all(editor.loras.map(({ id }) => findLora(id)));
  const project = { editor, photos: photos.filter(isHere), loras: loras.filter(isHere) };
  offerDownload(await writeProject(project), `${projectName(editor)}.relation.zip`);
}

function projectName(editor: Editor): string {
  const words = editor.prompt.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.length === 0 ? 'project' : words.slice(0, 6).join('-');
}

/** Opens a project file as one step to undo. Whatever is wrong with it, the editor stays as it was. */
export async function openProject(file: File): Promise<void> {
  const { readProject } = await projectKit();
  const { editor, photos, loras } = await readProject(file, file.name);
  const kept = await Promise.all([...photos.map(keepPhoto), ...loras.map(keepLora)]);
  await loadLoras();
  edit({ kind: 'restore' }, () => editor);
  select(null);
  inform(strings().notices.projectOpened(file.name), true);
  if (kept.includes(false)) inform(strings().notices.projectNotKept);
}

/** Copies a link to the page with the settings in it; where the clipboard is closed, the address bar has it. */
export async function copyShareLink(): Promise<void> {
  const { settingsToHash } = await projectKit();
  const link = new URL(location.href);
  link.hash = settingsToHash(store.getState().editor);
  try {
    await navigator.clipboard.writeText(link.href);
    inform(strings().notices.linkCopied);
  } catch {
    // The browser or the person refused the clipboard.
    history.replaceState(null, '', link);
    inform(strings().notices.linkInAddress);
  }
}

/** Takes the settings of the page's own address, if there are any, as one step to undo. True if it did. */
export async function openSharedLink(): Promise<boolean> {
  if (!location.hash.startsWith('#s=')) return false;
  const { hash } = location;
  // Used once: a reload shall not undo what was done since.
  history.replaceState(null, '', location.pathname + location.search);
  const { settingsFromHash } = await projectKit();
  const shared = settingsFromHash(hash);
  const photos = await Promise.all(
    shared.objects.map(async ({ photo }) => (photo === null ? undefined : findPhoto(photo.sha256))),
  );
  edit({ kind: 'restore' }, () => ({
    ...shared,
    objects: shared.objects.map((object, index) =>
      photos[index] === undefined ? { ...object, photo: null } : object,
    ),
  }));
  const missing = shared.objects.flatMap(({ photo }, index) =>
    photos[index] === undefined && photo !== null
      ? [strings().notices.missingPhoto(index + 1, photo.name)]
      : [],
  );
  inform(
    missing.length === 0
      ? strings().notices.linkOpened
      : strings().notices.linkOpenedWithout(missing.join(', ')),
    true,
  );
  return true;
}
