import { rgbaImage, type RgbaImage } from '../images/rgba-image.ts';
import type { LoadPhoto } from '../gpu/pipeline/photo-stage.ts';
import { type RenderedScene, renderPhoto, type Scene, type SceneObject } from '../scenes/index.ts';
import { createNodeCanvasFactory } from '../scenes/node-canvas.ts';
import { type GenerationRequest, requestSchema, type SamplerKind } from '../shared/request.ts';
import type { PackManifest } from '../weights/pack-manifest.ts';

/** Photos as a person's files would be; the engine resizes them itself. */
const PHOTO_SIZE = 320;

const canvases = createNodeCanvasFactory();

/** The reference photo of a scene's object. */
export function photoOf(object: SceneObject): RgbaImage {
  const { pixels, size } = renderPhoto(canvases, object.identity, object.photoSeed, PHOTO_SIZE);
  return rgbaImage(size, size, pixels);
}

/** The engine remembers photos by name, so each has its own. */
function photoName(scene: Scene, index: number): string {
  return `scene ${scene.seed}, object ${index}`;
}

/** What of a request the scene does not decide; the rest comes from the pack's defaults. */
export interface SceneRequestOptions {
  readonly prompt: string;
  readonly seed: number;
  /** Ids of RelationLoRAs to use at full weight. */
  readonly loras: readonly string[];
  readonly steps?: number | undefined;
  readonly sampler?: SamplerKind | undefined;
  readonly guidance?: number | undefined;
  /** False draws from the prompt alone. */
  readonly withObjects?: boolean;
  readonly localTokens?: boolean;
}

/** A request for what a scene shows: its objects' photos, phrases and boxes, as `truth` has them. */
export function sceneRequest(
  manifest: PackManifest,
  scene: Scene,
  truth: RenderedScene,
  { prompt, seed, loras, steps, sampler, guidance, withObjects = true, localTokens }: SceneRequestOptions,
): GenerationRequest {
  const objects = scene.objects.map((object, index) => ({
    image: photoName(scene, index),
    phrase: object.phrase,
    box: truth.objects[index]?.box,
  }));
  return requestSchema.parse({
    ...manifest.defaults,
    ...(steps === undefined ? {} : { steps }),
    ...(sampler === undefined ? {} : { sampler }),
    ...(guidance === undefined ? {} : { guidance }),
    ...(localTokens === undefined ? {} : { localTokens }),
    pack: manifest.id,
    prompt,
    objects: withObjects ? objects : [],
    relation: loras.map((lora) => ({ lora, weight: 1 })),
    seed,
  });
}

/** Where the engine gets the photos of {@link sceneRequest} from. */
export function scenePhotos(scene: Scene): LoadPhoto {
  return (name) => {
    const object = scene.objects.find((_, index) => photoName(scene, index) === name);
    return object === undefined
      ? Promise.reject(new RangeError(`The scene ${scene.seed} has no photo "${name}".`))
      : Promise.resolve(photoOf(object));
  };
}
