import { type ReactNode } from 'react';

export interface OfferChoicesProps<T> {
  readonly legend: string;
  /** Of the group of radio buttons; one on the page. */
  readonly name: string;
  readonly choices: readonly T[];
  readonly chosen: T | undefined;
  readonly onChoose: (choice: T) => void;
  readonly title: (choice: T) => string;
  readonly cost: (choice: T) => string;
}

/** The forms in which something is offered, each with what it costs. */
export function OfferChoices<T>(props: OfferChoicesProps<T>): ReactNode {
  const { legend, name, choices, chosen, onChoose, title, cost } = props;
  return (
    <fieldset className="offer-choices">
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={title(choice)}>
          <input
            type="radio"
            name={name}
            checked={choice === chosen}
            onChange={() => {
              onChoose(choice);
            }}
          />
          <span>
            {title(choice)}
            <small className="muted">{cost(choice)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export interface AcceptBoxProps {
  readonly label: string;
  readonly accepted: boolean;
  readonly onChange: (accepted: boolean) => void;
}

/** What must be agreed to before an offer is taken. */
export function AcceptBox({ label, accepted, onChange }: AcceptBoxProps): ReactNode {
  return (
    <label className="offer-accept">
      <input
        type="checkbox"
        checked={accepted}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
      {label}
    </label>
  );
}
