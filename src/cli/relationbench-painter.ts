import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchCase } from '../evaluation/cases.ts';
import type { RowPlan } from '../evaluation/rows.ts';
import { type Engine, openEngine } from '../gpu/pipeline/engine.ts';
import type { Runtime } from '../gpu/runtime/runtime.ts';
import { type RgbaImage, rgbaImage } from '../images/rgba-image.ts';
import type { RenderedScene } from '../scenes/index.ts';
import { AppError } from '../shared/errors.ts';
import { embedSettings, extractSettings } from '../shared/png-metadata.ts';
import type { GenerationRequest } from '../shared/request.ts';
import type { OpenedPack } from '../weights/pack-reader.ts';
import { sha256 } from '../weights/sha256.ts';
import { decodeImage, encodePng } from './node-images.ts';
import { scenePhotos, sceneRequest } from './scene-request.ts';

export interface PaintedCase {
  readonly picture: RgbaImage;
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
  /** Pictures lie in a folder of the row's name in it. */
  readonly out: string;
  readonly steps: number | undefined;
}

/** Bytes of a row's own RelationLoRAs by an id that names relation and content. */
async function readLoras(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const loras = new Map<string, Uint8Array>();
  for (const { name } of (await readdir(folder, { withFileTypes: true })).filter((one) =>
    one.isDirectory(),
  )) {
    const file = path.join(folder, name, 'pytorch_lora_weights.safetensors');
    if (!existsSync(file)) continue;
    const bytes = new Uint8Array(await readFile(file));
    loras.set(`${name}@${(await sha256(bytes)).slice(0, 12)}`, bytes);
  }
  if (loras.size > 0) return loras;
  throw new AppError(
    'bad-request',
    `${folder} holds no RelationLoRA. Expected folders RELATION/pytorch_lora_weights.safetensors, as training leaves them.`,
  );
}

/** The picture of an earlier run, if it was made by exactly this request. */
async function readPicture(file: string, request: GenerationRequest): Promise<RgbaImage | undefined> {
  if (!existsSync(file)) return undefined;
  const bytes = new Uint8Array(await readFile(file));
  if (JSON.stringify(extractSettings(bytes)) !== JSON.stringify(request)) return undefined;
  return decodeImage(bytes, file);
}

export async function createPainter({ runtime, pack, row, out, steps }: PainterOptions): Promise<Painter> {
  const { manifest } = pack;
  const own = typeof row.loras === 'string' ? undefined : await readLoras(row.loras.folder);
  const ids = own === undefined ? manifest.relationLoras.map(({ id }) => id) : [...own.keys()];
  const folder = path.join(out, row.name);
  await mkdir(folder, { recursive: true });
  let engine: Engine | undefined;

  async function openWithLoras(): Promise<Engine> {
    const opened = await openEngine({ runtime, pack, localTokensOf: row.localTokensOf });
    for (const [id, bytes] of own ?? []) await opened.installLora(id, bytes);
    return opened;
  }

  return {
    async paint({ id, scene, prompt, seed }, truth) {
      const lora = row.loras === 'none' ? undefined : ids.find((one) => one.split('@')[0] === scene.relation);
      const request = sceneRequest(manifest, scene, truth, {
        prompt,
        seed,
        loras: lora === undefined ? [] : [lora],
        steps,
        withObjects: row.photos,
        localTokens: row.localTokens,
      });
      const file = path.join(folder, `${id}.png`);
      const known = await readPicture(file, request);
      if (known !== undefined) return { picture: known, lora: lora !== undefined };
      engine ??= await openWithLoras();
      const result = await engine.generate(request, { loadPhoto: scenePhotos(scene) });
      const picture = rgbaImage(result.width, result.height, result.pixels);
      await writeFile(file, embedSettings(encodePng(picture), request, manifest.title));
      return { picture, lora: lora !== undefined };
    },
    async dispose() {
      await engine?.dispose();
    },
  };
}
