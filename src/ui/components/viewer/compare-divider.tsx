import { type KeyboardEvent, type ReactNode } from 'react';
import { MoveHorizontal } from 'lucide-react';
import { useStrings } from '../../strings/index.ts';

const STEP = 0.01;
const LARGE_STEP = 0.1;

export interface CompareDividerProps {
  /** 0 shows the newer picture alone, 1 the earlier one. */
  readonly share: number;
  readonly span: { readonly from: number; readonly to: number };
  readonly onShare: (share: number) => void;
}

/** The line between two pictures: drag it, or move it with the arrow keys. */
export function CompareDivider({ share, span, onShare }: CompareDividerProps): ReactNode {
  const text = useStrings();
  const give = (value: number): void => {
    onShare(Math.min(1, Math.max(0, value)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? LARGE_STEP : STEP;
    if (event.key === 'ArrowLeft' || event.key === 'ArrowDown') give(share - step);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowUp') give(share + step);
    else if (event.key === 'PageDown') give(share - LARGE_STEP);
    else if (event.key === 'PageUp') give(share + LARGE_STEP);
    else if (event.key === 'Home') give(0);
    else if (event.key === 'End') give(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="compare-divider"
      role="slider"
      tabIndex={0}
      aria-label={text.viewer.divider}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={text.viewer.dividerAt(Math.round(share * 100))}
      style={{ left: span.from + share * (span.to - span.from) }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        event.stopPropagation();
        const viewport = event.currentTarget.parentElement?.getBoundingClientRect();
        if (viewport === undefined || span.to <= span.from) return;
        give((event.clientX - viewport.left - span.from) / (span.to - span.from));
      }}
      onDoubleClick={(event) => {
        event.stopPropagation();
      }}
    >
      <span className="compare-grip">
        <MoveHorizontal size={18} aria-hidden="true" />
      </span>
    </div>
  );
}
