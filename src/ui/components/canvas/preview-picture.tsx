import { useEffect, useRef, type ReactNode } from 'react';
import { type Preview } from '../../../gpu/pipeline/types.ts';
import { complain } from '../../state/notices.ts';

/** Times the preview's size that it is drawn at: a style sheet would show its pixels as tiles. */
const ENLARGED = 8;

/** The unfinished picture, made larger by the browser, off the page's thread. */
export function PreviewPicture({ preview }: { readonly preview: Preview }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let current = true;
    const { pixels, width, height } = preview;
    createImageBitmap(new ImageData(pixels, width, height), {
      resizeWidth: width * ENLARGED,
      resizeHeight: height * ENLARGED,
      resizeQuality: 'high',
    }).then((bitmap) => {
      // A newer one may have been faster.
      if (current) canvas.current?.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
      else bitmap.close();
    }, complain);
    return () => {
      current = false;
    };
  }, [preview]);
  return <canvas ref={canvas} className="picture preview" aria-hidden="true" />;
}
