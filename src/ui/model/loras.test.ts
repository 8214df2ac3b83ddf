import { describe, expect, it } from 'vitest';
import { type EditorLora } from './editor.ts';
import { addLora, adoptLora, changeLora, MOST_LORAS, removeLora, replaceFirst } from './loras.ts';

const lora = (id: string, weight = 1, on = true): EditorLora => ({ id, weight, on });
const ids = (loras: readonly EditorLora[]): string => loras.map(({ id }) => id).join(' ');
const ofPack = (id: string): boolean => id !== 'own';

describe('the stack of LoRAs', () => {
  it('takes each LoRA once, and no more than a request can name', () => {
    const stack = addLora(addLora([], 'hugging'), 'style');
    expect(ids(stack)).toBe('hugging style');
    expect(addLora([lora('hugging', 0.5, false)], 'hugging')).toEqual([lora('hugging', 0.5, true)]);
    const full = Array.from({ length: MOST_LORAS }, (_, index) => lora(String(index)));
    expect(addLora(full, 'more')).toEqual(full);
  });

  it('changes and removes one and leaves the others', () => {
    const stack = [lora('a'), lora('b')];
    expect(changeLora(stack, 'b', { weight: 0.3 })).toEqual([lora('a'), lora('b', 0.3)]);
    expect(changeLora(stack, 'a', { on: false })).toEqual([lora('a', 1, false), lora('b')]);
    expect(ids(removeLora(stack, 'a'))).toBe('b');
  });

  it('exchanges the first and keeps its weight', () => {
    const stack = [lora('hugging', 0.7), lora('style')];
    expect(replaceFirst(stack, 'carrying')).toEqual([lora('carrying', 0.7), lora('style')]);
    expect(ids(replaceFirst(stack, 'style'))).toBe('style');
    expect(ids(replaceFirst(stack, ''))).toBe('style');
    expect(ids(replaceFirst([], 'hugging'))).toBe('hugging');
  });

  it('a relation found in the prompt replaces another relation, never an own file', () => {
    expect(ids(adoptLora([lora('hugging'), lora('own')], 'carrying', ofPack))).toBe('carrying own');
    expect(ids(adoptLora([lora('own')], 'carrying', ofPack))).toBe('carrying own');
    expect(ids(adoptLora([lora('own')], '', ofPack))).toBe('own');
    expect(ids(adoptLora([lora('hugging'), lora('own')], '', ofPack))).toBe('own');
  });
});
