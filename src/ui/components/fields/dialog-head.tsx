import { Dialog } from 'radix-ui';
import { type ReactNode } from 'react';
import { X } from 'lucide-react';

/** A dialog's title, and the button that closes it; `close` is the button's name. */
export function DialogHead({
  title,
  close,
}: {
  readonly title: ReactNode;
  readonly close: string;
}): ReactNode {
  return (
    <div className="panel-head">
      <Dialog.Title>{title}</Dialog.Title>
      <Dialog.Close asChild>
        <button type="button" className="icon-button" aria-label={close}>
          <X size={18} />
        </button>
      </Dialog.Close>
    </div>
  );
}
