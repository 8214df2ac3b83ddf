import { type ReactNode } from 'react';
import { Plus } from 'lucide-react';
import { MAX_OBJECTS } from '../../../shared/request.ts';
import { addObject } from '../../state/edit-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { ObjectCard } from './object-card.tsx';

export function ObjectsPanel(): ReactNode {
  const text = useStrings();
  const objects = useApp((state) => state.editor.objects);
  return (
    <section className="panel" aria-labelledby="objects-title">
      <h2 id="objects-title">{text.sections.objects}</h2>
      {objects.length === 0 && <p className="muted">{text.objects.none}</p>}
      <ol className="object-list">
        {objects.map((object, index) => (
          <ObjectCard key={object.id} object={object} index={index} />
        ))}
      </ol>
      {objects.length < MAX_OBJECTS && (
        <button
          type="button"
          className="button quiet wide"
          onClick={() => {
            addObject();
          }}
        >
          <Plus size={16} aria-hidden="true" /> {text.objects.add}
        </button>
      )}
    </section>
  );
}
