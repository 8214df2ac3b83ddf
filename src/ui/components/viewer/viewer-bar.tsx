import { type ReactNode } from 'react';
import { Columns2, Maximize, X, ZoomIn, ZoomOut } from 'lucide-react';
import { closeViewer, toggleCompare } from '../../state/viewer-actions.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';

export interface ViewerBarProps {
  /** Screen pixels per pixel of the picture; null before the picture is there. */
  readonly zoom: number | null;
  readonly fitted: boolean;
  readonly comparing: boolean;
  /** False while there is no earlier picture. */
  readonly comparable: boolean;
  readonly onZoomIn: () => void;
  readonly onZoomOut: () => void;
  readonly onFit: () => void;
  readonly onActualSize: () => void;
}

export function ViewerBar(props: ViewerBarProps): ReactNode {
  const { zoom, fitted, comparing, comparable, onZoomIn, onZoomOut, onFit, onActualSize } = props;
  const text = useStrings();
  return (
    <div className="viewer-bar" role="toolbar" aria-label={text.viewer.tools}>
      <IconButton label={text.viewer.zoomOut} shortcut="-" onClick={onZoomOut}>
        <ZoomOut size={18} />
      </IconButton>
      <p className="viewer-zoom" aria-live="polite">
        <span className="visually-hidden">{text.viewer.zoom}</span>{' '}
        {zoom === null ? '' : `${Math.round(zoom * 100)} %`}
      </p>
      <IconButton label={text.viewer.zoomIn} shortcut="+" onClick={onZoomIn}>
        <ZoomIn size={18} />
      </IconButton>
      <span className="bar-line" aria-hidden="true" />
      <IconButton label={text.viewer.fit} shortcut="0" aria-pressed={fitted} onClick={onFit}>
        <Maximize size={18} />
      </IconButton>
      <button
        type="button"
        className="button quiet small"
        aria-label={text.viewer.actualSize}
        aria-pressed={zoom === 1}
        onClick={onActualSize}
      >
        100 %
      </button>
      <span className="bar-line" aria-hidden="true" />
      <button
        type="button"
        className="button quiet small"
        aria-pressed={comparing}
        disabled={!comparable && !comparing}
        title={comparable || comparing ? undefined : text.viewer.nothingBefore}
        onClick={toggleCompare}
      >
        <Columns2 size={16} aria-hidden="true" /> {text.viewer.compare}
      </button>
      <IconButton label={text.viewer.close} shortcut="Esc" className="viewer-close" onClick={closeViewer}>
        <X size={18} />
      </IconButton>
    </div>
  );
}
