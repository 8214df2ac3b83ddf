import { AppError } from '../../shared/errors.ts';
import { requestSchema, type GenerationRequest } from '../../shared/request.ts';
import { withoutFewSteps } from '../../weights/few-step.ts';
import { FEW_STEPS } from '../../weights/pack-manifest.ts';
import { type Editor, type EditorObject, type PhotoRef } from './editor.ts';
import { findPhrase } from './phrases.ts';

/** Why a picture cannot be made yet; the page shows it where it can be mended. */
export type Obstacle =
  | { readonly kind: 'no-prompt' }
  | { readonly kind: 'no-photo'; readonly object: number }
  | { readonly kind: 'no-phrase'; readonly object: number };

/** What stands in the way, first things first. Objects count from 0. */
export function obstaclesOf(editor: Editor): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (editor.prompt.trim() === '') found.push({ kind: 'no-prompt' });
  for (const [object, { photo, phrase }] of editor.objects.entries()) {
    if (photo === null) found.push({ kind: 'no-photo', object });
    if (phrase.trim() === '') found.push({ kind: 'no-phrase', object });
  }
  return found;
}

/** Objects whose words are not in the prompt: the picture can be made, but identity and words may part. */
export function unnamedObjects(editor: Editor): readonly number[] {
  return editor.objects.flatMap((object, index) =>
    object.phrase.trim() !== '' && findPhrase(editor.prompt, object.phrase) === null ? [index] : [],
  );
}

/** The request that the editor describes; throws AppError 'bad-request' with the first thing that is wrong. */
export function requestFrom(editor: Editor, seed: number): GenerationRequest {
  const parsed = requestSchema.safeParse({
    pack: editor.pack,
    prompt: editor.prompt,
    negativePrompt: editor.negativePrompt,
    objects: editor.objects.map(({ photo, phrase, box, weight }) => ({
      image: photo?.sha256 ?? '',
      phrase,
      box,
      weight,
    })),
    // Last, for a picture is named after the first.
    relation: [
      ...editor.loras.filter(({ on }) => on).map(({ id, weight }) => ({ lora: id, weight })),
      ...(editor.fewSteps ? [{ lora: FEW_STEPS, weight: 1 }] : []),
    ],
    steps: editor.steps,
    sampler: editor.sampler,
    guidance: editor.guidance,
    identityScale: editor.identityScale,
    localTokens: editor.localTokens,
    seed,
    width: editor.width,
    height: editor.height,
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? '' : issue.path.join('.');
  throw new AppError(
    'bad-request',
    `The settings do not make a picture: ${where} ${issue?.message ?? ''}`.trim(),
  );
}

/** The editor that would make this request again; photos come from the local store, null where it lacks one. */
export function editorFrom(
  request: GenerationRequest,
  current: Editor,
  photoOf: (sha256: string) => PhotoRef | null,
): Editor {
  const objects: readonly EditorObject[] = request.objects.map((object, index) => ({
    id: `${object.image.slice(0, 12)}-${index}`,
    photo: photoOf(object.image),
    phrase: object.phrase,
    weight: object.weight,
    box: object.box,
    locked: false,
  }));
  const relations = withoutFewSteps(request.relation);
  return {
    ...current,
    objects,
    stack: objects.map(({ id }) => id),
    prompt: request.prompt,
    negativePrompt: request.negativePrompt,
    loras: relations.map(({ lora, weight }) => ({ id: lora, weight, on: true })),
    // The same picture again: nothing of it changes by itself.
    relationFollows: false,
    fewSteps: relations.length < request.relation.length,
    steps: request.steps,
    sampler: request.sampler,
    guidance: request.guidance,
    identityScale: request.identityScale,
    localTokens: request.localTokens,
    seed: request.seed,
    seedLocked: true,
    width: request.width,
    height: request.height,
    pack: request.pack,
    tunedFor: request.pack,
  };
}
