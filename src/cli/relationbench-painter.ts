import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchCase } from '../evaluation/cases.ts';
import { type RowPlan, variantFolder } from '../evaluation/rows.ts';
import { readRelationWord, type RelationWord } from '../gpu/pipeline/experiments.ts';
import { type Engine, openEngine } from '../gpu/pipeline/engine.ts';
import type { Runtime } from '../gpu/runtime/runtime.ts';
import { type RgbaImage, rgbaImage } from '../images/rgba-image.ts';
import type { RenderedScene } from '../scenes/index.ts';
import { AppError } from '../shared/errors.ts';
import { embedSettings, extractSettings } from '../shared/png-metadata.ts';
import type { GenerationRequest } from '../shared/request.ts';
import { type FewStepUse, fewStepUse } from '../weights/few-step.ts';
import type { PackManifest } from '../weights/pack-manifest.ts';
import type { OpenedPack } from '../weights/pack-reader.ts';
import { sha256 } from '../weights/sha256.ts';
import { decodeImage, encodePng } from './node-images.ts';
import { scenePhotos, sceneRequest } from './scene-request.ts';

export interface PaintedCase {
  readonly picture: RgbaImage;
  /** Whether a RelationLoRA or a learned word was in use. */
  readonly lora: boolean;
}

/** Draws the pictures of one row, or reads those that an earlier run of the same requests left. */
export interface Painter {
  paint(one: BenchCase, truth: RenderedScene): Promise<PaintedCase>;
  dispose(): Promise<void>;
}

export interface PainterOptions {
  readonly runtime: Runtime;
  readonly pack: OpenedPack;
  readonly row: RowPlan;
  readonly learned: LearnedRow;
  /** Pictures lie in a folder of the row's name in it. */
  readonly out: string;
  readonly steps: number | undefined;
}

const FILE_NAMES = {
  loras: 'pytorch_lora_weights.safetensors',
  words: 'relation_word.safetensors',
} as const;

/** Files of a row by relation. */
type LearnedFiles = ReadonlyMap<string, Uint8Array>;

async function readLearned(folder: string, kind: keyof typeof FILE_NAMES): Promise<LearnedFiles> {
  const found = new Map<string, Uint8Array>();
  const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : [];
  for (const { name } of entries.filter((one) => one.isDirectory())) {
    const file = path.join(folder, name, FILE_NAMES[kind]);
    if (existsSync(file)) found.set(name, new Uint8Array(await readFile(file)));
  }
  return found;
}

/** What a row brings along; both empty for what is in the pack. */
export interface LearnedRow {
  readonly loras: LearnedFiles;
  readonly words: LearnedFiles;
}

const NOTHING: LearnedFiles = new Map();

/**
 * The files of a row, or undefined if training has not made them yet; `trained` is its work folder. Throws
 * AppError 'bad-request' if a folder that was named holds none.
 */
export async function learnedOf(
  { learned, speed }: RowPlan,
  trained: string,
  { fewSteps }: Pick<PackManifest, 'fewSteps'>,
): Promise<LearnedRow | undefined> {
  if (speed.kind === 'few-steps' && fewSteps === undefined) return undefined;
  switch (learned.kind) {
    case 'nothing':
    case 'pack':
      return { loras: NOTHING, words: NOTHING };
    case 'variant': {
      const files = await readLearned(path.join(trained, variantFolder(learned.variant)), learned.files);
      if (files.size === 0) return undefined;
      return { loras: NOTHING, words: NOTHING, [learned.files]: files };
    }
    case 'loras': {
      const loras = await readLearned(learned.folder, 'loras');
      if (loras.size > 0) return { loras, words: NOTHING };
      throw new AppError(
        'bad-request',
        `${learned.folder} holds no RelationLoRA. Expected folders RELATION/${FILE_NAMES.loras}, as training leaves them.`,
      );
    }
  }
}

/** An id that names relation and content, so that pictures of other files are not taken for these. */
async function contentId(relation: string, bytes: Uint8Array): Promise<string> {
  return `${relation}@${(await sha256(bytes)).slice(0, 12)}`;
}

/** The picture of an earlier run, if it was made by exactly this request. */
async function readPicture(file: string, request: GenerationRequest): Promise<RgbaImage | undefined> {
  if (!existsSync(file)) return undefined;
  const bytes = new Uint8Array(await readFile(file));
  if (JSON.stringify(extractSettings(bytes)) !== JSON.stringify(request)) return undefined;
  return decodeImage(bytes, file);
}

/** What a row's speed adds to a request. */
function speedOf({ speed }: RowPlan, manifest: PackManifest): FewStepUse {
  if (speed.kind === 'few-steps') return fewStepUse(manifest);
  return { loras: [], settings: speed.kind === 'steps' ? { steps: speed.steps } : {} };
}

export async function createPainter(options: PainterOptions): Promise<Painter> {
  const { runtime, pack, row, learned, out, steps } = options;
  const { manifest } = pack;
  const own = new Map<string, Uint8Array>();
  for (const [relation, bytes] of learned.loras) own.set(await contentId(relation, bytes), bytes);
  const ids = row.learned.kind === 'pack' ? manifest.relationLoras.map(({ id }) => id) : [...own.keys()];
  const speed = speedOf(row, manifest);
  const folder = path.join(out, row.name);
  await mkdir(folder, { recursive: true });
  /** By prompt: the word in front of it. */
  const words = new Map<string, RelationWord>();
  let engine: Engine | undefined;

  async function open(): Promise<Engine> {
    const { localTokensOf, localGrid } = row;
    const wordOf = (prompt: string): RelationWord | undefined => words.get(prompt);
    const opened = await openEngine({ runtime, pack, experiments: { localTokensOf, localGrid, wordOf } });
    for (const [id, bytes] of own) await opened.installLora(id, bytes);
    return opened;
  }

  return {
    async paint({ id, scene, prompt, seed }, truth) {
      const lora = ids.find((one) => one.split('@')[0] === scene.relation);
      const wordBytes = learned.words.get(scene.relation);
      if (wordBytes !== undefined) words.set(prompt, await readRelationWord(wordBytes, scene.relation));
      const used = lora !== undefined || wordBytes !== undefined;
      const word = wordBytes === undefined ? undefined : await contentId(scene.relation, wordBytes);
      const request = sceneRequest(manifest, scene, truth, {
        prompt,
        seed,
        loras: [...(lora === undefined ? [] : [lora]), ...speed.loras],
        steps,
        ...speed.settings,
        withObjects: row.photos,
        localTokens: row.localTokens,
      });
      // A request does not know of words: each has pictures of its own.
      const file = path.join(folder, word === undefined ? `${id}.png` : `${id}-${word}.png`);
      const known = await readPicture(file, request);
      if (known !== undefined) return { picture: known, lora: used };
      engine ??= await open();
      const result = await engine.generate(request, { loadPhoto: scenePhotos(scene) });
      const picture = rgbaImage(result.width, result.height, result.pixels);
      await writeFile(file, embedSettings(encodePng(picture), request, manifest.title));
      return { picture, lora: used };
    },
    async dispose() {
      await engine?.dispose();
    },
  };
}
