import { useId, type ReactNode } from 'react';
import { LayoutTemplate, X } from 'lucide-react';
import { type RelationLoraEntry } from '../../../weights/pack-manifest.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { type EditorLora } from '../../model/editor.ts';
import { changeLora, removeLora, replaceFirst } from '../../model/loras.ts';
import { type InstalledLora } from '../../state/app-state.ts';
import { changeLoras, changeSettings, endStep, placeBoxes } from '../../state/edit-actions.ts';
import { attempt } from '../../state/notices.ts';
import { settleRelation } from '../../state/relation-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { relationName, useStrings, type Strings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';
import { SelectField } from '../fields/select-field.tsx';
import { SliderField } from '../fields/slider-field.tsx';
import { SwitchField } from '../fields/switch-field.tsx';
import { LoraMenu } from './lora-menu.tsx';

const NO_LORAS: readonly RelationLoraEntry[] = [];

/** The RelationLoRAs that add up in the picture; the first is the one that the relation is chosen by. */
export function LoraList(): ReactNode {
  const text = useStrings();
  const loras = useApp((state) => state.editor.loras);
  const fewSteps = useApp((state) => state.editor.fewSteps);
  const packLoras = useApp((state) =>
    state.engine.kind === 'ready' ? state.engine.manifest.relationLoras : NO_LORAS,
  );
  const installed = useApp((state) => state.installedLoras);
  const first = loras[0]?.id ?? '';
  const titles = new Map([...packLoras, ...installed].map((one) => [one.id, relationName(text, one)]));
  // A restored picture may name a LoRA that is not here; it stays visible until something else is chosen.
  if (first !== '' && !titles.has(first)) titles.set(first, first);
  return (
    <div className="lora-list">
      <SelectField
        label={text.relation.relation}
        value={first}
        options={[['', text.relation.none] as const, ...titles]}
        onChange={(id) => {
          changeLoras((stack) => replaceFirst(stack, id));
          endStep();
        }}
      />
      <FollowSwitch />
      <ul className="lora-rows">
        {loras.map((lora) => (
          <LoraRow
            key={lora.id}
            lora={lora}
            title={titles.get(lora.id) ?? lora.id}
            entry={packLoras.find(({ id }) => id === lora.id)}
            own={installed.find(({ id }) => id === lora.id)}
          />
        ))}
      </ul>
      <div className="lora-foot">
        <LoraMenu
          choices={[...titles].filter(([id]) => !loras.some((lora) => lora.id === id))}
          stacked={loras.length + (fewSteps ? 1 : 0)}
        />
        <PlaceBoxes relation={first} />
      </div>
    </div>
  );
}

/** Whether the first RelationLoRA follows the words by itself. */
function FollowSwitch(): ReactNode {
  const text = useStrings();
  const follows = useApp((state) => state.editor.relationFollows);
  return (
    <SwitchField
      label={text.relation.follows}
      checked={follows}
      onChange={(relationFollows) => {
        changeSettings({ relationFollows }, 'relation');
        endStep();
        attempt(settleRelation);
      }}
    />
  );
}

interface LoraRowProps {
  readonly lora: EditorLora;
  readonly title: string;
  readonly entry: RelationLoraEntry | undefined;
  readonly own: InstalledLora | undefined;
}

/** One LoRA: on or off, where it comes from, what it was trained for, how strong it is. */
function LoraRow({ lora, title, entry, own }: LoraRowProps): ReactNode {
  const text = useStrings();
  const switchId = useId();
  const ready = useApp((state) => state.readyLoras.has(lora.id));
  return (
    <li>
      <div className="lora-row" role="group" aria-label={title} data-on={lora.on}>
        <div className="lora-head">
          <input
            id={switchId}
            className="switch"
            type="checkbox"
            role="switch"
            aria-label={text.relation.use(title)}
            checked={lora.on}
            onChange={(event) => {
              const on = event.currentTarget.checked;
              changeLoras((stack) => changeLora(stack, lora.id, { on }));
              endStep();
            }}
          />
          <label htmlFor={switchId} className="lora-title">
            {title}
          </label>
          <IconButton
            label={text.relation.remove(title)}
            onClick={() => {
              changeLoras((stack) => removeLora(stack, lora.id));
              endStep();
            }}
          >
            <X size={16} />
          </IconButton>
        </div>
        <p className="muted lora-note" title={own === undefined ? undefined : `SHA-256 ${own.sha256}`}>
          {entry !== undefined ? (
            <PackNote entry={entry} ready={ready} />
          ) : own !== undefined ? (
            ownNote(text, own)
          ) : (
            text.relation.notHere
          )}
        </p>
        <SliderField
          label={text.relation.weight}
          value={lora.weight}
          min={0}
          max={2}
          step={0.05}
          disabled={!lora.on}
          onChange={(weight) => {
            changeLoras((stack) => changeLora(stack, lora.id, { weight }), `weight ${lora.id}`);
          }}
        />
      </div>
    </li>
  );
}

/** Packs describe their LoRAs in English. */
function PackNote({
  entry: { file, description },
  ready,
}: {
  readonly entry: RelationLoraEntry;
  readonly ready: boolean;
}): ReactNode {
  const text = useStrings();
  return (
    <>
      {ready ? text.relation.ready : text.relation.embeddedFile(formatBytes(file.byteLength))}
      {description !== '' && (
        <>
          {' · '}
          <span lang="en">{description}</span>
        </>
      )}
    </>
  );
}

function ownNote(text: Strings, { source, byteLength, sha256, purpose }: InstalledLora): string {
  const from = source.kind === 'file' ? text.relation.ownFile : new URL(source.url).hostname;
  return [from, formatBytes(byteLength), `SHA-256 ${sha256.slice(0, 8)}…`, purpose]
    .filter((part) => part !== '')
    .join(' · ');
}

/** Puts the boxes where the relation wants them, when it is one that the data engine knows. */
function PlaceBoxes({ relation }: { readonly relation: string }): ReactNode {
  const text = useStrings();
  const idea = useApp((state) => state.ideas.find(({ id }) => id === relation));
  const objects = useApp((state) => state.editor.objects.length);
  if (idea === undefined || idea.boxes.length > objects) return null;
  return (
    <button
      type="button"
      className="button quiet small"
      title={text.relation.placeBoxesFor(relationName(text, idea))}
      onClick={() => {
        placeBoxes(idea.boxes);
      }}
    >
      <LayoutTemplate size={16} aria-hidden="true" /> {text.relation.placeBoxes}
    </button>
  );
}
