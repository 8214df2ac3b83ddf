import { type CSSProperties, type ReactNode } from 'react';
import { Image, SquareDashed } from 'lucide-react';
import { store } from '../../state/app-state.ts';
import { useApp } from '../../state/use-app.ts';
import { isViewing } from '../../state/viewer-actions.ts';
import { useStrings } from '../../strings/index.ts';
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
    </div>
  );
}
