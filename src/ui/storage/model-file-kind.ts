import { splitLoraKey } from '../../weights/lora-keys.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import { blobSource } from '../../weights/sources.ts';

/**
 * Whether a file is a LoRA or the weights of a model; its header only is read. Throws AppError
 * 'bad-checkpoint' for anything but safetensors. A module of its own, loaded when first needed.
 */
export async function kindOfModelFile(file: File): Promise<'lora' | 'checkpoint'> {
  const { tensors } = await openSafetensors(blobSource(file.name, file));
  const isLora = [...tensors.keys()].some((key) => splitLoraKey(key).kind !== 'other');
  return isLora ? 'lora' : 'checkpoint';
}
