import { DropdownMenu } from 'radix-ui';
import { useState, type ReactNode } from 'react';
import { Columns2, Ellipsis, FolderOpen, RotateCcw, Shuffle, Trash2 } from 'lucide-react';
import { withoutFewSteps } from '../../../weights/few-step.ts';
import { matchesSearch } from '../../model/picture-search.ts';
import { type Picture } from '../../state/app-state.ts';
import { takeFiles } from '../../state/file-actions.ts';
import { attempt } from '../../state/notices.ts';
import { deletePicture, restoreSettings, showPicture } from '../../state/picture-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { compareWith } from '../../state/viewer-actions.ts';
import { relationName, useStrings } from '../../strings/index.ts';

/** The pictures made on this machine, newest first. */
export function HistoryPanel(): ReactNode {
  const text = useStrings();
  const pictures = useApp((state) => state.pictures);
  const shownId = useApp((state) => state.shown?.id);
  const [search, setSearch] = useState('');
  const found = pictures.filter(({ request }) => matchesSearch(request, search));
  return (
    <section className="panel history" aria-labelledby="history-title">
      <div className="panel-head">
        <h2 id="history-title">{text.sections.history}</h2>
        <label className="icon-button" title={text.history.restoreFile}>
          <input
            className="visually-hidden"
            type="file"
            accept="image/png,image/jpeg,image/webp"
            aria-label={text.history.restoreFile}
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              attempt(() => takeFiles(files));
              event.currentTarget.value = '';
            }}
          />
          <FolderOpen size={16} aria-hidden="true" />
        </label>
      </div>
      {pictures.length === 0 ? (
        <p className="muted history-empty">{text.history.empty}</p>
      ) : (
        <>
          <input
            className="text-input"
            type="search"
            aria-label={text.history.search}
            placeholder={text.history.searchHint}
            value={search}
            onChange={(event) => {
              setSearch(event.currentTarget.value);
            }}
          />
          {found.length === 0 && <p className="muted history-empty">{text.history.noneFound}</p>}
          <ul className="thumbs">
            {found.map((picture) => (
              <Thumb key={picture.id} picture={picture} current={picture.id === shownId} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

interface ThumbProps {
  readonly picture: Picture;
  readonly current: boolean;
}

function Thumb({ picture, current }: ThumbProps): ReactNode {
  const text = useStrings();
  const { seed, relation } = picture.request;
  const lora = withoutFewSteps(relation)[0]?.lora;
  const comparable = useApp((state) => state.shown !== null && state.job.kind !== 'running');
  const entry = useApp(({ engine }) =>
    engine.kind === 'ready' ? engine.manifest.relationLoras.find(({ id }) => id === lora) : undefined,
  );
  return (
    <li className="thumb" data-current={current}>
      <button
        type="button"
        className="thumb-picture"
        aria-label={text.history.open(seed)}
        aria-pressed={current}
        title={picture.request.prompt}
        onClick={() => {
          showPicture(picture);
        }}
      >
        <img src={picture.url} alt="" loading="lazy" decoding="async" />
      </button>
      <div className="thumb-foot">
        <span className="thumb-words">
          {entry === undefined ? (lora ?? `Seed ${seed}`) : relationName(text, entry)}
        </span>
        <DropdownMenu.Root modal={false}>
          <DropdownMenu.Trigger asChild>
            <button type="button" className="icon-button tiny" aria-label={text.history.more(seed)}>
              <Ellipsis size={14} />
            </button>
          </DropdownMenu.Trigger>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            <DropdownMenu.Label className="menu-label">Seed {seed}</DropdownMenu.Label>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => {
                attempt(() => restoreSettings(picture.request, true));
              }}
            >
              <RotateCcw size={16} aria-hidden="true" /> {text.history.reuse}
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => {
                attempt(() => restoreSettings(picture.request, false));
              }}
            >
              <Shuffle size={16} aria-hidden="true" /> {text.history.remix}
            </DropdownMenu.Item>
            {!current && comparable && (
              <DropdownMenu.Item
                className="menu-item"
                onSelect={() => {
                  compareWith(picture.id);
                }}
              >
                <Columns2 size={16} aria-hidden="true" /> {text.history.compare}
              </DropdownMenu.Item>
            )}
            <DropdownMenu.Separator className="menu-line" />
            <DropdownMenu.Item
              className="menu-item danger"
              onSelect={() => {
                attempt(() => deletePicture(picture.id));
              }}
            >
              <Trash2 size={16} aria-hidden="true" /> {text.history.remove}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Root>
      </div>
    </li>
  );
}
