import { Tooltip } from 'radix-ui';
import { type ComponentProps, type ReactNode } from 'react';

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'type'> {
  readonly label: string;
  /** Shown in the tooltip behind the name, for example "Ctrl Z". */
  readonly shortcut?: string;
}

/** A button that is a picture: its name is spoken, and shown on hover and focus. */
export function IconButton({ label, shortcut, className, children, ...rest }: IconButtonProps): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button {...rest} type="button" aria-label={label} className={`icon-button ${className ?? ''}`}>
          {children}
        </button>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {label}
          {shortcut !== undefined && <kbd>{shortcut}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
