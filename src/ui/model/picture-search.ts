import { type GenerationRequest } from '../../shared/request.ts';

/** True if every word of the search is in what made the picture: prompts, phrases, LoRAs, model, or its seed. */
export function matchesSearch(request: GenerationRequest, search: string): boolean {
  const { prompt, negativePrompt, objects, relation, pack, seed } = request;
  const parts = [prompt, negativePrompt, pack, String(seed)];
  for (const { phrase } of objects) parts.push(phrase);
  for (const { lora } of relation) parts.push(lora);
  const text = parts.join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
