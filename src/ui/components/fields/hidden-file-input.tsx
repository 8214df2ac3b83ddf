import type { ReactNode, RefObject } from 'react';

export interface HiddenFileInputProps {
  /** Clicked by the control that a person sees. */
  readonly picker: RefObject<HTMLInputElement | null>;
  readonly label: string;
  /** File name endings, as the input's `accept`. */
  readonly accept: string;
  readonly onFile: (file: File) => void;
}

/** The browser's file dialog for one file; the same file can be chosen again. */
export function HiddenFileInput({ picker, label, accept, onFile }: HiddenFileInputProps): ReactNode {
  return (
    <input
      ref={picker}
      className="visually-hidden"
      type="file"
      accept={accept}
      tabIndex={-1}
      aria-label={label}
      onChange={(event) => {
        const file = event.currentTarget.files?.[0];
        event.currentTarget.value = '';
        if (file !== undefined) onFile(file);
      }}
    />
  );
}
