import { Popover } from 'radix-ui';
import { useState, type ReactNode } from 'react';
import { Lightbulb } from 'lucide-react';
import { toRectangle } from '../../model/box-geometry.ts';
import { loraFor, type RelationIdea } from '../../model/relations.ts';
import { startFromRelation } from '../../state/relation-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { relationName, useStrings } from '../../strings/index.ts';

/** The relations as a menu of little layouts: those that fit the number of objects. */
export function IdeasPopover(): ReactNode {
  const text = useStrings();
  const [open, setOpen] = useState(false);
  const ideas = useApp((state) => state.ideas);
  const count = useApp((state) => state.editor.objects.length);
  const engine = useApp((state) => state.engine);
  const loras = engine.kind === 'ready' ? engine.manifest.relationLoras : [];
  const fits = ideas.filter((idea) => (count >= 2 ? idea.kind === 'pair' : idea.kind === 'single'));
  const known = fits.filter((idea) => loraFor(idea, loras) !== undefined);
  const fitting = [...known, ...fits.filter((idea) => !known.includes(idea))];
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <button type="button" className="button quiet small" disabled={fitting.length === 0}>
          <Lightbulb size={16} aria-hidden="true" /> {text.relation.ideas}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover ideas"
          side="right"
          align="start"
          sideOffset={12}
          collisionPadding={12}
          aria-label={text.relation.ideasTitle}
        >
          <h3>{text.relation.ideasTitle}</h3>
          <p className="muted">{text.relation.ideasLead}</p>
          <ul className="idea-grid">
            {fitting.map((idea) => (
              <li key={idea.id}>
                <Idea
                  idea={idea}
                  hasLora={known.includes(idea)}
                  onChoose={() => {
                    startFromRelation(idea);
                    setOpen(false);
                  }}
                />
              </li>
            ))}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface IdeaProps {
  readonly idea: RelationIdea;
  readonly hasLora: boolean;
  readonly onChoose: () => void;
}

function Idea({ idea, hasLora, onChoose }: IdeaProps): ReactNode {
  const text = useStrings();
  return (
    <button type="button" className="idea" onClick={onChoose}>
      <svg viewBox="0 0 100 100" aria-hidden="true">
        {idea.boxes.map((box, index) => {
          const { x, y, width, height } = toRectangle(box);
          return (
            <rect
              key={index}
              data-object={index}
              x={x * 100}
              y={y * 100}
              width={width * 100}
              height={height * 100}
              rx={4}
            />
          );
        })}
      </svg>
      <span>{relationName(text, idea)}</span>
      <small>{hasLora ? 'LoRA' : text.relation.noLora}</small>
    </button>
  );
}
