import { useId, type ReactNode } from 'react';
import { HUB_ENDPOINT } from '../../../weights/sources/source-spec.ts';
import { askCutOutOffer, changeCutOutForm, takeCutOutFiles } from '../../state/cut-out-model-actions.ts';
import { useCutOutModel } from '../../state/cut-out-model-state.ts';
import { useStrings } from '../../strings/index.ts';
import { CutOutModelOffer } from './cut-out-model-offer.tsx';

/** Where the model comes from, and the way to what it costs. Nothing is fetched before that is shown. */
export function CutOutModelForm(): ReactNode {
  const text = useStrings().cutOutModel;
  const step = useCutOutModel((state) => state.step);
  const form = useCutOutModel((state) => state.form);
  const id = useId();
  if (step.kind === 'offer') return <CutOutModelOffer offer={step.offer} />;
  const asking = step.kind === 'asking';
  return (
    <form
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        askCutOutOffer();
      }}
    >
      <div className="field">
        <label htmlFor={`${id}source`}>{text.source}</label>
        <input
          id={`${id}source`}
          className="text-input"
          type="text"
          required
          autoComplete="off"
          spellCheck={false}
          aria-describedby={`${id}hint`}
          value={form.source}
          onChange={(event) => {
            changeCutOutForm({ source: event.currentTarget.value });
          }}
        />
        <p id={`${id}hint`} className="muted field-hint">
          {text.sourceHint}
        </p>
      </div>
      <details className="library-sources">
        <summary>{text.more}</summary>
        <div className="fields">
          <p className="muted field-hint">{text.moreHint}</p>
          <div className="field">
            <label htmlFor={`${id}files`}>{text.files}</label>
            <input
              id={`${id}files`}
              type="file"
              multiple
              aria-describedby={`${id}files-hint`}
              onChange={(event) => {
                takeCutOutFiles([...(event.currentTarget.files ?? [])]);
                event.currentTarget.value = '';
              }}
            />
            <p id={`${id}files-hint`} className="muted field-hint">
              {text.filesHint}
            </p>
          </div>
          <div className="field">
            <label htmlFor={`${id}endpoint`}>{text.endpoint}</label>
            <input
              id={`${id}endpoint`}
              className="text-input"
              type="url"
              autoComplete="off"
              placeholder={HUB_ENDPOINT}
              value={form.endpoint}
              onChange={(event) => {
                changeCutOutForm({ endpoint: event.currentTarget.value });
              }}
            />
          </div>
        </div>
      </details>
      <button type="submit" className="button primary" disabled={asking}>
        {asking ? text.checking : text.check}
      </button>
    </form>
  );
}
