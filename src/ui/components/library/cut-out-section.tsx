import { useEffect, type ReactNode } from 'react';
import { refreshCutOutModel } from '../../state/cut-out-model-actions.ts';
import { useCutOutModel } from '../../state/cut-out-model-state.ts';
import { attempt } from '../../state/notices.ts';
import { useStrings } from '../../strings/index.ts';
import { CutOutModelPanel } from '../cut-out-model/cut-out-model-panel.tsx';

/** The model that finds objects in photos, or the way to one. */
export function CutOutSection(): ReactNode {
  const text = useStrings().cutOutModel;
  const none = useCutOutModel(({ model, step }) => model?.kind === 'none' && step.kind !== 'installing');
  useEffect(() => {
    attempt(refreshCutOutModel);
  }, []);
  return (
    <section className="library-section" aria-labelledby="library-cut-out">
      <h3 id="library-cut-out">{text.section}</h3>
      <p className="muted">{text.sectionLead}</p>
      {none ? (
        <details className="library-sources">
          <summary>{text.choose}</summary>
          <div className="fields">
            <CutOutModelPanel />
          </div>
        </details>
      ) : (
        <CutOutModelPanel />
      )}
    </section>
  );
}
