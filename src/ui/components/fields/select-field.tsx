import { useId, type ReactNode } from 'react';
import { ChevronDown } from 'lucide-react';

export interface SelectFieldProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, label: string])[];
  readonly onChange: (value: Value) => void;
  readonly disabled?: boolean;
}

/** A native select: what touch, keyboard and screen reader already know. */
export function SelectField<Value extends string>(props: SelectFieldProps<Value>): ReactNode {
  const { label, value, options, onChange, disabled = false } = props;
  const id = useId();
  return (
    <div className="field select-field">
      <label htmlFor={id}>{label}</label>
      <span className="input-frame">
        <select
          id={id}
          value={value}
          disabled={disabled}
          onChange={(event) => {
            const chosen = options[event.currentTarget.selectedIndex];
            if (chosen !== undefined) onChange(chosen[0]);
          }}
        >
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
        <ChevronDown className="select-arrow" size={16} aria-hidden="true" />
      </span>
    </div>
  );
}
