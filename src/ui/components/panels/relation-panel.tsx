import { useEffect, useId, type KeyboardEvent, type ReactNode } from 'react';
import { LayoutTemplate } from 'lucide-react';
import { type RelationLoraEntry } from '../../../weights/pack-manifest.ts';
import { changeSettings, endStep, placeBoxes } from '../../state/edit-actions.ts';
import { complain } from '../../state/notices.ts';
import { adoptRelation, declineSuggestion, lookForRelation } from '../../state/relation-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { SelectField } from '../fields/select-field.tsx';
import { SliderField } from '../fields/slider-field.tsx';
import { IdeasPopover } from './ideas-popover.tsx';
import { PromptField } from './prompt-field.tsx';
import { RelationSuggestion } from './relation-suggestion.tsx';

/** Looking at every letter would be wasted: a pause in writing is enough. */
const LOOK_DELAY_MS = 350;
const NO_LORAS: readonly RelationLoraEntry[] = [];

/** The words of the scene, and the RelationLoRA that knows how the relation looks. */
export function RelationPanel(): ReactNode {
  const text = useStrings();
  const negativeId = useId();
  const prompt = useApp((state) => state.editor.prompt);
  const negative = useApp((state) => state.editor.negativePrompt);
  const suggestion = useApp((state) => state.suggestion);
  const hasIdeas = useApp((state) => state.ideas.length > 0 && state.engine.kind !== 'starting');

  useEffect(() => {
    if (!hasIdeas || prompt.trim() === '') return undefined;
    const timer = setTimeout(() => {
      lookForRelation(prompt).catch(complain);
    }, LOOK_DELAY_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [prompt, hasIdeas]);

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
      <PromptField onKeyDown={answerSuggestion} />
      <RelationSuggestion />
      <LoraRow />
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

/** Which RelationLoRA, how strong, and whether its file is here yet. */
function LoraRow(): ReactNode {
  const text = useStrings();
  const loraId = useApp((state) => state.editor.loraId);
  const weight = useApp((state) => state.editor.loraWeight);
  const loras = useApp((state) =>
    state.engine.kind === 'ready' ? state.engine.manifest.relationLoras : NO_LORAS,
  );
  const installed = useApp((state) => state.installedLoras);
  const ready = useApp((state) => state.readyLoras.has(loraId));
  const idea = useApp((state) => state.ideas.find(({ id }) => id === loraId));
  const objects = useApp((state) => state.editor.objects.length);
  const entry = loras.find(({ id }) => id === loraId);
  const known = entry !== undefined || installed.some(({ id }) => id === loraId);
  const options = [
    ['', text.relation.none] as const,
    ...loras.map(({ id, title }) => [id, title] as const),
    ...installed.map(({ id, title }) => [id, title] as const),
    // A restored picture may name a LoRA that is not here; it stays visible until something else is chosen.
    ...(known || loraId === '' ? [] : [[loraId, loraId] as const]),
  ];
  const canPlace = idea !== undefined && idea.boxes.length <= objects;
  return (
    <div className="lora-row">
      <SelectField
        label={text.relation.relation}
        value={loraId}
        options={options}
        onChange={(id) => {
          changeSettings({ loraId: id }, 'relation');
          endStep();
        }}
      />
      {loraId !== '' && (
        <>
          <p className="muted lora-note">
            {entry === undefined
              ? text.relation.ownFile
              : ready
                ? text.relation.ready
                : text.relation.embeddedFile(fileSize(entry.file.byteLength))}
            {entry !== undefined && entry.description !== '' && ` · ${entry.description}`}
          </p>
          <SliderField
            label={text.relation.weight}
            value={weight}
            min={0}
            max={2}
            step={0.05}
            onChange={(loraWeight) => {
              changeSettings({ loraWeight });
            }}
          />
        </>
      )}
      {canPlace && (
        <button
          type="button"
          className="button quiet small"
          title={text.relation.placeBoxesFor(idea.label)}
          onClick={() => {
            placeBoxes(idea.boxes);
          }}
        >
          <LayoutTemplate size={16} aria-hidden="true" /> {text.relation.placeBoxes}
        </button>
      )}
    </div>
  );
}

/** "240 kB", "1.3 MB". */
function fileSize(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
