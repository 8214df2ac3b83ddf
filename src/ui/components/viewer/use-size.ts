import { useEffect, useState, type RefObject } from 'react';
import { type Size } from '../../model/picture-view.ts';

/** The inner size of an element in CSS pixels, kept up to date; null before it is known. */
export function useSize(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const observed = element.current;
    if (observed === null) return undefined;
    const observer = new ResizeObserver(() => {
      setSize({ width: observed.clientWidth, height: observed.clientHeight });
    });
    observer.observe(observed);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return size;
}
