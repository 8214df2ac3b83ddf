import { DropdownMenu, Popover } from 'radix-ui';
import { type ReactNode } from 'react';
import { Contrast, Cpu, Keyboard, Redo2, Undo2 } from 'lucide-react';
import { store } from '../../state/app-state.ts';
import { redoEdit, undoEdit } from '../../state/edit-actions.ts';
import { LANGUAGES, THEMES } from '../../state/preferences.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';
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
        <ProjectMenu />
        <Appearance />
        <IconButton label={text.bar.help} shortcut="?" className="only-wide" onClick={onHelp}>
          <Keyboard size={18} />
        </IconButton>
      </div>
    </header>
  );
}

/** The model and the device in a few words; a press tells the rest. */
function MachineChip(): ReactNode {
  const text = useStrings();
  const engine = useApp((state) => state.engine);
  if (engine.kind !== 'ready') {
    return (
      <span className="machine-chip" data-state={engine.kind}>
        <Cpu size={16} aria-hidden="true" />
        {engine.kind === 'starting' ? text.bar.engineStarting : text.bar.engineFailed}
      </span>
    );
  }
  const { manifest, device } = engine;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="machine-chip" data-state="ready">
          <Cpu size={16} aria-hidden="true" />
          <span>{manifest.title}</span>
          <span className="chip-device">{device.label}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover machine"
          align="start"
          sideOffset={6}
          collisionPadding={12}
          aria-label={text.machine.title}
        >
          <h3>{text.machine.title}</h3>
          <dl>
            <dt>{text.machine.model}</dt>
            <dd>
              {manifest.title}. {manifest.description}
            </dd>
            <dt>{text.machine.can}</dt>
            <dd>{manifest.limits}</dd>
            <dt>{text.machine.device}</dt>
            <dd>
              {device.label}. {device.reason}
            </dd>
            <dt>{text.machine.licence}</dt>
            <dd>{manifest.licence.name}</dd>
          </dl>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
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
