import { useId, type ReactNode } from 'react';
import { PARTS } from '../../../gpu/packing/sdxl-recipe.ts';
import { OFFICIAL_FORM } from '../../model/install-form.ts';
import { askOffer, changeForm, takeFiles, takeFolder } from '../../state/library-actions.ts';
import { useLibrary } from '../../state/library-state.ts';
import { useStrings } from '../../strings/index.ts';
import { FaultLine } from '../fields/fault-line.tsx';
import { OfferCard } from './offer-card.tsx';

/** Where a model comes from, and the way to what it costs. Nothing is fetched before that is shown. */
export function InstallForm(): ReactNode {
  const text = useStrings().library;
  const form = useLibrary((state) => state.form);
  const offer = useLibrary((state) => state.offer);
  return (
    <section className="library-section" aria-labelledby="library-install">
      <h3 id="library-install">{text.install}</h3>
      <p className="muted">{text.installLead}</p>
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          askOffer();
        }}
      >
        <TextField
          label={text.fields.title}
          value={form.title}
          onChange={(title) => {
            changeForm({ title });
          }}
        />
        <details className="library-sources">
          <summary>{text.sources}</summary>
          <div className="fields">
            <p className="muted">{text.sourcesLead}</p>
            <FolderField />
            <FilesField />
            <p className="muted">{text.dropHint}</p>
            <TextField
              label={text.fields.base}
              value={form.base}
              onChange={(base) => {
                changeForm({ base });
              }}
            />
            {PARTS.map((part) => (
              <TextField
                key={part}
                label={text.fields[part]}
                value={form.parts[part]}
                onChange={(value) => {
                  changeForm({ parts: { ...form.parts, [part]: value } });
                }}
              />
            ))}
            <TextField
              label={text.fields.singleFile}
              value={form.singleFile}
              onChange={(singleFile) => {
                changeForm({ singleFile });
              }}
            />
            <TextField
              label={text.fields.mergeLoras}
              value={form.mergeLoras}
              onChange={(mergeLoras) => {
                changeForm({ mergeLoras });
              }}
            />
            <TextField
              label={text.fields.endpoint}
              value={form.endpoint}
              onChange={(endpoint) => {
                changeForm({ endpoint });
              }}
            />
            <TextField
              label={text.fields.token}
              value={form.token}
              secret
              onChange={(token) => {
                changeForm({ token });
              }}
            />
            <p className="muted">{text.tokenHint}</p>
            <button
              type="button"
              className="button small quiet"
              onClick={() => {
                changeForm(OFFICIAL_FORM);
              }}
            >
              {text.official}
            </button>
          </div>
        </details>
        {offer.kind !== 'ready' && (
          <button
            type="submit"
            className="button"
            disabled={offer.kind === 'asking' || form.title.trim() === ''}
          >
            {offer.kind === 'asking' ? text.checkingSources : text.check}
          </button>
        )}
      </form>
      <FaultLine fault={offer.kind === 'failed' ? offer.message : undefined} />
      {offer.kind === 'ready' && <OfferCard offer={offer.offer} />}
    </section>
  );
}

/** A folder on this machine in place of a published one. */
function FolderField(): ReactNode {
  const text = useStrings().library;
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{text.folder}</label>
      <input
        id={id}
        type="file"
        webkitdirectory=""
        onChange={(event) => {
          const { files } = event.currentTarget;
          if (files !== null) takeFolder([...files].map((file) => [file.webkitRelativePath, file] as const));
        }}
      />
    </div>
  );
}

/** Single files: what each is, its own header says. */
function FilesField(): ReactNode {
  const text = useStrings().library;
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{text.files}</label>
      <input
        id={id}
        type="file"
        multiple
        accept=".safetensors"
        onChange={(event) => {
          takeFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly secret?: boolean;
  readonly onChange: (value: string) => void;
}

function TextField({ label, value, secret = false, onChange }: TextFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="text-input"
        type={secret ? 'password' : 'text'}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      />
    </div>
  );
}
