import { Dialog } from 'radix-ui';
import { type ReactNode } from 'react';
import { useStrings } from '../strings/index.ts';
import { DialogHead } from './fields/dialog-head.tsx';

export interface ShortcutsDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function ShortcutsDialog({ open, onOpenChange }: ShortcutsDialogProps): ReactNode {
  const text = useStrings();
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <DialogHead title={text.shortcuts.title} close={text.shortcuts.close} />
          <dl className="shortcuts">
            {text.shortcuts.rows.map(([keys, what]) => (
              <div key={keys}>
                <dt>
                  {keys.split(' ').map((key, index) => (
                    <kbd key={index}>{key}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
