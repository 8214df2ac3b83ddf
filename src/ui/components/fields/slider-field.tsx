import { useId, type CSSProperties, type ReactNode } from 'react';
import { endStep } from '../../state/edit-actions.ts';
import { formatNumber } from '../../strings/numbers.ts';

export interface SliderFieldProps {
  readonly label: string;
  readonly short?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** A native slider with its value in tabular figures. */
export function SliderField(props: SliderFieldProps): ReactNode {
  const { label, short, value, min, max, step, disabled = false, onChange } = props;
  const id = useId();
  const share: CSSProperties = { '--share': (value - min) / (max - min) };
  return (
    <div className="field slider-field">
      <label htmlFor={id}>{short ?? label}</label>
      <input
        id={id}
        type="range"
        aria-label={label}
        min={min}
        max={max}
        step={step}
        value={value}
        disabled={disabled}
        style={share}
        onChange={(event) => {
          onChange(event.currentTarget.valueAsNumber);
        }}
        onPointerUp={endStep}
        onBlur={endStep}
      />
      <span className="slider-value" aria-hidden="true">
        {formatNumber(value, 2)}
      </span>
    </div>
  );
}
