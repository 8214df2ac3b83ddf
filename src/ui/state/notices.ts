import { messageOf } from '../../shared/errors.ts';
import { store, type Notice } from './app-state.ts';

const MOST_NOTICES = 4;
let nextId = 1;

function show(notice: Omit<Notice, 'id'>): void {
  const added: Notice = { ...notice, id: nextId };
  nextId += 1;
  store.setState(({ notices }) => ({
    notices: [...notices.filter(({ text }) => text !== notice.text), added].slice(-MOST_NOTICES),
  }));
}

/** Says what happened; `offersUndo` offers to take back the step that was made just now. */
export function inform(text: string, offersUndo = false): void {
  const step = store.getState().undo.past.at(-1) ?? null;
  show({ tone: 'info', text, undoes: offersUndo ? step : null });
}

/** Shows what went wrong; the message of an AppError says what to do. */
export function complain(thrown: unknown): void {
  show({ tone: 'error', text: messageOf(thrown), undoes: null });
}

export function dismissNotice(id: number): void {
  store.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

/** Runs a user's action whose failure is a message and nothing else. */
export function attempt(action: () => Promise<void>): void {
  action().catch(complain);
}
