import { useRef, useState, type ReactNode } from 'react';
import { type RelationLoraEntry } from '../../../weights/pack-manifest.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { type InstalledLora } from '../../state/app-state.ts';
import { installLoraFile, removeInstalledLora, updateLora } from '../../state/lora-actions.ts';
import { attempt } from '../../state/notices.ts';
import { useApp } from '../../state/use-app.ts';
import { relationName, useStrings } from '../../strings/index.ts';
import { HiddenFileInput } from '../fields/hidden-file-input.tsx';
import { LoraAddressDialog } from '../panels/lora-address-dialog.tsx';
import { LoraShelf } from './lora-shelf.tsx';

const NO_LORAS: readonly RelationLoraEntry[] = [];

/** RelationLoRAs: those of the open model, the person's own files, and ways to more. */
export function LoraList(): ReactNode {
  const words = useStrings();
  const text = words.library;
  const manifest = useApp((state) => (state.engine.kind === 'ready' ? state.engine.manifest : null));
  const ofPack = manifest?.relationLoras ?? NO_LORAS;
  const fewSteps = manifest?.fewSteps;
  const rowOf = (file: RelationLoraEntry['file']): string =>
    [text.loraOfModel, formatBytes(file.byteLength), manifest?.licence.name].filter(Boolean).join(' · ');
  const own = useApp((state) => state.installedLoras);
  return (
    <section className="library-section" aria-labelledby="library-loras">
      <h3 id="library-loras">{text.loras}</h3>
      {ofPack.length + own.length === 0 ? (
        <p className="muted">{text.noLoras}</p>
      ) : (
        <ul className="library-list">
          {ofPack.map((lora) => (
            <li key={lora.id} className="library-row">
              <div>
                <strong>{relationName(words, lora)}</strong>
                <p className="muted" lang="en">
                  {lora.description}
                </p>
              </div>
              <span className="muted">{rowOf(lora.file)}</span>
            </li>
          ))}
          {fewSteps !== undefined && (
            <li className="library-row">
              <div>
                <strong>{text.fewSteps(fewSteps.steps)}</strong>
                <p className="muted">{text.fewStepsPurpose}</p>
              </div>
              <span className="muted">{rowOf(fewSteps.file)}</span>
            </li>
          )}
          {own.map((lora) => (
            <OwnLora key={lora.id} lora={lora} />
          ))}
        </ul>
      )}
      <AddButtons />
      <LoraShelf />
    </section>
  );
}

/** A file of the person's own. Its licence is known only where it came from. */
function OwnLora({ lora }: { readonly lora: InstalledLora }): ReactNode {
  const text = useStrings().library;
  const { id, title, purpose, source, byteLength, sha256 } = lora;
  return (
    <li className="library-row">
      <div>
        <strong>{title}</strong>
        <p className="muted">
          {purpose !== '' && `${purpose} · `}
          {formatBytes(byteLength)} · SHA-256 {sha256.slice(0, 8)}… ·{' '}
          {source.kind === 'file' ? (
            source.name
          ) : (
            <a href={source.url} target="_blank" rel="noreferrer">
              {new URL(source.url).hostname}
            </a>
          )}
        </p>
      </div>
      <span className="library-buttons">
        {source.kind === 'url' && (
          <button
            type="button"
            className="button small quiet"
            aria-label={text.updateLora(title)}
            onClick={() => {
              attempt(() => updateLora(lora));
            }}
          >
            {text.updateLoraShort}
          </button>
        )}
        <button
          type="button"
          className="button small quiet"
          aria-label={text.deleteLora(title)}
          onClick={() => {
            attempt(() => removeInstalledLora(id));
          }}
        >
          {text.deleteLoraShort}
        </button>
      </span>
    </li>
  );
}

function AddButtons(): ReactNode {
  const { relation: text } = useStrings();
  const [asking, setAsking] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  return (
    <span className="library-buttons">
      <button type="button" className="button small" onClick={() => picker.current?.click()}>
        {text.openFile}
      </button>
      <button
        type="button"
        className="button small"
        onClick={() => {
          setAsking(true);
        }}
      >
        {text.openAddress}
      </button>
      <HiddenFileInput
        picker={picker}
        label={text.loraFile}
        accept=".safetensors"
        onFile={(file) => {
          attempt(() => installLoraFile(file));
        }}
      />
      <LoraAddressDialog open={asking} onOpenChange={setAsking} />
    </span>
  );
}
