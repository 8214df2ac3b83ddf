import { useEffect, useState } from 'react';
import { photoUrl } from '../storage/photo-store.ts';

export type PhotoAddress =
  | { readonly kind: 'none' }
  | { readonly kind: 'looking' }
  | { readonly kind: 'here'; readonly url: string }
  | { readonly kind: 'missing' };

/** The address of a photo of the local store, by its hash; `missing` when this browser does not hold it. */
export function usePhotoUrl(sha256: string | undefined): PhotoAddress {
  const [found, setFound] = useState<{ sha256: string; url: string | undefined } | null>(null);
  useEffect(() => {
    if (sha256 === undefined) return undefined;
    let current = true;
    void photoUrl(sha256).then((url) => {
      if (current) setFound({ sha256, url });
    });
    return () => {
      current = false;
    };
  }, [sha256]);
  if (sha256 === undefined) return { kind: 'none' };
  if (found?.sha256 !== sha256) return { kind: 'looking' };
  return found.url === undefined ? { kind: 'missing' } : { kind: 'here', url: found.url };
}
