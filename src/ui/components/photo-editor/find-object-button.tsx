import { useRef, type ReactNode } from 'react';
import { ScanSearch } from 'lucide-react';
import { type Strings, useStrings } from '../../strings/index.ts';
import { CutOutModelDialog } from '../cut-out-model/cut-out-model-dialog.tsx';
import { FaultLine } from '../fields/fault-line.tsx';
import { type Finding, type FindObject } from './use-find-object.ts';

export interface FindObjectButtonProps {
  readonly search: FindObject;
  readonly disabled: boolean;
}

/** Cuts the object out by itself; without a model for it, offers one. */
export function FindObjectButton({ search, disabled }: FindObjectButtonProps): ReactNode {
  const text = useStrings().cutOutModel;
  const { finding, start, stop } = search;
  const button = useRef<HTMLButtonElement>(null);
  const running = finding.kind === 'running';
  return (
    <div className="find-object">
      <button
        ref={button}
        type="button"
        className="button"
        disabled={disabled}
        onClick={running ? stop : start}
      >
        {!running && <ScanSearch size={16} aria-hidden="true" />}
        {running ? text.stop : finding.kind === 'failed' ? text.findAgain : text.find}
      </button>
      {running && <progress className="library-progress" aria-label={text.find} />}
      <p className="muted" role="status">
        {remarkOn(finding, text)}
      </p>
      <FaultLine fault={finding.kind === 'failed' ? finding.message : undefined} />
      <CutOutModelDialog
        open={finding.kind === 'wants-model'}
        opener={button}
        onOpenChange={(stays) => {
          if (!stays) stop();
        }}
      />
    </div>
  );
}

function remarkOn(finding: Finding, text: Strings['cutOutModel']): string {
  switch (finding.kind) {
    case 'running':
      return text[finding.stage];
    case 'found':
      return text.found(Math.round(finding.kept * 100));
    case 'nothing':
      return text.nothing;
    case 'everything':
      return text.everything;
    case 'idle':
    case 'wants-model':
    case 'failed':
      return '';
  }
}
