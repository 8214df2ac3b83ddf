import { createCanvas, loadImage } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import { renderInfotext } from './infotext.ts';
import { embedSettings, extractSettings } from './png-metadata.ts';
import { readPngText, writePngText } from './png-text.ts';
import { requestSchema } from './request.ts';

const REQUEST = requestSchema.parse({
  pack: 'toybox',
  prompt: 'A bear is hugging a rabbit, "softly".',
  negativePrompt: 'lowres, blurry',
  objects: [{ image: 'ab'.repeat(32), phrase: 'bear', box: [0, 0.2, 0.55, 0.85] }],
  relation: [{ lora: 'hugging', weight: 0.8 }],
  steps: 30,
  sampler: 'dpmpp-2m-karras',
  guidance: 5,
  identityScale: 0.6,
  seed: 42,
  width: 256,
  height: 320,
});

function picture(): Uint8Array {
  const canvas = createCanvas(3, 2);
  const context = canvas.getContext('2d');
  context.fillStyle = '#d02040';
  context.fillRect(0, 0, 2, 2);
  return new Uint8Array(canvas.toBuffer('image/png'));
}

async function pixels(png: Uint8Array): Promise<number[]> {
  const image = await loadImage(Buffer.from(png));
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  return [...context.getImageData(0, 0, image.width, image.height).data];
}

describe('settings inside a PNG', () => {
  it('come back as they were and leave the pixels alone', async () => {
    const png = picture();
    const saved = embedSettings(png, REQUEST, 'Toybox');
    expect(extractSettings(saved)).toEqual(REQUEST);
    expect(await pixels(saved)).toEqual(await pixels(png));
  });

  it('keep words outside Latin-1', () => {
    const request = { ...REQUEST, prompt: 'Ein Bär umarmt 兔子 🐇' };
    const saved = embedSettings(picture(), request, 'Toybox');
    expect(extractSettings(saved)?.prompt).toBe(request.prompt);
    expect(readPngText(saved).find(({ keyword }) => keyword === 'parameters')?.text).toContain(
      request.prompt,
    );
  });

  it('are replaced, not piled up, and foreign entries stay', () => {
    const foreign = writePngText(picture(), [{ keyword: 'Author', text: 'someone' }]);
    const once = embedSettings(foreign, REQUEST, 'Toybox');
    const twice = embedSettings(once, { ...REQUEST, seed: 7 }, 'Toybox');
    expect(extractSettings(twice)?.seed).toBe(7);
    expect(
      readPngText(twice)
        .map(({ keyword }) => keyword)
        .sort(),
    ).toEqual(['Author', 'XML:com.adobe.xmp', 'parameters', 'relationbooth'].sort());
  });

  it('mark the picture as made by a trained model', () => {
    const saved = embedSettings(picture(), REQUEST, 'Toybox');
    const xmp = readPngText(saved).find(({ keyword }) => keyword.startsWith('XML'));
    expect(Buffer.from(saved).toString('latin1')).toContain('iTXtXML:com.adobe.xmp');
    expect(xmp?.text).toContain('digitalsourcetype/trainedAlgorithmicMedia');
  });

  it('are undefined for a picture of another program', () => {
    expect(extractSettings(picture())).toBeUndefined();
  });

  it('are refused with a reason when damaged', () => {
    expect(() => extractSettings(new Uint8Array([1, 2, 3]))).toThrow(/Expected a PNG/);
    const cut = embedSettings(picture(), REQUEST, 'Toybox').slice(0, 200);
    expect(() => extractSettings(cut)).toThrow(/cut off/);
    const lying = writePngText(picture(), [
      { keyword: 'relationbooth', text: '{"app":"RelationBooth","request":{}}' },
    ]);
    expect(() => extractSettings(lying)).toThrow(/cannot be read/);
  });
});

describe('infotext', () => {
  it('has the form that image tools read', () => {
    expect(renderInfotext(REQUEST, 'Toybox: small')).toBe(
      'A bear is hugging a rabbit, "softly".\n' +
        'Negative prompt: lowres, blurry\n' +
        'Steps: 30, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 5, Seed: 42, Size: 256x320, ' +
        'Model: "Toybox: small", Lora: hugging (0.8), RNG: GPU, Version: RelationBooth',
    );
  });
});
