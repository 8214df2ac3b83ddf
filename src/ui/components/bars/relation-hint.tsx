import { type ReactNode } from 'react';
import { Sparkles } from 'lucide-react';
import { mismatchOf } from '../../model/follow-relation.ts';
import { switchToPrompt } from '../../state/relation-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { relationName, useStrings } from '../../strings/index.ts';

/** Stays while the prompt says one relation and the RelationLoRA in use knows another: what a press would draw. */
export function RelationHint(): ReactNode {
  const words = useStrings();
  const text = words.relation;
  const editor = useApp((state) => state.editor);
  const named = useApp((state) => state.named?.idea ?? null);
  const engine = useApp((state) => state.engine);
  const mismatch = engine.kind === 'ready' ? mismatchOf(editor, named, engine.manifest.relationLoras) : null;
  return (
    <div aria-live="polite">
      {mismatch !== null && (
        <div className="relation-hint">
          <Sparkles size={16} aria-hidden="true" />
          <p>{text.mismatch(relationName(words, mismatch.named), relationName(words, mismatch.used))}</p>
          <button type="button" className="button small" onClick={switchToPrompt}>
            {mismatch.suitable === undefined
              ? text.drawByWords
              : text.switchTo(relationName(words, mismatch.suitable))}
          </button>
        </div>
      )}
    </div>
  );
}
