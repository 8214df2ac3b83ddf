import 'react';

declare module 'react' {
  interface CSSProperties {
    /** Custom properties hand a component's numbers to its style sheet. */
    [property: `--${string}`]: string | number;
  }
}
