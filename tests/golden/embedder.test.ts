import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { type Embedder, openEmbedder } from '../../src/gpu/pipeline/embedder.ts';
import { testPack } from '../../src/gpu/pipeline/test-pack-node.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { goldenJson, goldenPhoto, goldenTensors, NETWORK_TOLERANCE } from '../support/golden.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

const runtime = createNodeRuntime({ threads: 1 });
let embedder: Embedder;
beforeAll(async () => {
  embedder = await openEmbedder(runtime, await openTinyPack());
}, LOAD_TIMEOUT);
afterAll(async () => {
  await embedder.dispose();
  await runtime.dispose();
});

describe('pictures and texts in their shared space', () => {
  it('a picture is transformers’ image_embeds', async () => {
    const golden = await goldenTensors('photos.safetensors');
    const vector = await embedder.embedImage(await goldenPhoto('photo-1.png'));
    expect(relativeError(vector, golden.get('photo-1.png/embeds').data)).toBeLessThan(NETWORK_TOLERANCE);
  });

  it('a text is transformers’ text_embeds of the second tower', async () => {
    const golden = await goldenTensors('text.safetensors');
    const [text = ''] = goldenJson('text.json', z.array(z.string()));
    const vector = await embedder.embedText(text);
    expect(relativeError(vector, golden.get('0/pooled_2').data)).toBeLessThan(NETWORK_TOLERANCE);
  });

  it('a pack without the image projection can draw, but not compare', async () => {
    await expect(openEmbedder(runtime, await testPack())).rejects.toThrow('Pack the checkpoint again');
  });
});
