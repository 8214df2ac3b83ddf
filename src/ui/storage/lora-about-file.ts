import { aboutLora, type LoraAbout } from '../../weights/lora-about.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import { blobSource } from '../../weights/sources.ts';

/** Reads what a LoRA file says of itself; its header only. A module of its own, loaded when first needed. */
export async function readAbout(file: Blob, name: string): Promise<LoraAbout> {
  return aboutLora((await openSafetensors(blobSource(name, file))).metadata);
}
