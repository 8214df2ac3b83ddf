import { Popover } from 'radix-ui';
import { type ReactNode } from 'react';
import { ChevronDown, ChevronUp, CircleAlert, ListOrdered, RotateCw, X } from 'lucide-react';
import { moveEntry, retryEntry, withoutEntry, type QueueEntry } from '../../model/queue.ts';
import { store } from '../../state/app-state.ts';
import { cancelAll } from '../../state/run-queue.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';

/** How many pictures wait; a press shows them in their order. Absent while none does. */
export function QueueChip(): ReactNode {
  const text = useStrings();
  const queue = useApp((state) => state.queue);
  const failed = queue.filter(({ kind }) => kind === 'failed').length;
  if (queue.length === 0) return null;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="button quiet small queue-chip" data-failed={failed > 0}>
          <ListOrdered size={16} aria-hidden="true" /> {text.queue.summary(queue.length - failed, failed)}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover queue"
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={12}
          aria-label={text.queue.title}
        >
          <div className="panel-head">
            <h2>{text.queue.title}</h2>
            <button type="button" className="button quiet small" onClick={cancelAll}>
              {text.queue.cancelAll}
            </button>
          </div>
          <ol className="queue-list">
            {queue.map((entry, index) => (
              <QueueRow key={entry.id} entry={entry} first={index === 0} last={index === queue.length - 1} />
            ))}
          </ol>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface QueueRowProps {
  readonly entry: QueueEntry;
  readonly first: boolean;
  readonly last: boolean;
}

function change(how: (queue: readonly QueueEntry[]) => readonly QueueEntry[]): void {
  store.setState(({ queue }) => ({ queue: how(queue) }));
}

function QueueRow({ entry, first, last }: QueueRowProps): ReactNode {
  const text = useStrings();
  const { id, request } = entry;
  const { seed, prompt, steps } = request;
  return (
    <li className="queue-row" data-kind={entry.kind}>
      <div className="queue-words">
        <p className="queue-prompt">{prompt}</p>
        {entry.kind === 'failed' ? (
          <p className="queue-error">
            <CircleAlert size={14} aria-hidden="true" /> {entry.message}
          </p>
        ) : (
          <p className="muted">{text.queue.settings(seed, steps)}</p>
        )}
      </div>
      {entry.kind === 'failed' ? (
        <IconButton
          label={text.queue.retry(seed)}
          onClick={() => {
            change((queue) => retryEntry(queue, id));
          }}
        >
          <RotateCw size={16} />
        </IconButton>
      ) : (
        <>
          <IconButton
            label={text.queue.earlier(seed)}
            disabled={first}
            onClick={() => {
              change((queue) => moveEntry(queue, id, -1));
            }}
          >
            <ChevronUp size={16} />
          </IconButton>
          <IconButton
            label={text.queue.later(seed)}
            disabled={last}
            onClick={() => {
              change((queue) => moveEntry(queue, id, 1));
            }}
          >
            <ChevronDown size={16} />
          </IconButton>
        </>
      )}
      <IconButton
        label={text.queue.remove(seed)}
        onClick={() => {
          change((queue) => withoutEntry(queue, id));
        }}
      >
        <X size={16} />
      </IconButton>
    </li>
  );
}
