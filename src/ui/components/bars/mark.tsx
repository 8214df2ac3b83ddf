import { type ReactNode } from 'react';

/** The app's mark: two boxes that meet. */
export function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 24 24" width={24} height={24} aria-hidden="true">
      <rect x={2} y={3} width={12} height={14} rx={2.5} className="mark-first" />
      <rect x={10} y={7} width={12} height={14} rx={2.5} className="mark-second" />
    </svg>
  );
}
