import { type ReactNode } from 'react';
import { formatBytes } from '../../strings/numbers.ts';
import { useStrings } from '../../strings/index.ts';
import { FaultLine } from '../fields/fault-line.tsx';

export interface UnfinishedRowProps {
  readonly title: string;
  readonly doneBytes: number;
  /** 0 as long as nothing is known about its size. */
  readonly totalBytes: number;
  /** Why it stopped, where it did by itself. */
  readonly fault?: string | undefined;
  readonly onResume: () => void;
  readonly onDiscard: () => void;
}

/** An install that stopped on its way: its name, how much is stored, and the two ways on. */
export function UnfinishedRow(props: UnfinishedRowProps): ReactNode {
  const { title, doneBytes, totalBytes, fault, onResume, onDiscard } = props;
  const text = useStrings().library;
  return (
    <>
      <div>
        <strong>{title}</strong>
        <p className="muted">
          {totalBytes === 0
            ? text.unfinishedNew
            : text.unfinished(formatBytes(doneBytes), formatBytes(totalBytes))}
        </p>
        <FaultLine fault={fault} />
      </div>
      <span className="library-buttons">
        <button type="button" className="button small" aria-label={text.resume(title)} onClick={onResume}>
          {text.resumeShort}
        </button>
        <button
          type="button"
          className="button small quiet"
          aria-label={text.discard(title)}
          onClick={onDiscard}
        >
          {text.discardShort}
        </button>
      </span>
    </>
  );
}
