import { Dialog } from 'radix-ui';
import { type ReactNode, type RefObject } from 'react';
import { takeCutOutFiles } from '../../state/cut-out-model-actions.ts';
import { droppedFiles } from '../../storage/dropped-files.ts';
import { attempt } from '../../state/notices.ts';
import { useStrings } from '../../strings/index.ts';
import { DialogHead } from '../fields/dialog-head.tsx';
import { CutOutModelPanel } from './cut-out-model-panel.tsx';

export interface CutOutModelDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** What has the focus when it is closed. */
  readonly opener: RefObject<HTMLElement | null>;
}

/** Says what finding an object needs, and offers it. An install goes on when it is closed. */
export function CutOutModelDialog({ open, onOpenChange, opener }: CutOutModelDialogProps): ReactNode {
  const text = useStrings().cutOutModel;
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog cut-out-model"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener.current?.focus();
          }}
          onKeyDown={(event) => {
            // React passes it on to the photo's tools, which take Ctrl Z and Ctrl Enter.
            event.stopPropagation();
          }}
          onDrop={(event) => {
            // Not one for the page behind, which takes photos.
            event.preventDefault();
            const reading = droppedFiles(event.dataTransfer);
            attempt(async () => {
              takeCutOutFiles((await reading).map(([, file]) => file));
            });
          }}
        >
          <DialogHead title={text.title} close={text.close} />
          <Dialog.Description className="cut-out-model-lead">{text.lead}</Dialog.Description>
          <CutOutModelPanel />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
