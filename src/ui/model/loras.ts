import { type EditorLora } from './editor.ts';

/** LoRAs of one picture at most; the request schema takes no more. */
export const MOST_LORAS = 8;

/** The stack with one more on top, in use; one that is there already is switched on instead. */
export function addLora(loras: readonly EditorLora[], id: string): readonly EditorLora[] {
  if (loras.some((lora) => lora.id === id)) {
    return loras.map((lora) => (lora.id === id ? { ...lora, on: true } : lora));
  }
  return [...loras, { id, weight: 1, on: true }].slice(0, MOST_LORAS);
}

export function removeLora(loras: readonly EditorLora[], id: string): readonly EditorLora[] {
  return loras.filter((lora) => lora.id !== id);
}

export function changeLora(
  loras: readonly EditorLora[],
  id: string,
  change: Partial<Omit<EditorLora, 'id'>>,
): readonly EditorLora[] {
  return loras.map((lora) => (lora.id === id ? { ...lora, ...change } : lora));
}

/**
 * The stack with another first LoRA, the one that the relation is named after; it keeps the weight of its
 * predecessor. The empty id takes the first one away.
 */
export function replaceFirst(loras: readonly EditorLora[], id: string): readonly EditorLora[] {
  const [first, ...others] = loras;
  if (id === '') return others;
  return [{ id, weight: first?.weight ?? 1, on: true }, ...removeLora(others, id)];
}

/**
 * The stack after a relation was chosen by its words: its LoRA takes the place of another relation of the
 * pack, and goes before files of the person's own, which stay. The empty id means no LoRA for it.
 */
export function adoptLora(
  loras: readonly EditorLora[],
  id: string,
  ofPack: (id: string) => boolean,
): readonly EditorLora[] {
  const [first] = loras;
  if (first === undefined || ofPack(first.id)) return replaceFirst(loras, id);
  if (id === '') return loras;
  return [{ id, weight: 1, on: true }, ...removeLora(loras, id)].slice(0, MOST_LORAS);
}
