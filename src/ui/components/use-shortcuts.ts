import { useEffect } from 'react';
import { store } from '../state/app-state.ts';
import {
  changeOrder,
  duplicateObject,
  redoEdit,
  removeObject,
  rollSeed,
  select,
  toggleLock,
  undoEdit,
} from '../state/edit-actions.ts';
import { generate } from '../state/job-actions.ts';
import { attempt } from '../state/notices.ts';
import { downloadShown } from '../state/picture-actions.ts';
import { cancel } from '../state/run-queue.ts';
import { closeViewer, toggleMix, toggleViewer } from '../state/viewer-actions.ts';

/** Fields that use letters, arrows and Delete themselves. */
function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest(
      'textarea, select, [role="menu"], [role="dialog"], input:not([type="range"], [type="file"])',
    ) !== null
  );
}

/** Shortcuts with Ctrl or Cmd, which work everywhere. True if one was meant. */
function withControl(event: KeyboardEvent): boolean {
  const key = event.key.toLowerCase();
  if (key === 'enter') {
    // A key held down is one wish, not a hundred pictures.
    if (!event.repeat) generate();
  } else if (key === 's') attempt(downloadShown);
  else if (key === 'z' && event.shiftKey) redoEdit();
  else if (key === 'z') undoEdit();
  else if (key === 'y') redoEdit();
  else return false;
  return true;
}

/** Single keys, which work outside text. True if one was meant. */
function plain(event: KeyboardEvent, showHelp: () => void): boolean {
  const { selection, editor, job, viewer } = store.getState();
  const byNumber = /^[1-4]$/.test(event.key) ? editor.objects[Number(event.key) - 1] : undefined;
  if (byNumber !== undefined) select(byNumber.id);
  else if (event.key === 'Escape' && job.kind === 'running') cancel();
  else if (event.key === 'Escape' && viewer.kind === 'open') closeViewer();
  else if (event.key === 'Escape') select(null);
  else if (event.key === '?') showHelp();
  else if (event.key === 'b' || event.key === 'B') toggleMix();
  else if (event.key === 'v' || event.key === 'V') toggleViewer();
  else if (event.key === 'r' || event.key === 'R') rollSeed();
  else if (selection === null) return false;
  else if (event.key === 'd' || event.key === 'D') duplicateObject(selection);
  else if (event.key === 'l' || event.key === 'L') toggleLock(selection);
  else if (event.key === ']') changeOrder(selection, 1);
  else if (event.key === '[') changeOrder(selection, -1);
  else if (event.key === 'Delete') removeObject(selection);
  else return false;
  return true;
}

/** The page's keyboard. `showHelp` opens the list of what is here. */
export function useShortcuts(showHelp: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      const control = event.ctrlKey || event.metaKey;
      if (!control && (event.altKey || isWriting(event.target))) return;
      if (control ? withControl(event) : plain(event, showHelp)) event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => {
      removeEventListener('keydown', onKeyDown);
    };
  }, [showHelp]);
}
