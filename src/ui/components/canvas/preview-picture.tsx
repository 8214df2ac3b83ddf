import { useEffect, useRef, type ReactNode } from 'react';
import { type Preview } from '../../../gpu/pipeline/types.ts';

/** The unfinished picture, drawn small and scaled by the style sheet. */
export function PreviewPicture({ preview }: { readonly preview: Preview }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    context?.putImageData(new ImageData(preview.pixels, preview.width, preview.height), 0, 0);
  }, [preview]);
  return (
    <canvas
      ref={canvas}
      className="picture preview"
      width={preview.width}
      height={preview.height}
      aria-hidden="true"
    />
  );
}
