import { useState, type ReactNode } from 'react';
import { type CutOutType } from '../../../weights/cut-out-model.ts';
import { formatSourceSpec } from '../../../weights/sources/source-spec.ts';
import { type CutOutOffer } from '../../../workers/cut-out-protocol.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { changeCutOutForm, installCutOutOffer } from '../../state/cut-out-model-actions.ts';
import { useStrings } from '../../strings/index.ts';
import { AcceptBox, OfferChoices } from '../fields/offer-fields.tsx';
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
      <OfferChoices
        legend={text.weights}
        name="cut-out-weights"
        choices={choices}
        chosen={chosen}
        onChoose={(choice) => {
          setType(choice.type);
        }}
        title={(choice) => text.types[choice.type]}
        cost={(choice) => formatBytes(choice.byteLength)}
      />
      {!isFree && (
        <>
          <p>{text.licenceNotFree}</p>
          <AcceptBox label={text.accept} accepted={accepted} onChange={setAccepted} />
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
