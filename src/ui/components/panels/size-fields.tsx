import { type ReactNode } from 'react';
import { RectangleHorizontal, RectangleVertical, Square } from 'lucide-react';
import { changeSettings, endStep } from '../../state/edit-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';
import { NumberField } from '../fields/number-field.tsx';

/** Sides in multiples of this many pixels fit every level of an SDXL-like U-Net. */
const SIDE_STEP = 32;
const FALLBACK_SIDE = 256;

const ASPECTS = [
  { id: 'square', ratio: 1, Icon: Square },
  { id: 'portrait', ratio: 3 / 4, Icon: RectangleVertical },
  { id: 'landscape', ratio: 4 / 3, Icon: RectangleHorizontal },
] as const;

/** Width and height of a shape with about the area of the model's own size. */
function sizeOf(ratio: number, side: number): { width: number; height: number } {
  const round = (value: number): number => Math.max(SIDE_STEP, Math.round(value / SIDE_STEP) * SIDE_STEP);
  return { width: round(side * Math.sqrt(ratio)), height: round(side / Math.sqrt(ratio)) };
}

/** Width, height and three shapes to start from. */
export function SizeFields(): ReactNode {
  const text = useStrings();
  const width = useApp((state) => state.editor.width);
  const height = useApp((state) => state.editor.height);
  const side = useApp((state) =>
    state.engine.kind === 'ready' ? state.engine.manifest.defaults.width : FALLBACK_SIDE,
  );
  return (
    <div className="size-fields">
      <NumberField
        label={text.details.width}
        min={64}
        max={2048}
        step={1}
        value={width}
        onChange={(value) => {
          changeSettings({ width: value }, 'size');
        }}
      />
      <NumberField
        label={text.details.height}
        min={64}
        max={2048}
        step={1}
        value={height}
        onChange={(value) => {
          changeSettings({ height: value }, 'size');
        }}
      />
      <div className="segmented" role="group" aria-label={text.details.aspects}>
        {ASPECTS.map(({ id, ratio, Icon }) => {
          const size = sizeOf(ratio, side);
          return (
            <IconButton
              key={id}
              label={text.details.aspect[id]}
              aria-pressed={size.width === width && size.height === height}
              onClick={() => {
                changeSettings(size, 'size');
                endStep();
              }}
            >
              <Icon size={16} />
            </IconButton>
          );
        })}
      </div>
    </div>
  );
}
