import { Dialog } from 'radix-ui';
import { useEffect, useState, type ReactNode } from 'react';
import { LibraryBig } from 'lucide-react';
import { refreshLibrary, takeDropped } from '../../state/library-actions.ts';
import { useLibrary } from '../../state/library-state.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { useStrings } from '../../strings/index.ts';
import { DialogHead } from '../fields/dialog-head.tsx';
import { IconButton } from '../fields/icon-button.tsx';
import { CutOutSection } from './cut-out-section.tsx';
import { FitSection } from './fit-section.tsx';
import { InstallForm } from './install-form.tsx';
import { LoraList } from './lora-list.tsx';
import { ModelList } from './model-list.tsx';

/** The button in the bar, and the library that it opens. Installs go on when it is closed. */
export function LibraryButton(): ReactNode {
  const [open, setOpen] = useState(false);
  const text = useStrings().library;
  return (
    <>
      <IconButton
        label={text.open}
        onClick={() => {
          setOpen(true);
        }}
      >
        <LibraryBig size={18} />
      </IconButton>
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Portal>
          <Dialog.Overlay className="overlay" />
          <Dialog.Content
            className="dialog library"
            aria-describedby={undefined}
            onDrop={(event) => {
              // Not one for the page behind, which takes photos.
              event.preventDefault();
              takeDropped(event.dataTransfer);
            }}
          >
            <DialogHead title={text.title} close={text.close} />
            <Shelves />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  );
}

function Shelves(): ReactNode {
  const text = useStrings().library;
  const contents = useLibrary((state) => state.contents);
  useEffect(refreshLibrary, []);
  return (
    <>
      <section className="library-section" aria-labelledby="library-models">
        <h3 id="library-models">{text.models}</h3>
        <ModelList />
        {contents !== null && (
          <p className="muted">
            {text.storage(formatBytes(contents.usedBytes), formatBytes(contents.quotaBytes))}
          </p>
        )}
      </section>
      <FitSection />
      <LoraList />
      <CutOutSection />
      <InstallForm />
    </>
  );
}
