import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import type { ListedFile } from './install/copy-files.ts';
import type { CheckpointFolder, WeightStore } from './types.ts';

/** How the weights of a cut-out model are stored, in the words of transformers.js. */
export const CUT_OUT_TYPES = ['fp32', 'fp16', 'q8'] as const;
export type CutOutType = (typeof CUT_OUT_TYPES)[number];

/** Where transformers.js looks for the weights of each type. */
const MODEL_FILES: Readonly<Record<CutOutType, string>> = {
  fp32: 'onnx/model.onnx',
  fp16: 'onnx/model_fp16.onnx',
  q8: 'onnx/model_quantized.onnx',
};
const CONFIG_FILE = 'config.json';
const PROCESSOR_FILE = 'preprocessor_config.json';
/** Weights beside the graph, where it does not hold them itself. */
const DATA_ENDING = '_data';

const LAYOUT = `${CONFIG_FILE}, ${PROCESSOR_FILE} and ${MODEL_FILES.fp32}`;

/** Its folder in a store of such models: one at a time finds objects. */
export const CUT_OUT_ID = 'model';
/** A store that holds a whole cut-out model has this file; it is written last. */
export const CUT_OUT_MANIFEST = 'cut-out-model.json';

const licenceSchema = z.object({ name: z.string(), url: z.string() }).readonly();
const manifestSchema = z
  .object({
    format: z.literal('relationbooth-cut-out-model'),
    version: z.literal(1),
    title: z.string().min(1),
    /** Where it was read, as a person writes it. */
    source: z.string(),
    licence: licenceSchema,
    type: z.enum(CUT_OUT_TYPES),
    files: z
      .array(
        z.object({
          file: z.string(),
          byteLength: z.number().int().nonnegative(),
          sha256: z.string().optional(),
          version: z.string().optional(),
        }),
      )
      .readonly(),
  })
  .readonly();
export type CutOutManifest = z.infer<typeof manifestSchema>;

/** One way to have a cut-out model: its files for one type of weights. */
export interface CutOutChoice {
  readonly type: CutOutType;
  readonly files: readonly ListedFile[];
}

/** `config.json` of a model that marks one thing: it gives no names to what it finds. */
const configSchema = z.object({ model_type: z.string().min(1), id2label: z.unknown().optional() });

function wrongModel(folder: CheckpointFolder, what: string): AppError {
  return new AppError(
    'bad-checkpoint',
    `${folder.name} ${what}. Expected a background-removal model for transformers.js, a folder with ${LAYOUT}. Choose another one.`,
  );
}

async function checkConfig(folder: CheckpointFolder, signal: AbortSignal | undefined): Promise<void> {
  const source = await folder.open(CONFIG_FILE, signal);
  if (source === undefined) throw wrongModel(folder, `has no ${CONFIG_FILE}`);
  const text = new TextDecoder().decode(await source.read(0, source.byteLength, signal));
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw wrongModel(folder, `has a ${CONFIG_FILE} that is no JSON`);
  }
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) throw wrongModel(folder, `names no model_type in its ${CONFIG_FILE}`);
  const { model_type: type, id2label: labels } = parsed.data;
  if (labels !== undefined)
    throw wrongModel(folder, `is a model of type "${type}" that names things instead of marking one`);
}

async function listFile(
  folder: CheckpointFolder,
  file: string,
  signal: AbortSignal | undefined,
): Promise<ListedFile | undefined> {
  const source = await folder.open(file, signal);
  if (source === undefined) return undefined;
  const { byteLength, digest, version } = source;
  return { file, byteLength, version, sha256: digest?.algorithm === 'sha256' ? digest.hex : undefined };
}

/**
 * The ways in which a folder in the layout of transformers.js offers a background-removal model; only its
 * configuration is read. Throws AppError 'bad-checkpoint' for another kind of model or none, and what the
 * source throws.
 */
export async function listCutOutChoices(
  folder: CheckpointFolder,
  signal?: AbortSignal,
): Promise<readonly CutOutChoice[]> {
  await checkConfig(folder, signal);
  const configs: ListedFile[] = [];
  for (const file of [CONFIG_FILE, PROCESSOR_FILE]) {
    const listed = await listFile(folder, file, signal);
    if (listed === undefined) throw wrongModel(folder, `has no ${file}, so it takes no pictures`);
    configs.push(listed);
  }
  const choices: CutOutChoice[] = [];
  for (const type of CUT_OUT_TYPES) {
    const model = await listFile(folder, MODEL_FILES[type], signal);
    if (model === undefined) continue;
    const data = await listFile(folder, MODEL_FILES[type] + DATA_ENDING, signal);
    choices.push({ type, files: [...configs, model, ...(data === undefined ? [] : [data])] });
  }
  if (choices.length === 0) throw wrongModel(folder, 'has no ONNX weights');
  return choices;
}

/** Picked or dropped files where transformers.js looks for them, whatever folders they came in. */
export function cutOutFiles(
  picked: Iterable<readonly [path: string, file: Blob]>,
): ReadonlyMap<string, Blob> {
  return new Map(
    [...picked].map(([path, file]) => {
      const name = path.split('/').at(-1) ?? path;
      return [/\.onnx(_data)?$/.test(name) ? `onnx/${name}` : name, file];
    }),
  );
}

export function encodeCutOutManifest(
  about: Omit<CutOutManifest, 'format' | 'version'>,
): Uint8Array<ArrayBuffer> {
  const manifest: CutOutManifest = { format: 'relationbooth-cut-out-model', version: 1, ...about };
  return new TextEncoder().encode(JSON.stringify(manifest));
}

/** What a store holds; undefined where there is no whole cut-out model. */
export async function readCutOutManifest(store: WeightStore): Promise<CutOutManifest | undefined> {
  try {
    const text = new TextDecoder().decode(await store.readFile(CUT_OUT_MANIFEST));
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // There is none, or it was damaged: it has to be installed again either way.
    return undefined;
  }
}
