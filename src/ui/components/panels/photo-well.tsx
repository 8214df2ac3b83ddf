import { type ReactNode, type RefObject } from 'react';
import { ImagePlus } from 'lucide-react';
import { type EditorObject } from '../../model/editor.ts';
import { useStrings } from '../../strings/index.ts';
import { usePhotoUrl } from '../use-photo-url.ts';

/** What the file picker offers; the reader judges by content, not by name. */
export const PHOTO_TYPES = 'image/jpeg,image/png,image/webp,image/avif';

export interface PhotoWellProps {
  readonly object: EditorObject;
  readonly index: number;
  readonly picker: RefObject<HTMLInputElement | null>;
  readonly onFile: (file: File | undefined) => void;
}

/** The photo of an object, and the file field that it covers: a press anywhere on it opens the picker. */
export function PhotoWell({ object, index, picker, onFile }: PhotoWellProps): ReactNode {
  const text = useStrings();
  const address = usePhotoUrl(object.photo?.sha256);
  return (
    <label className="photo-well" data-empty={address.kind !== 'here'}>
      <input
        ref={picker}
        className="photo-input"
        type="file"
        accept={PHOTO_TYPES}
        aria-label={text.objects.photo(index + 1)}
        onChange={(event) => {
          onFile(event.currentTarget.files?.[0]);
          // The same file chosen again is a new choice.
          event.currentTarget.value = '';
        }}
      />
      {address.kind === 'here' ? (
        <img src={address.url} alt="" decoding="async" draggable={false} />
      ) : (
        <span className="photo-empty" aria-hidden="true">
          <ImagePlus size={22} strokeWidth={1.5} />
          {address.kind === 'missing' ? text.objects.missing : text.objects.dropHere}
        </span>
      )}
      <span className="badge" aria-hidden="true">
        {index + 1}
      </span>
    </label>
  );
}
