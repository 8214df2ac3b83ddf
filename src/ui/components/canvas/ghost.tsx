import { type ReactNode } from 'react';
import { type EditorObject } from '../../model/editor.ts';
import { usePhotoUrl } from '../use-photo-url.ts';
import { placeOf } from './box-frame.tsx';

export interface GhostProps {
  readonly object: EditorObject;
  readonly level: number;
}

/** The object's photo, faint, where the object will stand. */
export function Ghost({ object, level }: GhostProps): ReactNode {
  const address = usePhotoUrl(object.photo?.sha256);
  if (address.kind !== 'here') return null;
  return (
    <img
      className="ghost"
      src={address.url}
      alt=""
      draggable={false}
      style={{ ...placeOf(object.box), zIndex: level }}
    />
  );
}
