/**
 * The data engine as the page uses it. A module of its own so that it loads after the first paint, with
 * `import()`: the page shows its layout before it knows how to draw a bear.
 */
import { createRandom } from '../../shared/random.ts';
import { createBrowserCanvasFactory } from '../../scenes/browser-canvas.ts';
import { describeIdentity } from '../../scenes/describe.ts';
import { sampleIdentity } from '../../scenes/identity.ts';
import { renderPhoto } from '../../scenes/photo.ts';
import { keepNewPhoto } from './import-photo.ts';
import { RELATIONS } from '../../scenes/relations/index.ts';
import { type PhotoRef } from '../model/editor.ts';
import { type RelationIdea } from '../model/relations.ts';

const PHOTO_SIZE = 256;

export interface ExampleObject {
  readonly photo: PhotoRef;
  readonly phrase: string;
}

/** A character that the seed decides, drawn as a photo and kept like one. Never one used in training. */
export async function drawExampleObject(seed: number): Promise<ExampleObject> {
  const identity = sampleIdentity(createRandom(seed), 'heldout');
  const { phrase, description } = describeIdentity(identity);
  const { pixels, size } = renderPhoto(createBrowserCanvasFactory(), identity, seed, PHOTO_SIZE);
  const canvas = new OffscreenCanvas(size, size);
  const image = new ImageData(size, size);
  image.data.set(pixels);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  const { photo } = await keepNewPhoto(
    await canvas.convertToBlob({ type: 'image/png' }),
    `${description}.png`,
  );
  return { photo, phrase };
}

/** The relations the data engine knows, as ideas for words and boxes. */
export const SCENE_RELATIONS: readonly RelationIdea[] = RELATIONS.map((relation) => ({
  id: relation.id,
  label: relation.label,
  kind: relation.kind,
  predicate: relation.wordings[0]?.predicate ?? relation.label.toLowerCase(),
  predicates: relation.wordings.map((wording) => wording.predicate),
  boxes: relation.boxes,
}));
