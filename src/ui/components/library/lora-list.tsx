import { type ReactNode } from 'react';
import { formatBytes } from '../../model/bytes.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';

/** The RelationLoRAs that the open model brings: what they are for, and their size. */
export function LoraList(): ReactNode {
  const text = useStrings().library;
  const engine = useApp((state) => state.engine);
  const loras = engine.kind === 'ready' ? engine.manifest.relationLoras : [];
  return (
    <section className="library-section" aria-labelledby="library-loras">
      <h3 id="library-loras">{text.loras}</h3>
      {loras.length === 0 ? (
        <p className="muted">{text.noLoras}</p>
      ) : (
        <ul className="library-list">
          {loras.map(({ id, title, description, file }) => (
            <li key={id} className="library-row">
              <div>
                <strong>{title}</strong>
                <p className="muted">{description}</p>
              </div>
              <span className="muted">{formatBytes(file.byteLength)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
