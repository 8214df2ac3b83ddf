/**
 * The data engine as the page uses it. A module of its own so that it loads after the first paint, with
 * `import()`: the page shows its layout before it knows what a hug is. Drawing is the photo worker's.
 */
import { RELATIONS } from '../../scenes/relations/index.ts';
import { type PhotoRef } from '../model/editor.ts';
import { type RelationIdea } from '../model/relations.ts';
import { keepNewPhoto } from './import-photo.ts';
import { askPhotoWorker } from './photo-service.ts';

export interface ExampleObject {
  readonly photo: PhotoRef;
  readonly phrase: string;
}

/** A character that the seed decides, drawn as a photo and kept like one. Never one used in training. */
export async function drawExampleObject(seed: number): Promise<ExampleObject> {
  const { file, phrase, description } = await askPhotoWorker('draw-example', { seed });
  const { photo } = await keepNewPhoto(file, `${description}.png`);
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
