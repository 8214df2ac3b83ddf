import { type ReactNode } from 'react';

interface SwitchFieldProps {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** A switch with its words beside it. */
export function SwitchField({ label, checked, disabled = false, onChange }: SwitchFieldProps): ReactNode {
  return (
    <label className="switch-field">
      <input
        className="switch"
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
      {label}
    </label>
  );
}
