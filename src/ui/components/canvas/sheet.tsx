import { type CSSProperties, type DragEvent, type ReactNode } from 'react';
import { overlapOf } from '../../model/box-geometry.ts';
import { type EditorObject } from '../../model/editor.ts';
import { store, type AppState } from '../../state/app-state.ts';
import { takeFiles } from '../../state/file-actions.ts';
import { attempt } from '../../state/notices.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { pointOn } from '../pointer-place.ts';
import { BoxFrame, placeOf, placeOfRectangle } from './box-frame.tsx';
import { Ghost } from './ghost.tsx';
import { PreviewPicture } from './preview-picture.tsx';
import { useBoxGestures } from './use-box-gestures.ts';

/** The light table: the sheet at the output's aspect, boxes over ghosts, the picture over both. */
export function Sheet(): ReactNode {
  const text = useStrings();
  const objects = useApp((state) => state.editor.objects);
  const stack = useApp((state) => state.editor.stack);
  const width = useApp((state) => state.editor.width);
  const height = useApp((state) => state.editor.height);
  const selection = useApp((state) => state.selection);
  const suggestion = useApp((state) => state.suggestion);
  const mix = useApp((state) => (hasPicture(state) ? state.mix : 0));
  // A proposal for boxes is for who looks at the boxes; on a picture it would pass for a part of it.
  const proposed = mix < 0.5 ? (suggestion?.boxes ?? []) : [];
  const { view, handlers } = useBoxGestures();
  const style: CSSProperties = { '--aspect': width / height, '--mix': mix };
  return (
    <section className="stage-area" aria-label={text.canvas.editor}>
      <p id="box-help" className="visually-hidden">
        {text.canvas.help}
      </p>
      <div
        className="sheet"
        style={style}
        data-shows={mix >= 1 ? 'picture' : 'boxes'}
        onDrop={onDrop}
        {...handlers}
      >
        <div className="ghosts">
          {objects.map((object) => (
            <Ghost key={object.id} object={object} level={stack.indexOf(object.id)} />
          ))}
        </div>
        <Overlaps objects={objects} selection={selection} />
        <ShownPicture />
        <div className="frames">
          {objects.map((object, index) => (
            <BoxFrame
              key={object.id}
              object={object}
              index={index}
              selected={selection === object.id}
              level={stack.indexOf(object.id)}
            />
          ))}
          {proposed.map((box, index) => (
            <span key={index} className="suggested-box" data-object={index} style={placeOf(box)} />
          ))}
          {view.drawn !== null && <span className="drawn-box" style={placeOf(view.drawn)} />}
          {view.guideX !== null && <span className="guide-x" style={{ left: `${view.guideX * 100}%` }} />}
          {view.guideY !== null && <span className="guide-y" style={{ top: `${view.guideY * 100}%` }} />}
        </div>
        {objects.length === 0 && mix < 0.5 && <p className="sheet-hint">{text.canvas.empty}</p>}
      </div>
    </section>
  );
}

/** A photo dropped on a box is that object's; files dropped beside the boxes are the page's to place. */
function onDrop(event: DragEvent<HTMLElement>): void {
  const { x, y } = pointOn(event.currentTarget, event);
  const { objects, stack } = store.getState().editor;
  const under = objects.filter(({ box }) => x >= box[0] && x < box[2] && y >= box[1] && y < box[3]);
  const top = under.toSorted((a, b) => stack.indexOf(b.id) - stack.indexOf(a.id))[0];
  const files = [...event.dataTransfer.files];
  if (top === undefined || files.length === 0) return;
  event.preventDefault();
  attempt(() => takeFiles(files, top.id));
}

/** True while there is something to show besides the boxes. */
export function hasPicture({ job, shown }: AppState): boolean {
  if (job.kind === 'running') return job.preview !== null;
  return (job.kind === 'cancelled' && job.preview !== null) || shown !== null;
}

/** The preview of the run, what a cancelled run left, or the finished picture. */
function ShownPicture(): ReactNode {
  const text = useStrings();
  const shown = useApp((state) => state.shown);
  const running = useApp((state) => state.job.kind === 'running');
  const preview = useApp(({ job }) =>
    job.kind === 'running' || job.kind === 'cancelled' ? job.preview : null,
  );
  if (preview !== null) return <PreviewPicture preview={preview} />;
  if (running || shown === null) return null;
  return (
    <img
      key={shown.id}
      className="picture finished"
      src={shown.url}
      alt={text.canvas.result}
      draggable={false}
    />
  );
}

interface OverlapsProps {
  readonly objects: readonly EditorObject[];
  readonly selection: string | null;
}

/**
 * Where two boxes overlap, both identities meet: shown as that, not as a mistake. With more than two objects
 * only the selected one's meetings are drawn: all of them at once hide the photos.
 */
function Overlaps({ objects, selection }: OverlapsProps): ReactNode {
  return objects.flatMap((first, a) =>
    objects.slice(a + 1).map((second, offset) => {
      const overlap = overlapOf(first.box, second.box);
      const wanted = objects.length <= 2 || first.id === selection || second.id === selection;
      if (overlap === null || !wanted) return null;
      const b = a + 1 + offset;
      const colours: CSSProperties = {
        '--first': `var(--object-${a + 1})`,
        '--second': `var(--object-${b + 1})`,
      };
      return (
        <span
          key={`${first.id} ${second.id}`}
          className="overlap"
          aria-hidden="true"
          style={{ ...placeOfRectangle(overlap), ...colours }}
        />
      );
    }),
  );
}
