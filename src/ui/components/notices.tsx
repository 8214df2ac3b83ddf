import { useEffect, type ReactNode } from 'react';
import { CircleAlert, X } from 'lucide-react';
import { type Notice } from '../state/app-state.ts';
import { undoEdit } from '../state/edit-actions.ts';
import { dismissNotice } from '../state/notices.ts';
import { useApp } from '../state/use-app.ts';
import { useStrings } from '../strings/index.ts';
import { IconButton } from './fields/icon-button.tsx';

/** Long enough to read twice; errors stay until they are dismissed. */
const INFO_MS = 7000;

/** Messages that belong to no field. Errors interrupt a screen reader, the rest waits its turn. */
export function Notices(): ReactNode {
  const notices = useApp((state) => state.notices);
  return (
    <div className="notices" aria-live="polite">
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeCard({ notice }: { readonly notice: Notice }): ReactNode {
  const text = useStrings();
  const { id, tone, undoes } = notice;
  const undoable = useApp((state) => undoes !== null && state.undo.past.at(-1) === undoes);
  useEffect(() => {
    if (tone === 'error') return undefined;
    const timer = setTimeout(() => {
      dismissNotice(id);
    }, INFO_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [id, tone]);
  return (
    <div className="notice" data-tone={tone} {...(tone === 'error' ? { role: 'alert' } : {})}>
      {tone === 'error' && <CircleAlert size={18} aria-hidden="true" />}
      <p>{notice.text}</p>
      {undoable && (
        <button
          type="button"
          className="button small"
          onClick={() => {
            undoEdit();
            dismissNotice(id);
          }}
        >
          {text.notices.undo}
        </button>
      )}
      <IconButton
        label={text.dismiss}
        onClick={() => {
          dismissNotice(id);
        }}
      >
        <X size={16} />
      </IconButton>
    </div>
  );
}
