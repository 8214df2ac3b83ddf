import { Dialog } from 'radix-ui';
import { useState, type ReactNode } from 'react';
import { messageOf } from '../../../shared/errors.ts';
import { installLoraFrom } from '../../state/lora-actions.ts';
import { useStrings } from '../../strings/index.ts';

export interface LoraAddressDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

type Fetching =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'failed'; readonly message: string };

/** Asks for the address of a LoRA file; stays open with the reason when it cannot be used. */
export function LoraAddressDialog({ open, onOpenChange }: LoraAddressDialogProps): ReactNode {
  const text = useStrings();
  const [address, setAddress] = useState('');
  const [fetching, setFetching] = useState<Fetching>({ kind: 'idle' });
  const start = (): void => {
    setFetching({ kind: 'running' });
    installLoraFrom(address).then(
      () => {
        setFetching({ kind: 'idle' });
        setAddress('');
        onOpenChange(false);
      },
      (error: unknown) => {
        setFetching({ kind: 'failed', message: messageOf(error) });
      },
    );
  };
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <form
            className="fields"
            onSubmit={(event) => {
              event.preventDefault();
              start();
            }}
          >
            <Dialog.Title>{text.relation.openAddress}</Dialog.Title>
            <div className="field">
              <label htmlFor="lora-address">{text.relation.address}</label>
              <input
                id="lora-address"
                className="text-input"
                type="url"
                required
                placeholder="https://…/relation.safetensors"
                value={address}
                onChange={(event) => {
                  setAddress(event.currentTarget.value);
                }}
              />
            </div>
            <p className="muted">{text.relation.addressHelp}</p>
            {fetching.kind === 'failed' && (
              <p className="trouble" role="alert">
                {fetching.message}
              </p>
            )}
            <div className="dialog-foot">
              <Dialog.Close asChild>
                <button type="button" className="button quiet">
                  {text.close}
                </button>
              </Dialog.Close>
              <button type="submit" className="button primary" disabled={fetching.kind === 'running'}>
                {fetching.kind === 'running' ? text.relation.fetching : text.relation.fetch}
              </button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
