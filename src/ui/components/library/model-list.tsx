import { type ReactNode } from 'react';
import { type LibraryEntry } from '../../../workers/install-protocol.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { EMBEDDED_PACK } from '../../model/editor.ts';
import { choosePack } from '../../state/engine-actions.ts';
import { pauseInstall, removePack, runInstall } from '../../state/library-actions.ts';
import { useLibrary } from '../../state/library-state.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { RunningRow } from './running-row.tsx';
import { UnfinishedRow } from './unfinished-row.tsx';

/** What is here: the embedded model, installed ones, and installs under way or paused. */
export function ModelList(): ReactNode {
  const text = useStrings();
  const contents = useLibrary((state) => state.contents);
  const running = useLibrary((state) => state.running);
  const rest = (contents?.entries ?? []).filter((entry) => !running.has(idOf(entry)));
  return (
    <ul className="library-list">
      <li className="library-row">
        <div>
          <strong>{text.details.models.toybox}</strong>
          <p className="muted">{text.library.embedded}</p>
        </div>
        <UseButton id={EMBEDDED_PACK} title={text.details.models.toybox} />
      </li>
      {rest.map((entry) => (
        <li key={idOf(entry)} className="library-row">
          <EntryRow entry={entry} />
        </li>
      ))}
      {[...running].map(([id, install]) => (
        <li key={id} className="library-row">
          <RunningRow
            install={install}
            onPause={() => {
              pauseInstall(id);
            }}
          />
        </li>
      ))}
    </ul>
  );
}

function idOf(entry: LibraryEntry): string {
  return entry.kind === 'unfinished' ? entry.request.id : entry.id;
}

function UseButton({ id, title }: { readonly id: string; readonly title: string }): ReactNode {
  const text = useStrings().library;
  const pack = useApp((state) => state.editor.pack);
  if (pack === id) return <span className="muted">{text.inUse}</span>;
  return (
    <button
      type="button"
      className="button small"
      aria-label={text.use(title)}
      onClick={() => {
        choosePack(id);
      }}
    >
      {text.useShort}
    </button>
  );
}

function RemoveButton({
  id,
  label,
  short,
}: {
  readonly id: string;
  readonly label: string;
  readonly short: string;
}): ReactNode {
  return (
    <button
      type="button"
      className="button small quiet"
      aria-label={label}
      onClick={() => {
        removePack(id);
      }}
    >
      {short}
    </button>
  );
}

function EntryRow({ entry }: { readonly entry: LibraryEntry }): ReactNode {
  const text = useStrings().library;
  const fault = useLibrary((state) => state.faults.get(idOf(entry)));
  switch (entry.kind) {
    case 'installed':
      return (
        <>
          <div>
            <strong>{entry.title}</strong>
            <p className="muted">
              {formatBytes(entry.storedBytes)} · {entry.precision} ·{' '}
              <a href={entry.licence.url} target="_blank" rel="noreferrer">
                {entry.licence.name}
              </a>
            </p>
          </div>
          <span className="library-buttons">
            <UseButton id={entry.id} title={entry.title} />
            <RemoveButton id={entry.id} label={text.uninstall(entry.title)} short={text.uninstallShort} />
          </span>
        </>
      );
    case 'unfinished': {
      const { request, doneBytes, totalBytes } = entry;
      return (
        <UnfinishedRow
          title={request.title}
          doneBytes={doneBytes}
          totalBytes={totalBytes}
          fault={fault}
          onResume={() => {
            runInstall(request);
          }}
          onDiscard={() => {
            removePack(request.id);
          }}
        />
      );
    }
    case 'damaged':
      return (
        <>
          <div>
            <strong>{entry.id}</strong>
            <p className="muted">{text.damaged}</p>
          </div>
          <RemoveButton id={entry.id} label={text.discard(entry.id)} short={text.discardShort} />
        </>
      );
  }
}
