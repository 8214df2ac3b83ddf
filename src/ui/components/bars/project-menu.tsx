import { DropdownMenu } from 'radix-ui';
import { useRef, type ReactNode } from 'react';
import { Archive, FolderOpen, Link, Save } from 'lucide-react';
import { attempt } from '../../state/notices.ts';
import { copyShareLink, openProject, saveProject } from '../../state/project-actions.ts';
import { useStrings } from '../../strings/index.ts';
import { HiddenFileInput } from '../fields/hidden-file-input.tsx';

/** The whole work as a file, or its settings as a link. */
export function ProjectMenu(): ReactNode {
  const text = useStrings();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <button type="button" className="icon-button" aria-label={text.project.title}>
            <Archive size={18} />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6} collisionPadding={12}>
          <DropdownMenu.Item
            className="menu-item"
            onSelect={() => {
              attempt(saveProject);
            }}
          >
            <Save size={16} aria-hidden="true" /> {text.project.save}
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => picker.current?.click()}>
            <FolderOpen size={16} aria-hidden="true" /> {text.project.open}
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item
            className="menu-item"
            onSelect={() => {
              attempt(copyShareLink);
            }}
          >
            <Link size={16} aria-hidden="true" /> {text.project.share}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Root>
      <HiddenFileInput
        picker={picker}
        label={text.project.file}
        accept=".zip"
        onFile={(file) => {
          attempt(() => openProject(file));
        }}
      />
    </>
  );
}
