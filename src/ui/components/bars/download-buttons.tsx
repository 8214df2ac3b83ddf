import { DropdownMenu } from 'radix-ui';
import { type ReactNode } from 'react';
import { ChevronDown, Download } from 'lucide-react';
import { attempt } from '../../state/notices.ts';
import { downloadShown, downloadShownAs } from '../../state/picture-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';

const OTHER_FORMATS = ['jpeg', 'webp'] as const;

/** The picture as a file: one press for the lossless one, a menu for the others. */
export function DownloadButtons(): ReactNode {
  const text = useStrings();
  const downloadable = useApp((state) => state.shown !== null && state.job.kind !== 'running');
  return (
    <div className="download">
      <button
        type="button"
        className="button quiet large"
        disabled={!downloadable}
        onClick={() => {
          attempt(downloadShown);
        }}
      >
        <Download size={16} aria-hidden="true" /> <span>{text.run.download}</span>
      </button>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <button
            type="button"
            className="button quiet large download-more"
            aria-label={text.run.downloadMore}
            disabled={!downloadable}
          >
            <ChevronDown size={16} aria-hidden="true" />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {OTHER_FORMATS.map((format) => (
            <DropdownMenu.Item
              key={format}
              className="menu-item"
              onSelect={() => {
                attempt(() => downloadShownAs(format));
              }}
            >
              <Download size={16} aria-hidden="true" /> {text.run.downloadAs[format]}
            </DropdownMenu.Item>
          ))}
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Label className="menu-label">{text.run.downloadNote}</DropdownMenu.Label>
        </DropdownMenu.Content>
      </DropdownMenu.Root>
    </div>
  );
}
