import { AppError } from '../../shared/errors.ts';
import { renamedTensor, reshapedTensor, rowGroup, transposedTensor } from '../../weights/checkpoint-views.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import type { ByteSource, CheckpointTensor } from '../../weights/types.ts';
import { familyOfSingleFile, wrongFamily } from './model-family.ts';
import { ldmUnetName, ldmVaeName, openClipTextNames } from './single-file-names.ts';

/** Tensors by the names that the diffusers and transformers classes give them. */
export type NetworkTensors = ReadonlyMap<string, CheckpointTensor>;

/** The networks of a whole SDXL in one file, as the community shares them. */
export interface SingleFile {
  readonly unet: NetworkTensors;
  readonly text_encoder: NetworkTensors;
  readonly text_encoder_2: NetworkTensors;
  readonly vae: NetworkTensors;
}

const UNET = 'model.diffusion_model.';
const TEXT = 'conditioner.embedders.0.transformer.';
const TEXT_2 = 'conditioner.embedders.1.model.';
const VAE = 'first_stage_model.';

/** What the file calls a projection over [queries, keys, values] at once becomes three. */
function textTensors(
  key: string,
  tensor: CheckpointTensor,
): readonly (readonly [string, CheckpointTensor])[] {
  const names = openClipTextNames(key);
  if (names.length === 0) return [];
  if (key === 'text_projection') return names.map((name) => [name, transposedTensor(tensor)]);
  return names.map((name, index) => [
    name,
    names.length === 1 ? tensor : rowGroup(tensor, index, names.length),
  ]);
}

function vaeTensor(name: string, tensor: CheckpointTensor): CheckpointTensor {
  const { shape } = tensor;
  // Attention was written with 1×1 convolutions; the diffusers class has matrices.
  const isMatrix = /attentions\.0\.to_[a-z.0]+\.weight$/.test(name) && shape.length === 4;
  return isMatrix ? reshapedTensor(tensor, shape.slice(0, 2)) : tensor;
}

/**
 * Opens a whole-SDXL `.safetensors` with the original names (U-Net and VAE as in LDM, text encoders as
 * transformers and OpenCLIP name them). `resnets` are those of one level of the U-Net, `vaeLevels` the
 * VAE's. Throws AppError 'bad-checkpoint' naming the family if the file is of another one.
 */
export async function openSingleFile(
  source: ByteSource,
  { resnets, vaeLevels }: { readonly resnets: number; readonly vaeLevels: number },
  signal?: AbortSignal,
): Promise<SingleFile> {
  const { tensors } = await openSafetensors(source, signal);
  const family = familyOfSingleFile(tensors);
  if (family !== 'SDXL') throw wrongFamily(source.name, family);
  const networks = {
    unet: new Map<string, CheckpointTensor>(),
    text_encoder: new Map<string, CheckpointTensor>(),
    text_encoder_2: new Map<string, CheckpointTensor>(),
    vae: new Map<string, CheckpointTensor>(),
  };
  const put = (network: keyof SingleFile, name: string | undefined, tensor: CheckpointTensor): void => {
    if (name !== undefined) networks[network].set(name, renamedTensor(tensor, name));
  };
  for (const [key, tensor] of tensors) {
    if (key.startsWith(UNET)) put('unet', ldmUnetName(key.slice(UNET.length), resnets), tensor);
    else if (key.startsWith(TEXT)) put('text_encoder', key.slice(TEXT.length), tensor);
    else if (key.startsWith(TEXT_2)) {
      for (const [name, part] of textTensors(key.slice(TEXT_2.length), tensor))
        put('text_encoder_2', name, part);
    } else if (key.startsWith(VAE)) {
      const name = ldmVaeName(key.slice(VAE.length), vaeLevels);
      put('vae', name, name === undefined ? tensor : vaeTensor(name, tensor));
    }
  }
  for (const [network, found] of Object.entries(networks)) {
    if (found.size > 0) continue;
    throw new AppError(
      'bad-checkpoint',
      `"${source.name}" has no ${network}. A whole SDXL checkpoint is needed, not its U-Net alone.`,
    );
  }
  return networks;
}
