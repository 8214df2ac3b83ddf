import { describe, expect, it } from 'vitest';
import { SDXL_SOURCES } from '../../gpu/packing/sdxl-recipe.ts';
import { idOf, OFFICIAL_FORM, sourcesOf } from './install-form.ts';

describe('the form of a model’s sources', () => {
  it('holds the official sources as text that reads back', () => {
    expect(sourcesOf(OFFICIAL_FORM)).toEqual({ kind: 'sources', sources: SDXL_SOURCES });
  });

  it('takes a part that is left empty from the base', () => {
    const parts = { vae: '', image_encoder: 'https://example.org/clip', local_encoder: '', ms_adapter: ' ' };
    expect(sourcesOf({ ...OFFICIAL_FORM, base: 'hub:me/mine@v1/sub/dir', parts })).toEqual({
      kind: 'sources',
      sources: {
        base: { kind: 'hub', repository: 'me/mine', revision: 'v1', directory: 'sub/dir' },
        parts: { image_encoder: { kind: 'url', url: 'https://example.org/clip' } },
      },
    });
  });

  it('names a whole checkpoint and LoRAs with their weights', () => {
    const form = {
      ...OFFICIAL_FORM,
      singleFile: 'local:mine.safetensors',
      mergeLoras: 'hub:me/lcm, local:a.safetensors=0.5',
    };
    expect(sourcesOf(form)).toMatchObject({
      sources: {
        singleFile: { kind: 'local', name: 'mine.safetensors' },
        mergeLoras: [
          { file: { kind: 'hub', repository: 'me/lcm' }, weight: 1 },
          { file: { kind: 'local', name: 'a.safetensors' }, weight: 0.5 },
        ],
      },
    });
    expect(sourcesOf({ ...form, singleFile: 'mine' })).toEqual({ kind: 'fault', field: 'singleFile' });
    expect(sourcesOf({ ...form, mergeLoras: 'hub:a/b,c' })).toEqual({ kind: 'fault', field: 'mergeLoras' });
  });

  it.each(['', 'hub:nothing', 'ftp://example.org', 'javascript:alert(1)', '/etc'])(
    'names the field of "%s"',
    (text) => {
      expect(sourcesOf({ ...OFFICIAL_FORM, base: text })).toEqual({ kind: 'fault', field: 'base' });
      const parts = { ...OFFICIAL_FORM.parts, vae: text };
      if (text !== '')
        expect(sourcesOf({ ...OFFICIAL_FORM, parts })).toEqual({ kind: 'fault', field: 'vae' });
    },
  );

  it.each([
    ['SDXL + MS-Diffusion', 'sdxl-ms-diffusion'],
    ['  Über? ', 'ber'],
    ['…', 'model'],
  ])('makes a folder name of "%s"', (title, id) => {
    expect(idOf(title)).toBe(id);
  });
});
