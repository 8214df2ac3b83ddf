import { Dialog } from 'radix-ui';
import { useRef, useState, type ReactNode } from 'react';
import { messageOf } from '../../../shared/errors.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { installLoraFrom, type LoraFetch } from '../../state/lora-actions.ts';
import { useStrings, type Strings } from '../../strings/index.ts';

export interface LoraAddressDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

type Fetching =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly at: LoraFetch }
  | { readonly kind: 'failed'; readonly message: string };

/** Asks for the address of a LoRA file; stays open with the reason when it cannot be used. */
export function LoraAddressDialog({ open, onOpenChange }: LoraAddressDialogProps): ReactNode {
  const text = useStrings();
  const [address, setAddress] = useState('');
  const [fetching, setFetching] = useState<Fetching>({ kind: 'idle' });
  const run = useRef<AbortController | null>(null);
  const start = (): void => {
    const controller = new AbortController();
    run.current = controller;
    const report = (at: LoraFetch): void => {
      if (!controller.signal.aborted) setFetching({ kind: 'running', at });
    };
    report({ kind: 'asking' });
    installLoraFrom(address, { signal: controller.signal, onProgress: report }).then(
      () => {
        setFetching({ kind: 'idle' });
        setAddress('');
        onOpenChange(false);
      },
      (error: unknown) => {
        // Who stopped it knows why.
        if (!controller.signal.aborted) setFetching({ kind: 'failed', message: messageOf(error) });
      },
    );
  };
  const stop = (): void => {
    run.current?.abort();
    setFetching({ kind: 'idle' });
  };
  const running = fetching.kind === 'running';
  return (
    <Dialog.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) stop();
        onOpenChange(next);
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <form
            className="fields"
            onSubmit={(event) => {
              event.preventDefault();
              if (!running) start();
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
                readOnly={running}
                onChange={(event) => {
                  setAddress(event.currentTarget.value);
                }}
              />
            </div>
            {fetching.kind === 'running' ? (
              <FetchProgress at={fetching.at} />
            ) : (
              <p className="muted">{text.relation.addressHelp}</p>
            )}
            {fetching.kind === 'failed' && (
              <p className="trouble" role="alert">
                {fetching.message}
              </p>
            )}
            <div className="dialog-foot">
              {running ? (
                <button type="button" className="button quiet" onClick={stop}>
                  {text.relation.stopFetching}
                </button>
              ) : (
                <Dialog.Close asChild>
                  <button type="button" className="button quiet">
                    {text.close}
                  </button>
                </Dialog.Close>
              )}
              <button type="submit" className="button primary" disabled={running}>
                {running ? text.relation.fetching : text.relation.fetch}
              </button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function factsOf({ relation: text }: Strings, at: LoraFetch): string {
  switch (at.kind) {
    case 'asking':
      return text.asking;
    case 'receiving':
      return at.total === null
        ? text.received(formatBytes(at.bytes))
        : text.receivedOf(formatBytes(at.bytes), formatBytes(at.total));
    case 'checking':
      return text.checkingLora;
  }
}

/** How much has come, of how much; without an announced size the bar only shows that something moves. */
function FetchProgress({ at }: { readonly at: LoraFetch }): ReactNode {
  const text = useStrings();
  const share = at.kind === 'receiving' && at.total !== null ? { value: at.bytes, max: at.total } : {};
  return (
    <div>
      <progress className="library-progress" aria-label={text.relation.fetchProgress} {...share} />
      <p className="muted">{factsOf(text, at)}</p>
    </div>
  );
}
