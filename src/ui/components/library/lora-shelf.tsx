import { useState, type ReactNode } from 'react';
import { formatBytes } from '../../strings/numbers.ts';
import { installLoraFrom } from '../../state/lora-actions.ts';
import { listRepository } from '../../state/library-actions.ts';
import { useLibrary } from '../../state/library-state.ts';
import { attempt } from '../../state/notices.ts';
import { useStrings } from '../../strings/index.ts';
import { FaultLine } from '../fields/fault-line.tsx';

/** Where the authors of DreamRelation publish theirs; any repository of the hub can be named. */
const PUBLISHED = 'QingyuShi/DreamRelation';

/** LoRA files of a repository, as the hub lists them; nothing is asked before the person does. */
export function LoraShelf(): ReactNode {
  const text = useStrings().library;
  const [repository, setRepository] = useState(PUBLISHED);
  const shelf = useLibrary((state) => state.shelf);
  return (
    <details className="library-sources">
      <summary>{text.moreLoras}</summary>
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          listRepository(repository);
        }}
      >
        <div className="field">
          <label htmlFor="lora-repository">{text.repository}</label>
          <input
            id="lora-repository"
            className="text-input"
            type="text"
            autoComplete="off"
            spellCheck={false}
            required
            value={repository}
            onChange={(event) => {
              setRepository(event.currentTarget.value);
            }}
          />
        </div>
        <button type="submit" className="button small" disabled={shelf.kind === 'asking'}>
          {shelf.kind === 'asking' ? text.checkingSources : text.listRepository}
        </button>
      </form>
      <FaultLine fault={shelf.kind === 'failed' ? shelf.message : undefined} />
      {shelf.kind === 'ready' && (
        <>
          <p className="muted">
            {shelf.loras.length === 0 ? text.repositoryEmpty : text.repositoryLicence(shelf.licence)}
          </p>
          <ul className="library-list">
            {shelf.loras.map(({ name, url, byteLength }) => (
              <li key={url} className="library-row">
                <div>
                  <strong>{name}</strong>
                  <p className="muted">{formatBytes(byteLength)}</p>
                </div>
                <button
                  type="button"
                  className="button small"
                  aria-label={text.addLora(name)}
                  onClick={() => {
                    attempt(() => installLoraFrom(url));
                  }}
                >
                  {text.addLoraShort}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}
