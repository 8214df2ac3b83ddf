import { DropdownMenu } from 'radix-ui';
import { type ReactNode } from 'react';
import { Contrast, Keyboard, Redo2, Undo2 } from 'lucide-react';
import { store } from '../../state/app-state.ts';
import { redoEdit, undoEdit } from '../../state/edit-actions.ts';
import { LANGUAGES, THEMES } from '../../state/preferences.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';
import { LibraryButton } from '../library/library-dialog.tsx';
import { MachineChip } from './machine-chip.tsx';
import { Mark } from './mark.tsx';
import { ProjectMenu } from './project-menu.tsx';

export interface TopBarProps {
  readonly onHelp: () => void;
}

export function TopBar({ onHelp }: TopBarProps): ReactNode {
  const text = useStrings();
  const canUndo = useApp((state) => state.undo.past.length > 0);
  const canRedo = useApp((state) => state.undo.future.length > 0);
  return (
    <header className="top-bar">
      <h1>
        <Mark />
        {text.appName}
      </h1>
      <MachineChip />
      <div className="top-bar-end">
        <IconButton label={text.bar.undo} shortcut="Ctrl Z" disabled={!canUndo} onClick={undoEdit}>
          <Undo2 size={18} />
        </IconButton>
        <IconButton label={text.bar.redo} shortcut="Ctrl Shift Z" disabled={!canRedo} onClick={redoEdit}>
          <Redo2 size={18} />
        </IconButton>
        <span className="bar-line" aria-hidden="true" />
        <LibraryButton />
        <ProjectMenu />
        <Appearance />
        <IconButton label={text.bar.help} shortcut="?" className="only-wide" onClick={onHelp}>
          <Keyboard size={18} />
        </IconButton>
      </div>
    </header>
  );
}

function Appearance(): ReactNode {
  const text = useStrings();
  const { theme, language } = useApp((state) => state.preferences);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="icon-button" aria-label={text.bar.appearance}>
          <Contrast size={18} />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
        <DropdownMenu.Label className="menu-label">{text.bar.theme}</DropdownMenu.Label>
        <DropdownMenu.RadioGroup value={theme}>
          {THEMES.map((choice) => (
            <DropdownMenu.RadioItem
              key={choice}
              value={choice}
              className="menu-item"
              onSelect={() => {
                store.setState(({ preferences }) => ({ preferences: { ...preferences, theme: choice } }));
              }}
            >
              {text.bar.themes[choice]}
              <DropdownMenu.ItemIndicator className="menu-dot" />
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
        <DropdownMenu.Separator className="menu-line" />
        <DropdownMenu.Label className="menu-label">{text.bar.language}</DropdownMenu.Label>
        <DropdownMenu.RadioGroup value={language}>
          {LANGUAGES.map((choice) => (
            <DropdownMenu.RadioItem
              key={choice}
              value={choice}
              className="menu-item"
              onSelect={() => {
                store.setState(({ preferences }) => ({
                  preferences: { ...preferences, language: choice },
                }));
              }}
            >
              {text.bar.languages[choice]}
              <DropdownMenu.ItemIndicator className="menu-dot" />
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
