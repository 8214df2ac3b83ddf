import { type z } from 'zod';
import { editorSchema } from '../model/editor.ts';
import { store } from './app-state.ts';
import { preferencesSchema } from './preferences.ts';

const EDITOR_KEY = 'relationbooth.editor.1';
const PREFERENCES_KEY = 'relationbooth.preferences.1';
/** Typing and dragging change the editor many times a second; one write after a pause is enough. */
const WRITE_DELAY_MS = 400;

function read<Schema extends z.ZodType>(key: string, schema: Schema): z.output<Schema> | null {
  try {
    const text = localStorage.getItem(key);
    if (text === null) return null;
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    // Storage is refused, or holds something else: the visit starts fresh.
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is refused: the work lives as long as the page.
  }
}

/** Loads what the last visit left, and writes changes from now on. True if there was work to restore. */
export function startPersistence(): boolean {
  const editor = read(EDITOR_KEY, editorSchema);
  const preferences = read(PREFERENCES_KEY, preferencesSchema);
  if (editor !== null) store.setState({ editor });
  if (preferences !== null) store.setState({ preferences });

  let timer: ReturnType<typeof setTimeout> | undefined;
  const writeEditor = (): void => {
    clearTimeout(timer);
    timer = undefined;
    write(EDITOR_KEY, store.getState().editor);
  };
  store.subscribe((state, before) => {
    if (state.preferences !== before.preferences) write(PREFERENCES_KEY, state.preferences);
    if (state.editor !== before.editor) timer ??= setTimeout(writeEditor, WRITE_DELAY_MS);
  });
  addEventListener('pagehide', () => {
    if (timer !== undefined) writeEditor();
  });
  return editor !== null && (editor.prompt !== '' || editor.objects.some(({ photo }) => photo !== null));
}
