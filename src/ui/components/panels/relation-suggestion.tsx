import { type ReactNode } from 'react';
import { Sparkles, X } from 'lucide-react';
import { adoptRelation, declineSuggestion } from '../../state/relation-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { relationName, useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';

/** Offers what suits the relation that the prompt names. */
export function RelationSuggestion(): ReactNode {
  const text = useStrings();
  const suggestion = useApp((state) => state.suggestion);
  if (suggestion === null) return null;
  return (
    <div className="suggestion">
      <Sparkles size={16} aria-hidden="true" />
      <p>{text.relation.found(relationName(text, suggestion))}</p>
      <button
        type="button"
        className="button small"
        onClick={() => {
          adoptRelation(suggestion);
        }}
      >
        {text.relation.accept} <kbd>{text.relation.acceptHint}</kbd>
      </button>
      <IconButton label={text.relation.decline} shortcut="Esc" onClick={declineSuggestion}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
