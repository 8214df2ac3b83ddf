import { buildCrossAttentionKv, TEXT_TOKENS } from '../../gpu/networks/cross-attention-kv.ts';
import { attentionResolutions, crossAttentionLayout } from '../../gpu/networks/cross-attention-layout.ts';
import { crossAttentionLoraGroups } from '../../gpu/networks/lora-groups.ts';
import { packLoraInputs } from '../../gpu/networks/lora-inputs.ts';
import { IMAGE_TOKENS, imageMaskInputs, TOKENS_PER_OBJECT } from '../../gpu/networks/masks.ts';
import { parseUnetConfig, type UnetConfig } from '../../gpu/networks/unet-config.ts';
import { packObjectTokens } from '../../gpu/pipeline/object-stage.ts';
import { floatTensor } from '../../gpu/pipeline/tensors.ts';
import { timeIds } from '../../gpu/pipeline/unet-stage.ts';
import type { HostTensor, Runtime, Session, Tensor } from '../../gpu/runtime/runtime.ts';
import { createRandom } from '../../shared/random.ts';
import type { Box } from '../../shared/request.ts';
import { elementCount } from '../../weights/shape.ts';
import type { StoredComponent } from '../../weights/types.ts';

const BOXES: readonly Box[] = [
  [0.05, 0.2, 0.55, 0.95],
  [0.45, 0.15, 0.95, 0.95],
];
const IDENTITY_SCALE = 0.6;

export interface StepSize {
  readonly latentHeight: number;
  readonly latentWidth: number;
}

/** One guided step of two objects with random prompts, photos and noise, fed to every graph alike. */
export interface StepCase {
  readonly config: UnetConfig;
  readonly size: StepSize;
  /** What a step starts from where keys and values are part of it. */
  readonly raw: Readonly<Record<string, HostTensor>>;
  readonly boxes: readonly Box[];
  /** Inputs of the step graph but keys, values and LoRA. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly lora: Readonly<Record<string, HostTensor>>;
}

export function createStepCase(unet: StoredComponent, size: StepSize, pixelsPerCell: number): StepCase {
  const config = parseUnetConfig(unet.config);
  const random = createRandom(1);
  // A sum of uniform numbers is near enough to noise of unit variance.
  const noise = (shape: readonly number[]): HostTensor =>
    floatTensor(
      shape,
      Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, () =>
        [0, 1, 2].reduce((sum) => sum + random.uniform(-1, 1), 0),
      ),
    );
  const { latentHeight, latentWidth } = size;
  const ids = timeIds(latentWidth * pixelsPerCell, latentHeight * pixelsPerCell);
  const shared = {
    sample: noise([2, config.inChannels, latentHeight, latentWidth]),
    timestep: floatTensor([1], Float32Array.of(501)),
    pooled: noise([2, config.pooledWidth]),
    timeIds: floatTensor([2, 6], Float32Array.from([...ids, ...ids])),
  };
  const resolutions = attentionResolutions(config, latentHeight, latentWidth);
  const objects = BOXES.map((box) => ({ box, weight: 1 }));
  return {
    config,
    size,
    boxes: BOXES,
    raw: {
      ...shared,
      context: noise([2, TEXT_TOKENS, config.contextWidth]),
      objectTokens: noise([BOXES.length, TOKENS_PER_OBJECT, config.contextWidth]),
    },
    inputs: { ...shared, ...imageMaskInputs(objects, IDENTITY_SCALE, resolutions) },
    lora: packLoraInputs(crossAttentionLoraGroups(config), []),
  };
}

/** Inputs of the step graph for both rows of a case or its conditional one, with random keys and values. */
export function stepInputs(
  { config, inputs, lora }: StepCase,
  batch: 1 | 2,
): Readonly<Record<string, HostTensor>> {
  const { totalHeads, headDim } = crossAttentionLayout(config);
  const random = createRandom(2);
  const keysOrValues = (rows: number, tokens: number): HostTensor => {
    const shape = [rows, totalHeads, tokens, headDim];
    return floatTensor(
      shape,
      Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-1, 1)),
    );
  };
  const rows = Object.entries(inputs).map(
    ([name, tensor]) => [name, batch === 1 ? lastRow(name, tensor) : tensor] as const,
  );
  return {
    ...Object.fromEntries(rows),
    ...lora,
    textK: keysOrValues(batch, TEXT_TOKENS),
    textV: keysOrValues(batch, TEXT_TOKENS),
    imageK: keysOrValues(1, IMAGE_TOKENS),
    imageV: keysOrValues(1, IMAGE_TOKENS),
  };
}

const BATCHED = new Set(['sample', 'pooled', 'timeIds']);

/** The conditional row alone. */
function lastRow(name: string, tensor: HostTensor): HostTensor {
  if (!BATCHED.has(name)) return tensor;
  const [, ...shape] = tensor.shape;
  return floatTensor([1, ...shape], Float32Array.from(tensor.data.subarray(-elementCount(shape)), Number));
}

/** The key and value graph of a case and its inputs. */
export async function openKeyValues(
  runtime: Runtime,
  { config, raw }: StepCase,
  crossAttention: StoredComponent,
  readShard: (shard: string) => Promise<Uint8Array>,
): Promise<{ readonly session: Session; run(): Promise<Readonly<Record<string, Tensor>>> }> {
  const session = await runtime.createSession(
    buildCrossAttentionKv(config, crossAttention, { batch: 2 }),
    readShard,
  );
  const { context, objectTokens } = raw;
  if (context === undefined || !(objectTokens?.data instanceof Float32Array)) {
    throw new Error('The case has no context or no object tokens.');
  }
  const size = TOKENS_PER_OBJECT * config.contextWidth;
  const { data } = objectTokens;
  const tokens = BOXES.map((_, index) => data.subarray(index * size, (index + 1) * size));
  const packed = packObjectTokens(tokens, config.contextWidth);
  const inputs = {
    context,
    objectTokens: floatTensor([1, packed.length / config.contextWidth, config.contextWidth], packed),
  };
  return { session, run: () => session.run(inputs) };
}
