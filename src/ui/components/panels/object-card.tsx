import { DropdownMenu } from 'radix-ui';
import { useRef, useState, type ReactNode } from 'react';
import {
  BringToFront,
  Copy,
  Crop,
  Dices,
  Ellipsis,
  ImageUp,
  Lock,
  LockOpen,
  Scissors,
  SendToBack,
  Trash2,
  Undo2,
} from 'lucide-react';
import { MAX_OBJECTS } from '../../../shared/request.ts';
import { fromRectangle, SMALLEST_SIDE, toRectangle, type Rectangle } from '../../model/box-geometry.ts';
import { type EditorObject } from '../../model/editor.ts';
import {
  changeObject,
  changeOrder,
  duplicateObject,
  endStep,
  removeObject,
  select,
  setBox,
  setPhrase,
  toggleLock,
} from '../../state/edit-actions.ts';
import { surprise } from '../../state/example-actions.ts';
import { setPhotoFile } from '../../state/file-actions.ts';
import { attempt } from '../../state/notices.ts';
import { openPhotoTool, restoreOriginal } from '../../state/photo-edit-actions.ts';
import { PHOTO_TOOLS } from '../../state/app-state.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';
import { NumberField } from '../fields/number-field.tsx';
import { SliderField } from '../fields/slider-field.tsx';
import { PhotoWell } from './photo-well.tsx';

export interface ObjectCardProps {
  readonly object: EditorObject;
  /** Counted from 0. */
  readonly index: number;
}

/** One object: its photo, what it is called, how strongly it counts, and where it stands in numbers. */
export function ObjectCard({ object, index }: ObjectCardProps): ReactNode {
  const text = useStrings();
  const selected = useApp((state) => state.selection === object.id);
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const n = index + 1;
  const give = (file: File | undefined): void => {
    if (file !== undefined) attempt(() => setPhotoFile(object.id, file));
  };
  return (
    <li
      className="object-card"
      data-object={index}
      data-selected={selected}
      data-over={over}
      onPointerDown={() => {
        select(object.id);
      }}
      onFocus={() => {
        if (!selected) select(object.id);
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event) => {
        // The page sees a drop that was answered, and leaves it alone.
        event.preventDefault();
        setOver(false);
        give(event.dataTransfer.files[0]);
      }}
    >
      <div className="object-card-main">
        <PhotoWell object={object} index={index} picker={picker} onFile={give} />
        <div className="object-card-words">
          <div className="object-card-head">
            <h3>{text.objects.name(n)}</h3>
            <IconButton
              label={text.objects.surprise(n)}
              onClick={() => {
                attempt(() => surprise(object.id));
              }}
            >
              <Dices size={16} />
            </IconButton>
            <ObjectMenu object={object} n={n} onPick={() => picker.current?.click()} />
            <IconButton
              label={text.objects.remove(n)}
              onClick={() => {
                removeObject(object.id);
              }}
            >
              <Trash2 size={16} />
            </IconButton>
          </div>
          <input
            className="text-input"
            type="text"
            aria-label={text.objects.phrase(n)}
            placeholder={text.objects.phrasePlaceholder}
            maxLength={200}
            value={object.phrase}
            onChange={(event) => {
              setPhrase(object.id, event.currentTarget.value);
            }}
            onBlur={endStep}
          />
          <SliderField
            label={text.objects.weight(n)}
            short={text.objects.weightShort}
            value={object.weight}
            min={0}
            max={2}
            step={0.05}
            onChange={(weight) => {
              changeObject(object.id, { kind: 'weight', mergeKey: `weight ${object.id}` }, { weight });
            }}
          />
        </div>
      </div>
      <BoxFields object={object} n={n} />
    </li>
  );
}

const FIELDS = ['x', 'y', 'width', 'height'] as const satisfies readonly (keyof Rectangle)[];

function BoxFields({ object, n }: { readonly object: EditorObject; readonly n: number }): ReactNode {
  const text = useStrings();
  const rectangle = toRectangle(object.box);
  return (
    <fieldset className="box-fields" disabled={object.locked}>
      <legend className="visually-hidden">{text.objects.box(n)}</legend>
      {FIELDS.map((field) => (
        <NumberField
          key={field}
          label={text.objects.boxFields[field]}
          short={text.objects.boxShort[field]}
          unit="%"
          min={field === 'width' || field === 'height' ? SMALLEST_SIDE * 100 : 0}
          max={100}
          step={0.1}
          value={Math.round(rectangle[field] * 1000) / 10}
          onChange={(percent) => {
            setBox(object.id, fromRectangle({ ...rectangle, [field]: percent / 100 }), `field ${field}`);
          }}
        />
      ))}
    </fieldset>
  );
}

interface ObjectMenuProps {
  readonly object: EditorObject;
  readonly n: number;
  readonly onPick: () => void;
}

function ObjectMenu({ object, n, onPick }: ObjectMenuProps): ReactNode {
  const text = useStrings();
  const full = useApp((state) => state.editor.objects.length >= MAX_OBJECTS);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="icon-button" aria-label={text.objects.more(n)}>
          <Ellipsis size={16} />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
        <DropdownMenu.Item className="menu-item" onSelect={onPick}>
          <ImageUp size={16} aria-hidden="true" /> {text.objects.choosePhoto}
        </DropdownMenu.Item>
        {object.photo !== null && <PhotoItems object={object} />}
        <DropdownMenu.Separator className="menu-line" />
        <DropdownMenu.Item
          className="menu-item"
          disabled={full}
          onSelect={() => {
            duplicateObject(object.id);
          }}
        >
          <Copy size={16} aria-hidden="true" /> {text.objects.duplicate} <kbd>D</kbd>
        </DropdownMenu.Item>
        <DropdownMenu.Item
          className="menu-item"
          onSelect={() => {
            toggleLock(object.id);
          }}
        >
          {object.locked ? <LockOpen size={16} aria-hidden="true" /> : <Lock size={16} aria-hidden="true" />}{' '}
          {object.locked ? text.objects.unlock : text.objects.lock} <kbd>L</kbd>
        </DropdownMenu.Item>
        <DropdownMenu.Item
          className="menu-item"
          onSelect={() => {
            changeOrder(object.id, 1);
          }}
        >
          <BringToFront size={16} aria-hidden="true" /> {text.objects.forward} <kbd>]</kbd>
        </DropdownMenu.Item>
        <DropdownMenu.Item
          className="menu-item"
          onSelect={() => {
            changeOrder(object.id, -1);
          }}
        >
          <SendToBack size={16} aria-hidden="true" /> {text.objects.backward} <kbd>[</kbd>
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

const TOOL_ICONS = { crop: Crop, 'cut-out': Scissors } as const;

/** What can be done to the photo itself. */
function PhotoItems({ object }: { readonly object: EditorObject }): ReactNode {
  const text = useStrings();
  return (
    <>
      <DropdownMenu.Separator className="menu-line" />
      {PHOTO_TOOLS.map((tool) => {
        const Icon = TOOL_ICONS[tool];
        return (
          <DropdownMenu.Item
            key={tool}
            className="menu-item"
            onSelect={() => {
              openPhotoTool(object.id, tool);
            }}
          >
            <Icon size={16} aria-hidden="true" /> {text.photoTools.menu[tool]}
          </DropdownMenu.Item>
        );
      })}
      {object.photo?.edit !== undefined && (
        <DropdownMenu.Item
          className="menu-item"
          onSelect={() => {
            attempt(() => restoreOriginal(object));
          }}
        >
          <Undo2 size={16} aria-hidden="true" /> {text.photoTools.original}
        </DropdownMenu.Item>
      )}
    </>
  );
}
