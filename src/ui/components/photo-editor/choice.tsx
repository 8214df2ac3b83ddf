import { ToggleGroup } from 'radix-ui';
import { type ReactNode } from 'react';

export interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, label: string, icon: ReactNode])[];
  readonly onChange: (value: Value) => void;
}

/** One of a few, side by side. */
export function Choice<Value extends string>(props: ChoiceProps<Value>): ReactNode {
  const { label, value, options, onChange } = props;
  return (
    <ToggleGroup.Root
      type="single"
      className="choice"
      aria-label={label}
      value={value}
      onValueChange={(chosen) => {
        const option = options.find(([one]) => one === chosen);
        if (option !== undefined) onChange(option[0]);
      }}
    >
      {options.map(([option, text, icon]) => (
        <ToggleGroup.Item key={option} value={option} className="choice-item">
          {icon} {text}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
