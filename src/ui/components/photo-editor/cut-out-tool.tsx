import { useState, type ReactNode } from 'react';
import { Eraser, Paintbrush, PaintBucket, WandSparkles } from 'lucide-react';
import { type Box } from '../../../shared/request.ts';
import { type Size } from '../../model/picture-view.ts';
import { useStrings } from '../../strings/index.ts';
import { SliderField } from '../fields/slider-field.tsx';
import { Choice } from './choice.tsx';
import { CutOutStage, type Brush } from './cut-out-stage.tsx';
import { FindObjectButton } from './find-object-button.tsx';
import { type CutOut } from './use-cut-out.ts';
import { type FindObject } from './use-find-object.ts';

/** Slider ends, as parts of the photo's longest side. */
const SMALLEST_BRUSH = 0.005;
const LARGEST_BRUSH = 0.15;
const MOST_FEATHER = 0.05;
/** Far enough for a backdrop with a little noise, near enough to stop at most objects. */
const FIRST_TOLERANCE = 0.12;
const MOST_TOLERANCE = 0.5;

export interface CutOutToolProps {
  readonly url: string;
  readonly size: Size;
  readonly crop: Box;
  readonly cutOut: CutOut;
  readonly search: FindObject;
}

/** Takes the surroundings away: by a model that finds the object, or by hand with a brush, by colour, or all of a plain background at once. */
export function CutOutTool({ url, size, crop, cutOut, search }: CutOutToolProps): ReactNode {
  const text = useStrings();
  const [brush, setBrush] = useState<Brush>('remove');
  const [radius, setRadius] = useState(0.03);
  const [tolerance, setTolerance] = useState(FIRST_TOLERANCE);
  const { brushes } = text.photoTools;
  return (
    <>
      <CutOutStage
        url={url}
        size={size}
        crop={crop}
        cutOut={cutOut}
        brush={brush}
        radius={radius}
        tolerance={tolerance}
      />
      <div className="tool-controls">
        <FindObjectButton search={search} disabled={cutOut.view === null} />
        <button
          type="button"
          className="button quiet"
          disabled={cutOut.view === null}
          onClick={() => {
            cutOut.change({ kind: 'background', tolerance });
          }}
        >
          <WandSparkles size={16} aria-hidden="true" /> {text.photoTools.background}
        </button>
        <Choice
          label={text.photoTools.brush}
          value={brush}
          options={[
            ['remove', brushes.remove, <Eraser key="remove" size={16} aria-hidden="true" />],
            ['keep', brushes.keep, <Paintbrush key="keep" size={16} aria-hidden="true" />],
            ['similar', brushes.similar, <PaintBucket key="similar" size={16} aria-hidden="true" />],
          ]}
          onChange={setBrush}
        />
        <SliderField
          label={text.photoTools.size}
          value={radius / LARGEST_BRUSH}
          min={SMALLEST_BRUSH / LARGEST_BRUSH}
          max={1}
          step={0.01}
          disabled={brush === 'similar'}
          onChange={(share) => {
            setRadius(share * LARGEST_BRUSH);
          }}
        />
        <SliderField
          label={text.photoTools.tolerance}
          value={tolerance}
          min={0}
          max={MOST_TOLERANCE}
          step={0.01}
          onChange={setTolerance}
        />
        <SliderField
          label={text.photoTools.feather}
          value={cutOut.feather / MOST_FEATHER}
          min={0}
          max={1}
          step={0.01}
          onChange={(share) => {
            cutOut.change({ kind: 'feather', feather: share * MOST_FEATHER });
          }}
        />
        <button
          type="button"
          className="button quiet small"
          onClick={() => {
            cutOut.change({ kind: 'keep-all' });
          }}
        >
          {text.photoTools.keepAll}
        </button>
        <p className="muted tool-note">
          {cutOut.view?.kept === 0 ? text.photoTools.nothingLeft : text.photoTools.cutOutNote}
        </p>
      </div>
    </>
  );
}
