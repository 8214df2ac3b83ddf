import { useId, type KeyboardEvent, type ReactNode } from 'react';
import { changeSettings, endStep } from '../../state/edit-actions.ts';
import { attempt } from '../../state/notices.ts';
import { adoptRelation, declineSuggestion, settleRelation } from '../../state/relation-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { IdeasPopover } from './ideas-popover.tsx';
import { LoraList } from './lora-list.tsx';
import { PromptField } from './prompt-field.tsx';
import { RelationSuggestion } from './relation-suggestion.tsx';

/** The words of the scene, and the RelationLoRA that knows how the relation looks. */
export function RelationPanel(): ReactNode {
  const text = useStrings();
  const negativeId = useId();
  const negative = useApp((state) => state.editor.negativePrompt);
  const suggestion = useApp((state) => state.suggestion);

  const answerSuggestion = (event: KeyboardEvent): void => {
    if (suggestion === null || event.shiftKey) return;
    if (event.key !== 'Tab' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Tab') adoptRelation(suggestion);
    else declineSuggestion();
  };

  return (
    <section className="panel" aria-labelledby="relation-title">
      <div className="panel-head">
        <h2 id="relation-title">{text.sections.relation}</h2>
        <IdeasPopover />
      </div>
      <PromptField
        onKeyDown={answerSuggestion}
        onLeave={() => {
          attempt(settleRelation);
        }}
      />
      <RelationSuggestion />
      <LoraList />
      <div className="field">
        <label htmlFor={negativeId}>{text.relation.negative}</label>
        <input
          id={negativeId}
          className="text-input"
          type="text"
          value={negative}
          placeholder={text.relation.negativePlaceholder}
          onChange={(event) => {
            changeSettings({ negativePrompt: event.currentTarget.value });
          }}
          onBlur={endStep}
        />
      </div>
    </section>
  );
}
