import { useEffect, useState } from 'react';
import { store } from '../state/app-state.ts';
import { takeFiles } from '../state/file-actions.ts';
import { attempt } from '../state/notices.ts';

/** Files dropped anywhere on the page or pasted into it. Returns whether one hovers over the page. */
export function usePageFiles(): boolean {
  const [hovering, setHovering] = useState(false);
  useEffect(() => {
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const onDragOver = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setHovering(true);
    };
    const onDragLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setHovering(false);
    };
    const onDrop = (event: DragEvent): void => {
      setHovering(false);
      if (event.defaultPrevented || !carriesFiles(event)) return;
      event.preventDefault();
      const files = [...(event.dataTransfer?.files ?? [])];
      attempt(() => takeFiles(files));
    };
    const onPaste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      // Who has an object selected means that one; a clipboard has no place on the page.
      const { selection } = store.getState();
      attempt(() => takeFiles(files, selection ?? undefined));
    };
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDrop);
    addEventListener('paste', onPaste);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDrop);
      removeEventListener('paste', onPaste);
    };
  }, []);
  return hovering;
}
