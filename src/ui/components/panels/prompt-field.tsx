import { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { CircleCheck, Plus } from 'lucide-react';
import { markPhrases, type PhraseMark } from '../../model/phrases.ts';
import { addPhraseToPrompt, endStep, setPrompt } from '../../state/edit-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { TokenCount } from './token-count.tsx';

export interface PromptFieldProps {
  readonly onKeyDown: (event: KeyboardEvent) => void;
  /** The writing is over. */
  readonly onLeave: () => void;
}

/**
 * The prompt with each object's words underlined in the object's colour. A mirror of the text lies under
 * the transparent field: same font, same box, so that the lines meet the words.
 */
export function PromptField({ onKeyDown, onLeave }: PromptFieldProps): ReactNode {
  const text = useStrings();
  const id = useId();
  const mirror = useRef<HTMLDivElement>(null);
  const prompt = useApp((state) => state.editor.prompt);
  const objects = useApp((state) => state.editor.objects);
  const marks = markPhrases(
    prompt,
    objects.map(({ phrase }) => phrase),
  );
  return (
    <div className="field prompt-field">
      <div className="prompt-head">
        <label htmlFor={id}>{text.relation.prompt}</label>
        <TokenCount prompt={prompt} />
      </div>
      <div className="prompt-frame">
        <div className="prompt-mirror" ref={mirror} aria-hidden="true">
          {pieces(prompt, marks)}
        </div>
        <textarea
          id={id}
          rows={3}
          value={prompt}
          placeholder={text.relation.promptPlaceholder}
          spellCheck={false}
          onChange={(event) => {
            setPrompt(event.currentTarget.value);
          }}
          onScroll={(event) => {
            if (mirror.current !== null) mirror.current.scrollTop = event.currentTarget.scrollTop;
          }}
          onKeyDown={onKeyDown}
          onBlur={() => {
            endStep();
            onLeave();
          }}
        />
      </div>
      <ul className="chips">
        {objects.map((object, index) => {
          const phrase = object.phrase.trim();
          if (phrase === '') return null;
          const present = marks.some((mark) => mark.object === index);
          return (
            <li key={object.id} data-object={index}>
              {present ? (
                <span className="chip">
                  <span className="badge small">{index + 1}</span>
                  {phrase}
                  <CircleCheck size={14} aria-hidden="true" />
                </span>
              ) : (
                <button
                  type="button"
                  className="chip missing"
                  title={text.relation.addToPrompt}
                  onClick={() => {
                    addPhraseToPrompt(phrase);
                  }}
                >
                  <span className="badge small">{index + 1}</span>
                  <span className="chip-phrase">{phrase}</span>
                  <span className="chip-note">{text.relation.notInPrompt}</span>
                  <Plus size={14} aria-hidden="true" />
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function pieces(prompt: string, marks: readonly PhraseMark[]): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { start, end, object } of marks) {
    parts.push(prompt.slice(at, start));
    parts.push(
      <mark key={object} data-object={object}>
        {prompt.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  // A text that ends in a line break needs something on its last line to be as tall as the field's.
  parts.push(prompt.slice(at), '\u200b');
  return parts;
}
