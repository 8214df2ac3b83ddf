import { invariant } from '../../shared/errors.ts';
import type { GenerationRequest } from '../../shared/request.ts';
import type { LatentSize } from '../../sampling/size.ts';
import { attentionResolutions } from '../networks/cross-attention-layout.ts';
import { crossAttentionLoraGroups, linearLoraGroups } from '../networks/lora-groups.ts';
import { type LoraRanks, packLoraInputs, type WeightedLora } from '../networks/lora-inputs.ts';
import { imageMaskInputs } from '../networks/masks.ts';
import { buildUnet } from '../networks/unet.ts';
import type { ComputeType } from '../networks/cross-attention-kv.ts';
import type { HostTensor, Session, Tensor, Uploaded } from '../runtime/runtime.ts';
import type { Predictor } from './denoise.ts';
import type { KeyValues } from './key-value-stage.ts';
import type { Model } from './model.ts';
import type { StageContext } from './stage-context.ts';
import { concatFloats, floatTensor, readFloats } from './tensors.ts';

/** Everything of one row of the batch that stays the same over the steps. */
export interface RowConditions {
  /** [P] */
  readonly pooled: Float32Array;
  readonly keyValues: KeyValues;
}

export interface StepConditions {
  readonly request: GenerationRequest;
  readonly latent: LatentSize;
  readonly loras: readonly WeightedLora[];
  readonly loraRanks: LoraRanks;
  /**
   * 'joint': both rows of guidance in one run; `keyValues` has two rows, unconditional first.
   * 'separate': one row a run, because guidance is off in all or some of the steps.
   */
  readonly rows:
    | {
        readonly kind: 'joint';
        readonly unconditionalPooled: Float32Array;
        readonly conditionalPooled: Float32Array;
        readonly keyValues: KeyValues;
      }
    | {
        readonly kind: 'separate';
        readonly conditional: RowConditions;
        /** Absent where no step is guided. */
        readonly unconditional: RowConditions | undefined;
      };
}

/** SDXL's size conditioning (arXiv 2307.01952, section 2.2): original height and width, crop top and left, target height and width. */
export function timeIds(width: number, height: number): readonly number[] {
  return [height, width, 0, 0, height, width];
}

type HostInputs = Readonly<Record<string, HostTensor>>;
type Inputs = Readonly<Record<string, Tensor>>;

/** The step graph's inputs that do not change between steps but the LoRAs', for as many rows as `pooled` has. */
function constantInputs(
  model: Model,
  conditions: StepConditions,
  pooled: readonly Float32Array[],
): HostInputs {
  const { request, latent } = conditions;
  const { config } = model.unet;
  const batch = pooled.length;
  const ids = Float32Array.from(pooled.flatMap(() => timeIds(request.width, request.height)));
  const resolutions = attentionResolutions(config, latent.latentHeight, latent.latentWidth);
  return {
    pooled: floatTensor([batch, config.pooledWidth], concatFloats(pooled)),
    timeIds: floatTensor([batch, 6], ids),
    ...imageMaskInputs(request.objects, request.identityScale, resolutions),
  };
}

/** Low-rank inputs of the step graph, the same for every row. */
function loraInputs(
  { unet: { config } }: Model,
  { loras, loraRanks: { attention, linear } }: StepConditions,
  type: ComputeType,
): HostInputs {
  return {
    ...packLoraInputs(crossAttentionLoraGroups(config), loras, { rank: attention, type }),
    ...(linear === 0 ? {} : packLoraInputs(linearLoraGroups(config), loras, { rank: linear, type })),
  };
}

/** The unconditional pass has no image branch: its gain is 0 at every position. */
function withoutImages(inputs: HostInputs): HostInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [
      name,
      name.startsWith('imageGain.') ? zerosLike(tensor) : tensor,
    ]),
  );
}

function zerosLike(tensor: HostTensor): HostTensor {
  return floatTensor(tensor.shape, new Float32Array(tensor.data.length));
}

/** A predictor that may hold tensors on the device. */
export interface UnetPredictor extends Predictor {
  /** Frees them; the keys and values stay their owner's. */
  release(): Promise<void>;
}

/** The U-Net with its conditions, as the sampler sees it. Valid while no other session is asked for. */
export async function createUnetPredictor(
  model: Model,
  { sessions, runtime, attention, computeType }: StageContext,
  conditions: StepConditions,
): Promise<UnetPredictor> {
  const { component, config } = model.unet;
  const { latent, loraRanks, rows } = conditions;
  const { latentHeight, latentWidth } = latent;
  const batch = rows.kind === 'joint' ? 2 : 1;
  const session: Session = await sessions.get({
    key: `unet:${batch}x${latentHeight}x${latentWidth}:${loraRanks.attention}:${loraRanks.linear}`,
    build: () =>
      buildUnet(config, component, {
        batch,
        latentHeight,
        latentWidth,
        loraRank: loraRanks.attention,
        linearLoraRank: loraRanks.linear,
        attention,
        computeType,
      }),
  });
  const predict: Predict = async (input, timestep, constants) => {
    const outputs = await session.run({
      ...constants,
      sample: floatTensor([batch, config.inChannels, latentHeight, latentWidth], input),
      timestep: floatTensor([1], Float32Array.of(timestep)),
    });
    return readFloats(outputs['output'], 'output');
  };

  const uploads: Uploaded[] = [];
  /** The same inputs at every step: copied once where the device is not this process. */
  const upload = async (inputs: HostInputs): Promise<Inputs> => {
    const uploaded = await runtime.upload(inputs);
    uploads.push(uploaded);
    return uploaded.tensors;
  };
  const release = async (): Promise<void> => {
    for (const uploaded of uploads.splice(0)) await uploaded.release();
  };
  try {
    const lora = await upload(loraInputs(model, conditions, computeType));
    const keep: Keep = async (inputs, keyValues) => ({ ...lora, ...(await upload(inputs)), ...keyValues });
    return { ...(await rowPredictor(model, conditions, predict, keep)), release };
  } catch (error) {
    await release();
    throw error;
  }
}

type Predict = (input: Float32Array, timestep: number, constants: Inputs) => Promise<Float32Array>;
type Keep = (inputs: HostInputs, keyValues: KeyValues) => Promise<Inputs>;

async function rowPredictor(
  model: Model,
  conditions: StepConditions,
  predict: Predict,
  keep: Keep,
): Promise<Predictor> {
  const { rows } = conditions;
  if (rows.kind === 'joint') {
    const pooled = [rows.unconditionalPooled, rows.conditionalPooled];
    const constants = await keep(constantInputs(model, conditions, pooled), rows.keyValues);
    const guided: Predictor['guided'] = async (input, timestep) => {
      const both = await predict(concatFloats([input, input]), timestep, constants);
      return { unconditional: both.subarray(0, input.length), conditional: both.subarray(input.length) };
    };
    return { guided, conditional: async (input, timestep) => (await guided(input, timestep)).conditional };
  }

  const { conditional, unconditional } = rows;
  const inputs = constantInputs(model, conditions, [conditional.pooled]);
  const constants = await keep(inputs, conditional.keyValues);
  const plain =
    unconditional === undefined
      ? undefined
      : await keep(
          {
            ...withoutImages(inputs),
            pooled: floatTensor([1, model.unet.config.pooledWidth], unconditional.pooled),
          },
          unconditional.keyValues,
        );
  return {
    conditional: (input, timestep) => predict(input, timestep, constants),
    async guided(input, timestep) {
      invariant(plain !== undefined, () => 'A guided step needs the unconditional row.');
      return {
        unconditional: await predict(input, timestep, plain),
        conditional: await predict(input, timestep, constants),
      };
    },
  };
}
