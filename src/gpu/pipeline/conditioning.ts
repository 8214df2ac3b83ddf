import { isGuidedStep } from '../../sampling/guidance.ts';
import type { LatentSize } from '../../sampling/size.ts';
import { throwIfAborted } from '../../shared/errors.ts';
import type { GenerationRequest } from '../../shared/request.ts';
import { paddedLoraRanks, type WeightedLora } from '../networks/lora-inputs.ts';
import { computeKeyValues, type KeyValues, releaseKeyValues } from './key-value-stage.ts';
import type { Experiments } from './experiments.ts';
import type { Model } from './model.ts';
import { createObjectStage, objectKey, type ObjectInput, packObjectTokens } from './object-stage.ts';
import { createPhotoStage, type LoadPhoto } from './photo-stage.ts';
import { createResultCache } from './result-cache.ts';
import type { StageContext } from './stage-context.ts';
import type { Stopwatch } from './stopwatch.ts';
import { createTextStage, type EncodedText, phraseKey, type TextLoras } from './text-stage.ts';
import type { CutText, GenerateProgress } from './types.ts';
import type { StepConditions } from './unet-stage.ts';

export interface ConditioningInput {
  readonly request: GenerationRequest;
  readonly latent: LatentSize;
  readonly loras: readonly WeightedLora[];
}

export interface ConditioningRun {
  readonly loadPhoto: LoadPhoto;
  readonly stopwatch: Stopwatch;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: GenerateProgress) => void) | undefined;
}

export interface Conditioned {
  readonly conditions: StepConditions;
  readonly cutTexts: readonly CutText[];
}

export interface Conditioning {
  /** Everything the step graph needs of photos, words and LoRAs; what did not change is remembered. */
  prepare(input: ConditioningInput, run: ConditioningRun): Promise<Conditioned>;
  /** Forgets what hangs on LoRAs, whose ids may mean other files from now on, and frees what lies on the device. */
  forget(): void;
}

/** Which rows of classifier-free guidance the steps of a request need. */
export type GuidanceRows = 'joint' | 'separate' | 'conditional';

/** Guidance in all steps runs both rows at once; in some steps it runs them apart, so that the others cost one. */
export function guidanceRows(request: GenerationRequest): GuidanceRows {
  const { steps } = request;
  const guided = Array.from({ length: steps }, (_, index) => isGuidedStep(request, index, steps));
  if (guided.every(Boolean)) return 'joint';
  return guided.some(Boolean) ? 'separate' : 'conditional';
}

interface Prompts {
  readonly conditional: EncodedText;
  /** Absent without guidance. */
  readonly unconditional: EncodedText | undefined;
}

/** The rows' keys and values; `unconditional` is absent where the first holds both rows or guidance is off. */
interface RowKeyValues {
  readonly main: KeyValues;
  readonly unconditional: KeyValues | undefined;
}

function releaseRows({ main, unconditional }: RowKeyValues): void {
  releaseKeyValues(main);
  if (unconditional !== undefined) releaseKeyValues(unconditional);
}

export function createConditioning(
  model: Model,
  context: StageContext,
  { localTokensOf = 'own', localGrid, wordOf }: Experiments = {},
): Conditioning {
  const texts = createTextStage(model, context);
  const photos = createPhotoStage(model, context, localGrid);
  const objects = createObjectStage(model, context);
  // One entry: the keys and values of SDXL are 150 MB, and a new seed or step count asks for the same ones.
  const keyValueCache = createResultCache<RowKeyValues>(1, releaseRows);

  async function encodeWords(
    request: GenerationRequest,
    rows: GuidanceRows,
    loras: TextLoras,
    cut: CutText[],
  ): Promise<Prompts> {
    const note = (field: CutText['field'], index: number, text: string): void => {
      if (text !== '') cut.push({ field, index, text });
    };
    const word = wordOf?.(request.prompt);
    const conditional = await texts.encodePrompt(request.prompt, { ...loras, word });
    note('prompt', 0, conditional.cut);
    if (rows === 'conditional') return { conditional, unconditional: undefined };
    const unconditional = await texts.encodePrompt(request.negativePrompt, loras);
    note('negativePrompt', 0, unconditional.cut);
    return { conditional, unconditional };
  }

  async function encodeObjects(
    request: GenerationRequest,
    run: ConditioningRun,
    loras: TextLoras,
    cut: CutText[],
  ): Promise<readonly Float32Array[]> {
    const tokens: Float32Array[] = [];
    let localPhoto: ObjectInput['localPhoto'];
    for (const [index, object] of request.objects.entries()) {
      throwIfAborted(run.signal);
      const photo = await run.stopwatch.time('photos', () => photos.encodePhoto(object.image, run.loadPhoto));
      const phrase = await run.stopwatch.time('words', () => texts.encodePhrase(object.phrase, loras));
      if (phrase.cut !== '') cut.push({ field: 'phrase', index, text: phrase.cut });
      if (localTokensOf === 'first') localPhoto ??= { image: object.image, tokens: photo };
      const input = {
        object,
        photo,
        phrase: phrase.pooled,
        phraseKey: phraseKey(loras),
        useLocalTokens: request.localTokens,
        ...(localPhoto === undefined ? {} : { localPhoto }),
      };
      tokens.push(await run.stopwatch.time('photos', () => objects.encodeObject(input)));
    }
    return tokens;
  }

  return {
    async prepare({ request, latent, loras }, run) {
      const rows = guidanceRows(request);
      const cutTexts: CutText[] = [];
      const loraRanks = paddedLoraRanks(loras);
      const textLoras = { loras, key: JSON.stringify(request.relation) };
      if (request.objects.length > 0) run.onProgress?.({ stage: 'photos' });
      const objectTokens = await encodeObjects(request, run, textLoras, cutTexts);
      throwIfAborted(run.signal);
      run.onProgress?.({ stage: 'words' });
      const { conditional, unconditional } = await run.stopwatch.time('words', () =>
        encodeWords(request, rows, textLoras, cutTexts),
      );

      throwIfAborted(run.signal);
      const key = JSON.stringify([
        rows,
        request.prompt,
        request.negativePrompt,
        request.objects.map((object) => objectKey(object, request.localTokens)),
        request.relation,
      ]);
      const compute = (contexts: Parameters<typeof computeKeyValues>[2]['contexts']): Promise<KeyValues> =>
        computeKeyValues(model, context, {
          contexts,
          objectTokens: packObjectTokens(objectTokens, model.unet.config.contextWidth),
          loras,
          loraRank: loraRanks.attention,
        });
      const keyValues = await run.stopwatch.time('words', () =>
        keyValueCache.remember(key, async () => {
          if (unconditional === undefined) {
            return { main: await compute([conditional.context]), unconditional: undefined };
          }
          if (rows === 'joint') {
            const main = await compute([unconditional.context, conditional.context]);
            return { main, unconditional: undefined };
          }
          return {
            main: await compute([conditional.context]),
            unconditional: await compute([unconditional.context]),
          };
        }),
      );
      return {
        cutTexts,
        conditions: {
          request,
          latent,
          loras,
          loraRanks,
          rows: stepRows(rows, { conditional, unconditional }, keyValues),
        },
      };
    },
    forget() {
      keyValueCache.clear();
      texts.forget();
      objects.forget();
    },
  };
}

function stepRows(rows: GuidanceRows, prompts: Prompts, keyValues: RowKeyValues): StepConditions['rows'] {
  const { conditional, unconditional } = prompts;
  if (rows === 'joint' && unconditional !== undefined) {
    return {
      kind: 'joint',
      unconditionalPooled: unconditional.pooled,
      conditionalPooled: conditional.pooled,
      keyValues: keyValues.main,
    };
  }
  return {
    kind: 'separate',
    conditional: { pooled: conditional.pooled, keyValues: keyValues.main },
    unconditional:
      unconditional === undefined || keyValues.unconditional === undefined
        ? undefined
        : { pooled: unconditional.pooled, keyValues: keyValues.unconditional },
  };
}
