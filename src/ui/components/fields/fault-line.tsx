import { type ReactNode } from 'react';

/** What went wrong here, said at once to those who listen; nothing where there is no fault. */
export function FaultLine({ fault }: { readonly fault: string | undefined }): ReactNode {
  if (fault === undefined) return null;
  return (
    <p className="library-fault" role="alert">
      {fault}
    </p>
  );
}
