import { join } from 'node:path';
import { parseUnetConfig } from '../../gpu/networks/unet-config.ts';
import { unetParameters } from '../../gpu/networks/unet-parameters.ts';
import { elementCount } from '../../weights/shape.ts';
import type { ParameterSpec } from '../../weights/types.ts';
import { type RawConfig, sdxlUnetConfig, storeRandomUnet } from './random-unet.ts';
import { runPeakBytes, type StepMemory, stepMemory } from './step-memory.ts';
import { storedByteLength } from './stored-network.ts';

export interface ConvolutionMemory {
  /** Of the 8-bit file. */
  readonly weightBytes: number;
  /** The largest convolution, and all of them, as float32 numbers. */
  readonly largestLayerBytes: number;
  readonly allLayersBytes: number;
  /** Activations and the runtime itself: what the float32 network, which decodes nothing, takes beside its weights. */
  readonly restBytes: number;
  /** Highest memory of three runs of the 8-bit network, over the process before it was loaded. */
  readonly peakBytes: number;
  /** weights + largest layer + rest: what `peakBytes` would be if the runtime gave every layer's memory to the next. */
  readonly boundBytes: number;
  readonly int8: StepMemory;
  readonly float32: StepMemory;
}

/**
 * Memory of 8-bit convolutions by themselves: SDXL's U-Net without its transformers (but the one block in the middle),
 * at 256 × 256, where activations are small beside weights. It is run as it is stored, and in float32.
 */
export async function convolutionMemory({
  threads,
  cache,
}: {
  readonly threads: number;
  readonly cache: string;
}): Promise<ConvolutionMemory> {
  const config = withoutTransformers(await sdxlUnetConfig());
  const measure = async (precision: 'fp32' | 'q8'): Promise<{ bytes: number; memory: StepMemory }> => {
    const folder = join(cache, `convolutions-${precision}`);
    await storeRandomUnet(config, precision, folder);
    const memory = await stepMemory(folder, {
      provider: 'cpu',
      threads,
      latentHeight: 32,
      latentWidth: 32,
      batch: 1,
      memoryPattern: false,
      runs: 3,
    });
    return { bytes: await storedByteLength(folder), memory };
  };
  const float32 = await measure('fp32');
  const int8 = await measure('q8');
  const layers = unetParameters(parseUnetConfig(config))
    .filter(({ role }) => role === 'conv')
    .map(floatBytes);
  const largestLayerBytes = Math.max(...layers);
  const restBytes = runPeakBytes(float32.memory) - float32.bytes;
  return {
    weightBytes: int8.bytes,
    largestLayerBytes,
    allLayersBytes: layers.reduce((sum, bytes) => sum + bytes, 0),
    restBytes,
    peakBytes: runPeakBytes(int8.memory),
    boundBytes: int8.bytes + largestLayerBytes + restBytes,
    int8: int8.memory,
    float32: float32.memory,
  };
}

const floatBytes = ({ shape }: ParameterSpec): number => elementCount(shape) * Float32Array.BYTES_PER_ELEMENT;

function withoutTransformers(config: RawConfig): RawConfig {
  const blocks = parseUnetConfig(config).blockChannels;
  return {
    ...config,
    down_block_types: blocks.map(() => 'DownBlock2D'),
    up_block_types: blocks.map(() => 'UpBlock2D'),
    transformer_layers_per_block: 1,
  };
}
