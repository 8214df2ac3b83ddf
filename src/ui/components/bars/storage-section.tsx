import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { messageOf } from '../../../shared/errors.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { attempt } from '../../state/notices.ts';
import { clearStored } from '../../state/storage-actions.ts';
import { measureStorage, STORED_KINDS, type StorageUse } from '../../storage/usage.ts';
import { useStrings } from '../../strings/index.ts';

type Measured =
  | { readonly kind: 'measuring' }
  | { readonly kind: 'measured'; readonly use: StorageUse }
  | { readonly kind: 'refused'; readonly message: string };

/** What the app keeps in this browser, by kind, each to be cleared; and the promise to keep it. */
export function StorageSection(): ReactNode {
  const text = useStrings();
  const [measured, setMeasured] = useState<Measured>({ kind: 'measuring' });
  const measure = useCallback(
    () =>
      measureStorage().then(
        (use) => {
          setMeasured({ kind: 'measured', use });
        },
        (error: unknown) => {
          setMeasured({ kind: 'refused', message: messageOf(error) });
        },
      ),
    [],
  );
  useEffect(() => {
    void measure();
  }, [measure]);
  return (
    <section className="storage" aria-labelledby="storage-title">
      <h3 id="storage-title">{text.storage.title}</h3>
      {measured.kind === 'refused' && <p className="muted">{text.storage.refused(measured.message)}</p>}
      {measured.kind === 'measured' && <StorageTable use={measured.use} onChange={measure} />}
    </section>
  );
}

interface StorageTableProps {
  readonly use: StorageUse;
  readonly onChange: () => Promise<void>;
}

function StorageTable({ use, onChange }: StorageTableProps): ReactNode {
  const text = useStrings();
  const { used, quota, persistent, kinds } = use;
  return (
    <>
      {used !== null && quota !== null && (
        <p className="muted">{text.storage.used(formatBytes(used), formatBytes(quota))}</p>
      )}
      <ul>
        {STORED_KINDS.map((kind) => (
          <li key={kind} className="storage-row">
            <span>{text.storage.kinds[kind]}</span>
            <span className="muted">
              {kinds[kind].count === 0
                ? text.storage.none
                : `${kinds[kind].count} · ${formatBytes(kinds[kind].bytes)}`}
            </span>
            <button
              type="button"
              className="button quiet small"
              aria-label={text.storage.clearKind(text.storage.kinds[kind])}
              disabled={kinds[kind].count === 0}
              onClick={() => {
                attempt(async () => {
                  await clearStored(kind);
                  await onChange();
                });
              }}
            >
              {text.storage.clear}
            </button>
          </li>
        ))}
      </ul>
      <p className="muted">{persistent ? text.storage.persistent : text.storage.temporary}</p>
      {!persistent && (
        <button
          type="button"
          className="button quiet small"
          onClick={() => {
            attempt(async () => {
              await navigator.storage.persist();
              await onChange();
            });
          }}
        >
          {text.storage.persist}
        </button>
      )}
    </>
  );
}
