import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { initialEditor, type Editor } from './editor.ts';
import { editorFrom, obstaclesOf, requestFrom, unnamedObjects } from './request-mapping.ts';

const photo = (digit: string): { sha256: string; name: string } => ({
  sha256: digit.repeat(64),
  name: `${digit}.png`,
});

const start = initialEditor();
const ready: Editor = {
  ...start,
  prompt: 'a bear is hugging a rabbit',
  objects: start.objects.map((object, index) => ({
    ...object,
    phrase: index === 0 ? 'bear' : 'rabbit',
    photo: photo(String(index)),
  })),
  loras: [{ id: 'hugging', weight: 0.8, on: true }],
};

describe('what stands in the way', () => {
  it('nothing, when everything is there', () => {
    expect(obstaclesOf(ready)).toEqual([]);
  });

  it('names the prompt, photos and phrases that are missing', () => {
    expect(obstaclesOf(start).map(({ kind }) => kind)).toEqual([
      'no-prompt',
      'no-photo',
      'no-phrase',
      'no-photo',
      'no-phrase',
    ]);
  });

  it('a phrase outside the prompt is a hint, not an obstacle', () => {
    expect(unnamedObjects({ ...ready, prompt: 'a bear alone' })).toEqual([1]);
  });
});

describe('the request', () => {
  it('carries the settings and comes back as the same editor', () => {
    const request = requestFrom(ready, 42);
    expect(request.relation).toEqual([{ lora: 'hugging', weight: 0.8 }]);
    expect(request.seed).toBe(42);
    const again = editorFrom(request, start, (sha256) => ({ sha256, name: `${sha256.slice(0, 1)}.png` }));
    expect(requestFrom(again, again.seed)).toEqual(request);
    expect(again.objects.map((object) => object.photo)).toEqual([photo('0'), photo('1')]);
    expect(again.seedLocked).toBe(true);
  });

  it('asks for the few-step LoRA last, and comes back with it switched on and out of the list', () => {
    const request = requestFrom({ ...ready, fewSteps: true, steps: 4 }, 1);
    expect(request.relation).toEqual([
      { lora: 'hugging', weight: 0.8 },
      { lora: 'few-steps', weight: 1 },
    ]);
    const again = editorFrom(request, start, () => null);
    expect([again.fewSteps, again.steps]).toEqual([true, 4]);
    expect(again.loras).toEqual(ready.loras);
    expect(editorFrom(requestFrom(ready, 1), again, () => null).fewSteps).toBe(false);
  });

  it('asks for the LoRAs that are switched on, in their order', () => {
    const loras = [
      { id: 'hugging', weight: 0.8, on: true },
      { id: 'fencing', weight: 1, on: false },
      { id: 'style', weight: -0.5, on: true },
    ];
    expect(requestFrom({ ...ready, loras }, 1).relation).toEqual([
      { lora: 'hugging', weight: 0.8 },
      { lora: 'style', weight: -0.5 },
    ]);
    expect(requestFrom({ ...ready, loras: [] }, 1).relation).toEqual([]);
  });

  it('works without objects', () => {
    expect(requestFrom({ ...ready, objects: [], stack: [] }, 1).objects).toEqual([]);
  });

  it('is refused with the field that is wrong', () => {
    expect(() => requestFrom({ ...ready, prompt: ' ' }, 1)).toThrow(AppError);
    expect(() => requestFrom({ ...ready, prompt: ' ' }, 1)).toThrow(/prompt/);
  });
});
