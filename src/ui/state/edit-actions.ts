import { MAX_OBJECTS, type Box } from '../../shared/request.ts';
import { moveBox } from '../model/box-geometry.ts';
import {
  emptyObject,
  withBox,
  type Editor,
  type EditorLora,
  type EditorObject,
  type PhotoRef,
} from '../model/editor.ts';
import { addPhrase, replacePhrase } from '../model/phrases.ts';
import { obstaclesOf } from '../model/request-mapping.ts';
import { record, redo, seal, undo, type Mark, type Travel } from '../model/undo.ts';
import { store } from './app-state.ts';

/** The one way the editor changes: every edit is a step that can be taken back. */
export function edit(mark: Mark, change: (editor: Editor) => Editor): void {
  store.setState(({ editor, undo: stack, job }) => {
    const after = change(editor);
    const mended = job.kind === 'blocked' && obstaclesOf(after).length === 0;
    // A refused request is answered by an edit; a failure that can be retried stays until it is.
    const answered = job.kind === 'failed' && !job.retryable;
    return {
      editor: after,
      undo: record(stack, editor, after, mark),
      job: mended || answered ? { kind: 'idle' } : job,
    };
  });
}

/** Ends a gesture or a field's turn: the next edit is a step of its own. */
export function endStep(): void {
  store.setState(({ undo: stack }) => ({ undo: seal(stack) }));
}

export function undoEdit(): void {
  store.setState(({ editor, undo: stack }) => {
    const travel = undo(stack, editor);
    return travel === null ? {} : { editor: arrived(travel, false), undo: travel.stack };
  });
}

export function redoEdit(): void {
  store.setState(({ editor, undo: stack }) => {
    const travel = redo(stack, editor);
    return travel === null ? {} : { editor: arrived(travel, true), undo: travel.stack };
  });
}

/** Who takes back what the app did by itself does not want it done again at the next word. */
function arrived({ kind, editor }: Travel, again: boolean): Editor {
  return kind === 'follow' ? { ...editor, relationFollows: again } : editor;
}

export function select(id: string | null): void {
  store.setState({ selection: id });
}

function freshId(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** Adds an object, or does nothing at the limit of {@link MAX_OBJECTS}. Returns its id. */
export function addObject(box?: Box): string | null {
  const { editor } = store.getState();
  if (editor.objects.length >= MAX_OBJECTS) return null;
  const id = freshId();
  const object = emptyObject(id, editor.objects.length);
  edit({ kind: 'add-object' }, (current) => ({
    ...current,
    objects: [...current.objects, box === undefined ? object : { ...object, box }],
    stack: [...current.stack, id],
  }));
  select(id);
  return id;
}

export function removeObject(id: string): void {
  edit({ kind: 'remove-object' }, (editor) => ({
    ...editor,
    objects: editor.objects.filter((object) => object.id !== id),
    stack: editor.stack.filter((other) => other !== id),
  }));
  if (store.getState().selection === id) select(null);
}

export function changeObject(id: string, mark: Mark, change: Partial<Omit<EditorObject, 'id'>>): void {
  edit(mark, (editor) => ({
    ...editor,
    objects: editor.objects.map((object) => (object.id === id ? { ...object, ...change } : object)),
  }));
}

/** Gives an object a photo, and words if it has none. */
export function setPhoto(id: string, photo: PhotoRef, phrase?: string): void {
  edit({ kind: 'photo' }, (editor) => {
    const object = editor.objects.find((one) => one.id === id);
    if (object === undefined) return editor;
    const words = phrase ?? object.phrase;
    return {
      ...editor,
      prompt: phrase === undefined ? editor.prompt : replacePhrase(editor.prompt, object.phrase, phrase),
      objects: editor.objects.map((one) => (one.id === id ? { ...one, photo, phrase: words } : one)),
    };
  });
}

export function setPhrase(id: string, phrase: string): void {
  changeObject(id, { kind: 'phrase', mergeKey: `phrase ${id}` }, { phrase });
}

/** Moves or resizes an object's box, unless it is locked. */
export function setBox(id: string, box: Box, gesture: string): void {
  edit({ kind: 'box', mergeKey: `box ${id} ${gesture}` }, (editor) => ({
    ...editor,
    objects: editor.objects.map((object) => (object.id === id ? withBox(object, box) : object)),
  }));
}

export function toggleLock(id: string): void {
  endStep();
  edit({ kind: 'lock' }, (editor) => ({
    ...editor,
    objects: editor.objects.map((object) =>
      object.id === id ? { ...object, locked: !object.locked } : object,
    ),
  }));
}

/** How far a copy stands from what it was made of: enough to see two. */
const COPY_OFFSET = 0.05;

/** Adds an object like the given one beside it, or does nothing at the limit of {@link MAX_OBJECTS}. */
export function duplicateObject(id: string): void {
  const { editor } = store.getState();
  const original = editor.objects.find((object) => object.id === id);
  if (original === undefined || editor.objects.length >= MAX_OBJECTS) return;
  const [, , x1, y1] = original.box;
  const [dx, dy] = [
    x1 + COPY_OFFSET <= 1 ? COPY_OFFSET : -COPY_OFFSET,
    y1 + COPY_OFFSET <= 1 ? COPY_OFFSET : -COPY_OFFSET,
  ];
  const copy = { ...original, id: freshId(), box: moveBox(original.box, dx, dy), locked: false };
  edit({ kind: 'add-object' }, (current) => ({
    ...current,
    objects: [...current.objects, copy],
    stack: [...current.stack, copy.id],
  }));
  select(copy.id);
}

/** Puts the boxes of the objects, first to last, where the list says. */
export function placeBoxes(boxes: readonly Box[]): void {
  edit({ kind: 'boxes' }, (editor) => ({
    ...editor,
    objects: editor.objects.map((object, index) => withBox(object, boxes[index])),
  }));
}

/** Moves a box one place up (1) or down (-1) in the stack. */
export function changeOrder(id: string, direction: 1 | -1): void {
  edit({ kind: 'order' }, (editor) => {
    const from = editor.stack.indexOf(id);
    const to = from + direction;
    const other = editor.stack[to];
    if (from < 0 || other === undefined) return editor;
    const stack = editor.stack.with(from, other).with(to, id);
    return { ...editor, stack };
  });
}

export function setPrompt(prompt: string): void {
  edit({ kind: 'prompt', mergeKey: 'prompt' }, (editor) => ({ ...editor, prompt }));
}

export function addPhraseToPrompt(phrase: string): void {
  edit({ kind: 'prompt' }, (editor) => ({ ...editor, prompt: addPhrase(editor.prompt, phrase) }));
}

export type Settings = Omit<Editor, 'objects' | 'stack' | 'prompt'>;

/** Changes numbers and choices; edits of the same field in a row are one step. */
export function changeSettings(change: Partial<Settings>, mark: Mark['kind'] = 'setting'): void {
  edit({ kind: mark, mergeKey: `setting ${Object.keys(change).join(' ')}` }, (editor) => ({
    ...editor,
    ...change,
  }));
}

/**
 * Changes the stack of LoRAs; changes with one merge key in a row are one step. Whoever chooses or switches
 * the first one has it stay, whatever the prompt says then.
 */
export function changeLoras(
  change: (loras: readonly EditorLora[]) => readonly EditorLora[],
  mergeKey?: string,
): void {
  const mark: Mark = mergeKey === undefined ? { kind: 'relation' } : { kind: 'relation', mergeKey };
  edit(mark, (editor) => {
    const loras = change(editor.loras);
    const [before, after] = [editor.loras[0], loras[0]];
    const same = before?.id === after?.id && before?.on === after?.on;
    return { ...editor, loras, relationFollows: editor.relationFollows && same };
  });
}

/** A seed that nobody chose. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

export function rollSeed(): void {
  edit({ kind: 'seed' }, (editor) => ({ ...editor, seed: randomSeed() }));
}
