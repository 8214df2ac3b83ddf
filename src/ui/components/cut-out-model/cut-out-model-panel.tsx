import { type ReactNode } from 'react';
import { type CutOutModelState } from '../../../workers/cut-out-protocol.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { removeCutOutModel, runCutOutInstall, stopCutOutInstall } from '../../state/cut-out-model-actions.ts';
import { useCutOutModel } from '../../state/cut-out-model-state.ts';
import { useStrings } from '../../strings/index.ts';
import { FaultLine } from '../fields/fault-line.tsx';
import { RunningRow } from '../library/running-row.tsx';
import { UnfinishedRow } from '../library/unfinished-row.tsx';
import { CutOutModelForm } from './cut-out-model-form.tsx';
import { LicenceLink } from './licence-link.tsx';

/** The model that finds objects as it is: not there, on its way, stopped on its way, or installed. */
export function CutOutModelPanel(): ReactNode {
  const model = useCutOutModel((state) => state.model);
  const step = useCutOutModel((state) => state.step);
  const fault = useCutOutModel((state) => state.fault);
  return (
    <>
      {step.kind === 'installing' ? (
        <div className="library-row">
          <RunningRow install={step} onPause={stopCutOutInstall} />
        </div>
      ) : (
        model !== null && <Resting model={model} />
      )}
      <FaultLine fault={fault === '' ? undefined : fault} />
    </>
  );
}

function Resting({ model }: { readonly model: CutOutModelState }): ReactNode {
  const text = useStrings().cutOutModel;
  switch (model.kind) {
    case 'none':
      return <CutOutModelForm />;
    case 'installed':
      return (
        <div className="library-row">
          <div>
            <strong>{model.title}</strong>
            <p className="muted">
              {formatBytes(model.storedBytes)} · {model.type} · <LicenceLink licence={model.licence} />
            </p>
          </div>
          <button
            type="button"
            className="button small quiet"
            aria-label={text.remove(model.title)}
            onClick={removeCutOutModel}
          >
            {text.removeShort}
          </button>
        </div>
      );
    case 'unfinished': {
      const { request, doneBytes, totalBytes } = model;
      return (
        <div className="library-row">
          <UnfinishedRow
            title={request.title}
            doneBytes={doneBytes}
            totalBytes={totalBytes}
            onResume={() => {
              runCutOutInstall(request);
            }}
            onDiscard={removeCutOutModel}
          />
        </div>
      );
    }
  }
}
