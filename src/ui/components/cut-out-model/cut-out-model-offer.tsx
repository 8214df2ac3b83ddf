import { useState, type ReactNode } from 'react';
import { type CutOutType } from '../../../weights/cut-out-model.ts';
import { formatSourceSpec } from '../../../weights/sources/source-spec.ts';
import { type CutOutOffer } from '../../../workers/cut-out-protocol.ts';
import { formatBytes } from '../../model/bytes.ts';
import { changeCutOutForm, installCutOutOffer } from '../../state/cut-out-model-actions.ts';
import { useStrings } from '../../strings/index.ts';
import { LicenceLink } from './licence-link.tsx';

/** What was found at the source: its licence, and the sizes it comes in. */
export function CutOutModelOffer({ offer }: { readonly offer: CutOutOffer }): ReactNode {
  const text = useStrings().cutOutModel;
  const [type, setType] = useState<CutOutType>('fp32');
  const [accepted, setAccepted] = useState(false);
  const { title, source, licence, isFree, choices } = offer;
  const chosen = choices.find((choice) => choice.type === type) ?? choices[0];
  return (
    <div className="offer" role="group" aria-label={title}>
      <div>
        <strong>{title}</strong>
        <p className="muted offer-source">{formatSourceSpec(source)}</p>
      </div>
      <p>
        {text.licence}: <LicenceLink licence={licence} />
        {isFree && ` · ${text.freeLicence}`}
      </p>
      <fieldset className="offer-choices">
        <legend>{text.weights}</legend>
        {choices.map((choice) => (
          <label key={choice.type}>
            <input
              type="radio"
              name="cut-out-weights"
              checked={choice === chosen}
              onChange={() => {
                setType(choice.type);
              }}
            />
            <span>
              {text.types[choice.type]}
              <small className="muted">{formatBytes(choice.byteLength)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {!isFree && (
        <>
          <p>{text.licenceNotFree}</p>
          <label className="offer-accept">
            <input
              type="checkbox"
              checked={accepted}
              onChange={(event) => {
                setAccepted(event.currentTarget.checked);
              }}
            />
            {text.accept}
          </label>
        </>
      )}
      <span className="library-buttons">
        <button
          type="button"
          className="button primary"
          disabled={chosen === undefined || (!isFree && !accepted)}
          onClick={() => {
            if (chosen !== undefined) installCutOutOffer(offer, chosen.type);
          }}
        >
          {text.install(formatBytes(chosen?.byteLength ?? 0))}
        </button>
        <button
          type="button"
          className="button quiet"
          onClick={() => {
            changeCutOutForm({});
          }}
        >
          {text.back}
        </button>
      </span>
    </div>
  );
}
