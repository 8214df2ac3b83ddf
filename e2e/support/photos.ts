import { decodeImage, encodePng } from '../../src/cli/node-images.ts';
import { describeIdentity, renderPhoto, sampleIdentity } from '../../src/scenes/index.ts';
import { createNodeCanvasFactory } from '../../src/scenes/node-canvas.ts';
import { createRandom } from '../../src/shared/random.ts';

export interface PhotoFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export interface Character {
  readonly phrase: string;
  readonly photo: PhotoFile;
}

const PHOTO_SIZE = 320;

/** A character the embedded model was never trained on, with its photo. */
export function heldOutCharacter(seed: number): Character {
  const identity = sampleIdentity(createRandom(seed), 'heldout');
  const { pixels, size } = renderPhoto(createNodeCanvasFactory(), identity, seed, PHOTO_SIZE);
  const png = encodePng({ width: size, height: size, data: pixels });
  return {
    phrase: describeIdentity(identity).phrase,
    photo: { name: `character-${seed}.png`, mimeType: 'image/png', buffer: Buffer.from(png) },
  };
}

/** The pixels of a picture file, for comparing two of them exactly. */
export async function pixelsOf(picture: Buffer): Promise<Buffer> {
  const { data } = await decodeImage(picture, 'picture.png');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
