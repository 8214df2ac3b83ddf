import { type CSSProperties, type ReactNode } from 'react';
import { Image, SquareDashed } from 'lucide-react';
import { store } from '../../state/app-state.ts';
import { useApp } from '../../state/use-app.ts';
import { isViewing, toggleMix } from '../../state/viewer-actions.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';
import { hasPicture } from '../canvas/sheet.tsx';

/** Fades between the boxes and the picture, to check what fell where. */
export function MixSlider(): ReactNode {
  const text = useStrings();
  const mix = useApp((state) => state.mix);
  const usable = useApp((state) => hasPicture(state) && !isViewing(state));
  if (!usable) return null;
  const style: CSSProperties = { '--share': mix };
  return (
    <div className="mix">
      <SquareDashed size={16} aria-hidden="true" />
      <input
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={mix}
        aria-label={text.canvas.mix}
        aria-valuetext={`${Math.round(mix * 100)} % ${text.canvas.picture}`}
        style={style}
        onChange={(event) => {
          store.setState({ mix: event.currentTarget.valueAsNumber });
        }}
      />
      <Image size={16} aria-hidden="true" />
      <IconButton
        label={mix < 0.5 ? text.canvas.showPicture : text.canvas.showBoxes}
        className="mix-toggle"
        onClick={toggleMix}
      >
        {mix < 0.5 ? <Image size={20} /> : <SquareDashed size={20} />}
      </IconButton>
    </div>
  );
}
