import { useId, useState, type ReactNode } from 'react';
import { endStep } from '../../state/edit-actions.ts';

export interface NumberFieldProps {
  /** The accessible name; `short` is what is seen, where the place says the rest. */
  readonly label: string;
  readonly short?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit?: string;
  readonly onChange: (value: number) => void;
  readonly children?: ReactNode;
}

/**
 * A native number field. Half-typed and out-of-range text stays in the field only; a valid number is an
 * edit at once, and leaving the field brings the rest back into range.
 */
export function NumberField(props: NumberFieldProps): ReactNode {
  const { label, short, value, min, max, step, unit, onChange, children } = props;
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const settle = (): void => {
    if (draft !== null) {
      const typed = Number(draft);
      if (draft.trim() !== '' && Number.isFinite(typed)) onChange(toStep(typed, min, max, step));
    }
    setDraft(null);
    endStep();
  };
  return (
    <div className="field number-field">
      <label htmlFor={id}>{short ?? label}</label>
      <div className="field-row">
        <span className="input-frame">
          <input
            id={id}
            type="number"
            aria-label={label}
            inputMode="decimal"
            min={min}
            max={max}
            step={step}
            value={draft ?? String(value)}
            onChange={(event) => {
              const text = event.currentTarget.value;
              const typed = Number(text);
              setDraft(text);
              if (text.trim() !== '' && typed === toStep(typed, min, max, step)) onChange(typed);
            }}
            onBlur={settle}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              // Confirming the number that stands there is a choice too: it locks the seed.
              if (draft === null) onChange(value);
              settle();
            }}
          />
          {unit !== undefined && (
            <span className="unit" aria-hidden="true">
              {unit}
            </span>
          )}
        </span>
        {children}
      </div>
    </div>
  );
}

/** The nearest allowed number: in range, and whole where the step is whole. */
function toStep(value: number, min: number, max: number, step: number): number {
  const inside = Math.min(Math.max(value, min), max);
  return Number.isInteger(step) ? Math.round(inside) : inside;
}
