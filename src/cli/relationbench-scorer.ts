import type { BenchCase } from '../evaluation/cases.ts';
import { predicateOf } from '../evaluation/predicate.ts';
import {
  type CaseEmbeddings,
  type CaseObject,
  type CaseScores,
  type Likeness,
  scoreCase,
} from '../evaluation/scores.ts';
import { type Embedder, openEmbedder } from '../gpu/pipeline/embedder.ts';
import type { EnginePack } from '../gpu/pipeline/pack.ts';
import { neighbourhood } from '../gpu/pipeline/judge.ts';
import type { Runtime } from '../gpu/runtime/runtime.ts';
import { cropImage } from '../images/crop.ts';
import type { RgbaImage } from '../images/rgba-image.ts';
import type { RenderedScene } from '../scenes/index.ts';
import { AppError } from '../shared/errors.ts';
import { askCharacter, askRelation, embedPicture, type Judges, openJudges } from './node-judges.ts';
import { photoOf } from './scene-request.ts';

export interface Scorer {
  /** Scores a picture of a case; `truth` has the boxes that were asked for. */
  score(one: BenchCase, truth: RenderedScene, picture: RgbaImage): Promise<CaseScores>;
  /** The judges' accuracy on held-out renderings, by judge. */
  readonly judgeAccuracy: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Why there are no CLIP scores; undefined if there are. */
  readonly withoutClip: string | undefined;
  /** Whether the self-supervised encoder is there. */
  readonly withLooks: boolean;
  dispose(): Promise<void>;
}

/** The pack's CLIP pair, or why it cannot compare. */
async function openClip(runtime: Runtime, pack: EnginePack): Promise<Embedder | string> {
  try {
    return await openEmbedder(runtime, pack);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'bad-pack') return thrown.message;
    throw thrown;
  }
}

/** Each object's part of the picture and its photo, as vectors. */
async function compare(
  embedImage: (image: RgbaImage) => Promise<Float32Array>,
  { scene }: BenchCase,
  truth: RenderedScene,
  picture: RgbaImage,
): Promise<readonly Likeness[]> {
  const objects: Likeness[] = [];
  for (const [index, object] of scene.objects.entries()) {
    const box = truth.objects[index]?.box ?? [0, 0, 1, 1];
    objects.push({
      cut: await embedImage(cropImage(picture, neighbourhood(picture, box, 0))),
      photo: await embedImage(photoOf(object)),
    });
  }
  return objects;
}

async function embed(
  clip: Embedder,
  one: BenchCase,
  truth: RenderedScene,
  picture: RgbaImage,
): Promise<CaseEmbeddings> {
  const predicate = predicateOf(one.prompt);
  return {
    picture: await clip.embedImage(picture),
    prompt: await clip.embedText(one.prompt),
    predicate: predicate === null ? null : await clip.embedText(predicate),
    objects: await compare((image) => clip.embedImage(image), one, truth, picture),
  };
}

async function readObjects(
  judges: Judges,
  { scene }: BenchCase,
  truth: RenderedScene,
  picture: RgbaImage,
): Promise<readonly CaseObject[]> {
  const objects: CaseObject[] = [];
  for (const [index, { identity }] of scene.objects.entries()) {
    const box = truth.objects[index]?.box ?? [0, 0, 1, 1];
    objects.push({ identity, box, reading: await askCharacter(judges, picture, box) });
  }
  return objects;
}

/** CLIP of the pack and the independent judges, as one scorer. */
export async function openScorer(runtime: Runtime, pack: EnginePack): Promise<Scorer> {
  const judges = await openJudges(runtime);
  const clip = await openClip(runtime, pack);
  return {
    judgeAccuracy: {
      relation: judges.relation.config.heldout_accuracy,
      character: judges.character.config.heldout_accuracy,
      ...(judges.similarity === undefined ? {} : { similarity: judges.similarity.config.heldout_accuracy }),
    },
    withLooks: judges.similarity !== undefined,
    withoutClip: typeof clip === 'string' ? clip : undefined,
    async score(one, truth, picture) {
      const { similarity } = judges;
      const embedLooks =
        similarity && ((image: RgbaImage): Promise<Float32Array> => embedPicture(similarity, image));
      return scoreCase({
        relation: one.scene.relation,
        seenRelation: await askRelation(judges, picture),
        objects: await readObjects(judges, one, truth, picture),
        embeddings: typeof clip === 'string' ? null : await embed(clip, one, truth, picture),
        looks: embedLooks === undefined ? null : await compare(embedLooks, one, truth, picture),
      });
    },
    async dispose() {
      if (typeof clip !== 'string') await clip.dispose();
      await judges.dispose();
    },
  };
}
