import { AlertDialog } from 'radix-ui';
import { type ReactNode } from 'react';
import { durationOf } from '../model/duration.ts';
import { acceptLongWait, declineLongWait } from '../state/long-wait.ts';
import { useApp } from '../state/use-app.ts';
import { useStrings } from '../strings/index.ts';

/** Asks before a picture that would take very long on this machine. */
export function LongWaitDialog(): ReactNode {
  const text = useStrings().longWait;
  const seconds = useApp((state) => state.longWait);
  return (
    <AlertDialog.Root
      open={seconds !== null}
      onOpenChange={(open) => {
        if (!open) declineLongWait();
      }}
    >
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title>{text.title}</AlertDialog.Title>
          <AlertDialog.Description>{text.body(durationOf(text, seconds ?? 0))}</AlertDialog.Description>
          <div className="dialog-foot">
            <AlertDialog.Cancel asChild>
              <button type="button" className="button quiet">
                {text.decline}
              </button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <button type="button" className="button primary" onClick={acceptLongWait}>
                {text.accept}
              </button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
