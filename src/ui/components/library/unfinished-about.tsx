import { type ReactNode } from 'react';
import { formatBytes } from '../../model/bytes.ts';
import { useStrings } from '../../strings/index.ts';

export interface UnfinishedAboutProps {
  readonly title: string;
  readonly doneBytes: number;
  /** 0 as long as nothing is known about its size. */
  readonly totalBytes: number;
}

/** An install that stopped on its way: its name, and how much is stored. */
export function UnfinishedAbout({ title, doneBytes, totalBytes }: UnfinishedAboutProps): ReactNode {
  const text = useStrings().library;
  return (
    <>
      <strong>{title}</strong>
      <p className="muted">
        {totalBytes === 0
          ? text.unfinishedNew
          : text.unfinished(formatBytes(doneBytes), formatBytes(totalBytes))}
      </p>
    </>
  );
}
