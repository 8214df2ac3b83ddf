import { type ReactNode } from 'react';
import { type Licence } from '../../../workers/install-basics.ts';
import { useStrings } from '../../strings/index.ts';

/** A licence's name, leading to where it can be read if that is known. */
export function LicenceLink({ licence: { name, url } }: { readonly licence: Licence }): ReactNode {
  const text = useStrings().cutOutModel;
  const shown = name === '' ? text.licenceUnknown : name;
  if (url === '') return shown;
  return (
    <a href={url} target="_blank" rel="noreferrer">
      {shown}
    </a>
  );
}
