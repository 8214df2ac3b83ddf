import { useState, type ReactNode } from 'react';
import { SDXL_DESCRIPTION } from '../../../gpu/packing/sdxl-recipe.ts';
import { type Precision } from '../../../weights/pack-manifest.ts';
import { type InstallOffer } from '../../../workers/install-protocol.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { installOffer } from '../../state/library-actions.ts';
import { useLibrary } from '../../state/library-state.ts';
import { useStrings } from '../../strings/index.ts';
import { FaultLine } from '../fields/fault-line.tsx';
import { AcceptBox, OfferChoices } from '../fields/offer-fields.tsx';
import { FitTables } from './fit-section.tsx';

/** What an install costs in each precision, and what must be agreed to first. */
export function OfferCard({ offer }: { readonly offer: InstallOffer }): ReactNode {
  const { library: text, fit } = useStrings();
  const formTitle = useLibrary((state) => state.form.title);
  const title = offer.pack?.title ?? formTitle;
  const contents = useLibrary((state) => state.contents);
  const [precision, setPrecision] = useState<Precision>('q4');
  const [accepted, setAccepted] = useState(false);
  const room = contents === null ? Infinity : contents.quotaBytes - contents.usedBytes;
  const chosen = offer.choices.find((choice) => choice.precision === precision) ?? offer.choices[0];
  const lacking = (chosen?.storedBytes ?? 0) - room;
  return (
    <div className="offer">
      <OfferChoices
        legend={text.precision}
        name="precision"
        choices={offer.choices}
        chosen={chosen}
        onChoose={(choice) => {
          setPrecision(choice.precision);
        }}
        title={(choice) => text.precisions[choice.precision]}
        cost={({ storedBytes, stageBytes }) =>
          text.cost(formatBytes(offer.downloadBytes), formatBytes(storedBytes), formatBytes(stageBytes))
        }
      />
      <h4>{fit.title}</h4>
      <FitTables
        candidates={offer.choices.map((choice) => ({
          id: choice.precision,
          title: fit.precisions[choice.precision],
          footprint: choice.footprint,
          defaults: offer.defaults,
        }))}
      />
      <ul className="offer-origins muted">
        {[...new Set(offer.origins.map(({ source }) => source))].map((source) => (
          <li key={source}>{source}</li>
        ))}
      </ul>
      <h4>{text.licence}</h4>
      {offer.pack === undefined ? (
        <>
          <p>
            {text.licenceLead} <Link url={SDXL_DESCRIPTION.licence.url}>{text.licenceLink}</Link>
          </p>
          <p>{text.restrictions}</p>
        </>
      ) : (
        <p>
          <Link url={offer.pack.licence.url}>{offer.pack.licence.name}</Link>
        </p>
      )}
      <AcceptBox label={text.accept} accepted={accepted} onChange={setAccepted} />
      <FaultLine fault={lacking > 0 ? text.noRoom(formatBytes(lacking)) : undefined} />
      <button
        type="button"
        className="button primary"
        disabled={!accepted || lacking > 0}
        onClick={() => {
          installOffer(offer, chosen?.precision ?? precision);
        }}
      >
        {text.start(title)}
      </button>
    </div>
  );
}

function Link({ url, children }: { readonly url: string; readonly children: ReactNode }): ReactNode {
  return (
    <a href={url} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
